"""Mechanism: regular expressions of rules, with a time limit (the ``regex`` package)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex

SECONDS = 0.1
"""How long one expression may look at one text."""


class BadExpression(ValueError):
    """Not a regular expression; the message says where."""


class ExpressionTooSlow(Exception):
    """An expression did not come to an end in time."""


@lru_cache(4_096)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.V1)


def check(pattern: str) -> None:
    """Refuse what is no expression, and one that matches the empty text.

    Raises:
        BadExpression: with the place.
    """
    try:
        empty = _compiled(pattern).search("", timeout=SECONDS)
    except regex.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise BadExpression(f"not a regular expression: {error.msg}{at}") from None
    except (TimeoutError, RecursionError, OverflowError, MemoryError):
        raise BadExpression("not a usable regular expression") from None
    if empty is not None:
        raise BadExpression("matches the empty text, and so everything")


def find(pattern: str, text: str, most: int) -> Iterator[tuple[int, int]]:
    """The first matches that are not empty, as start and end.

    Raises:
        ExpressionTooSlow: the expression took longer than ``SECONDS``.
    """
    try:
        for found in _compiled(pattern).finditer(text, timeout=SECONDS):
            if found.end() > found.start():
                yield found.span()
                most -= 1
                if most <= 0:
                    return
    except TimeoutError:
        raise ExpressionTooSlow(f"regex took longer than {SECONDS} s: {pattern[:80]}") from None
