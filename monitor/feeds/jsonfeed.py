"""Decides: what a JSON Feed says, of version 1.0 or 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any

from monitor.feeds import entries
from monitor.feeds.entries import Entry
from monitor.feeds.xmltext import without_controls
from monitor.models import FailureReason, FeedSource, FetchError, ParsedFeed

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1|1(?:\.[01])?$")
"""The format's own addresses, and what some write instead."""


def parse(text: str, url: str, source: FeedSource, now: datetime) -> ParsedFeed | FetchError:
    """The articles of the document; relative links begin at its home page, or at ``url``."""
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="broken JSON")
    if not isinstance(feed, dict) or not _VERSION.match(_text(feed.get("version"))):
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="JSON, but no JSON Feed")
    found = _list(feed.get("items"))[: entries.MAX_ENTRIES]
    home = entries.absolute(url, _text(feed.get("home_page_url"))) or url
    articles = tuple(
        article
        for item in found
        if isinstance(item, dict)
        and (article := entries.article(_entry(item), home, source, now)) is not None
    )
    return ParsedFeed(
        title=_text(feed.get("title"))[:500],
        articles=articles,
        skipped=len(found) - len(articles),
    )


def _entry(item: Mapping[str, Any]) -> Entry:
    """An item. Its title is read as HTML, as everywhere: many write it so, against the specification."""
    return Entry(
        guid=_text(item.get("id")),
        links=tuple(_links(item)),
        title=_text(item.get("title")),
        texts=(
            _text(item.get("content_html")),
            escape(_text(item.get("content_text")), quote=False),
            escape(_text(item.get("summary")), quote=False),
        ),
        author=", ".join(_authors(item)),
        categories=tuple(_text(tag) for tag in _list(item.get("tags"))),
        dates=(_text(item.get("date_published")), _text(item.get("date_modified"))),
    )


def _links(item: Mapping[str, Any]) -> Iterator[str]:
    """Its own page, or the page it is about; the id is "ideally" an address, and may do."""
    yield _text(item.get("url"))
    yield _text(item.get("external_url"))
    if entries.is_web(named := _text(item.get("id"))):
        yield named


def _authors(item: Mapping[str, Any]) -> Iterator[str]:
    """Version 1.1 has several authors, version 1.0 one."""
    for author in _list(item.get("authors")) or [item.get("author")]:
        if isinstance(author, dict) and (name := _text(author.get("name"))):
            yield name


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """Text, or a number as text; no other thing is one. Escapes may have brought in anything."""
    if isinstance(value, str):
        return without_controls(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
