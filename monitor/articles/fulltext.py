"""Decides: what the article on a news page says, by trafilatura. Runs in a reader process only.

trafilatura comes with the extra ``fulltext``. It may take seconds over a page made for it: the
process has a deadline.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from monitor.articles import text

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST = 200
"""Characters: less is a notice about cookies, not an article."""


@cache
def is_installed() -> bool:
    """Whether pages can be read at all."""
    return find_spec("trafilatura") is not None


def article_of(html: str) -> str:
    """The article's text, a line a paragraph, without menus, teasers and comments.

    "" where the page has none: a list of links, a login, a page that is made by its scripts.
    """
    found = _extract()(
        html,
        include_comments=False,
        include_tables=False,
        fast=True,
    )
    said = text.plain(found or "")
    return said if len(said) >= LEAST else ""


@cache
def _extract() -> Callable[..., str | None]:
    """Imported when the first page comes: it takes a second."""
    from trafilatura import extract  # noqa: PLC0415

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found: Callable[..., str | None] = extract
    return found
