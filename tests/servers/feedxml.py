"""Decides: how an article looks in RSS 2.0 or Atom; text in, bytes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Kind = Literal["rss", "atom"]

_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article as a publisher writes it into a feed; ``html`` is markup, the rest is text."""

    guid: str
    link: str
    title: str
    html: str = ""
    published_at: datetime | None = None
    author: str = ""
    categories: Sequence[str] = ()


def render(
    items: Iterable[Item], *, kind: Kind = "rss", title: str = "", language: str = "", url: str = ""
) -> bytes:
    """Write a feed as UTF-8, everything escaped.

    Raises:
        ValueError: for a character that XML 1.0 cannot hold (NUL, most control characters,
            lone surrogates); bodies that hold them are a matter for ``set_raw``.
    """
    text = (_rss if kind == "rss" else _atom)(items, title, language, url)
    if found := _ILLEGAL_IN_XML.search(text):
        raise ValueError(f"XML cannot hold {found.group()!r}; use set_raw")
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + text).encode()


def _element(name: str, text: str = "", **attributes: str) -> str:
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    # A bare carriage return would be read back as a newline.
    return f"<{name}{written}>{escape(text, {chr(13): '&#13;'})}</{name}>\n"


def _rss(items: Iterable[Item], title: str, language: str, url: str) -> str:
    parts = [
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n',
        _element("title", title),
        _element("link", url),
        _element("description", title),
        _element("language", language) if language else "",
    ]
    for item in items:
        parts += [
            "<item>\n",
            _element("title", item.title),
            _element("link", item.link),
            _element("guid", item.guid, isPermaLink="false"),
            _element("pubDate", format_datetime(item.published_at)) if item.published_at else "",
            _element("dc:creator", item.author) if item.author else "",
            *(_element("category", category) for category in item.categories),
            _element("description", item.html),
            "</item>\n",
        ]
    return "".join(parts) + "</channel>\n</rss>\n"


def _atom(items: Iterable[Item], title: str, language: str, url: str) -> str:
    items = tuple(items)
    lang = f" xml:lang={quoteattr(language)}" if language else ""
    newest = max((item.published_at for item in items if item.published_at), default=None)
    parts = [
        f'<feed xmlns="http://www.w3.org/2005/Atom"{lang}>\n',
        _element("title", title),
        _element("id", url),
        _element("updated", newest.isoformat()) if newest else "",
    ]
    for item in items:
        when = item.published_at.isoformat() if item.published_at else ""
        parts += [
            "<entry>\n",
            _element("title", item.title, type="text"),
            _element("link", href=item.link),
            _element("id", item.guid),
            _element("published", when) + _element("updated", when) if when else "",
            f"<author>{_element('name', item.author)}</author>\n" if item.author else "",
            *(_element("category", term=category) for category in item.categories),
            _element("content", item.html, type="html"),
            "</entry>\n",
        ]
    return "".join(parts) + "</feed>\n"
