"""Decides: what an RSS, Atom or RDF document says, by feedparser. Runs in a reader process only.

feedparser opens whatever a string or bytes argument names, files and addresses alike: nothing
but ``BytesIO`` ever goes in. It can take minutes over kilobytes, and raise from many places:
the process has a deadline, and an entry over which it raises costs only itself.

It is given UTF-8 that expat can read: encodings, control characters and half characters are dealt with
before, as it would lose letters or the whole document over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import feedparser
from feedparser.api import PREFERRED_XML_PARSERS

from monitor.feeds import blocks, entries, plainrss, unchanged
from monitor.feeds.blocks import Apart
from monitor.feeds.entries import Entry
from monitor.feeds.unchanged import Fresh
from monitor.feeds.xmltext import readable
from monitor.models import Article, FailureReason, FeedSource, FetchError, ParsedFeed

PREFERRED_XML_PARSERS.clear()  # expat alone: no parser that resolves entities by itself

_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


def parse(
    text: str,
    url: str,
    source: FeedSource,
    now: datetime,
    *,
    is_feed: bool,
    fingerprints: bytes = b"",
) -> ParsedFeed | FetchError:
    """The articles of the document; relative links begin at its own, or at ``url``.

    ``is_feed`` tells what its first tag promises: a feed without entries is still one. Entries
    whose ``fingerprints`` are known are left out.
    """
    text = blocks.first(readable(text), entries.MAX_ENTRIES)
    if not blocks.is_whole(text):
        return _parsed(text, url, source, now, is_whole=False, is_feed=is_feed)
    fresh = unchanged.fresh(text, url, fingerprints)
    found = _parsed(fresh.text, url, source, now, is_whole=True, is_feed=is_feed)
    if fresh.unchanged and not (isinstance(found, ParsedFeed) and _stand_alone(found, fresh)):
        fresh = replace(fresh, unchanged=0)
        found = _parsed(text, url, source, now, is_whole=True, is_feed=is_feed)
    if isinstance(found, FetchError) or _number(found) + fresh.unchanged != fresh.entries:
        return found  # its pieces are not its entries: nothing is to be left out next time
    return replace(found, unchanged=fresh.unchanged, fingerprints=fresh.fingerprints)


def _stand_alone(found: ParsedFeed, fresh: Fresh) -> bool:
    """Whether the entries that are left are read as they would be beside all others.

    Whether the place in a page that a link names is part of it depends on the other links.
    """
    is_each_there = _number(found) + fresh.unchanged == fresh.entries
    return is_each_there and not any("#" in one.url for one in found.articles)


def _number(found: ParsedFeed) -> int:
    return len(found.articles) + found.skipped


def _parsed(
    text: str, url: str, source: FeedSource, now: datetime, *, is_whole: bool, is_feed: bool
) -> ParsedFeed | FetchError:
    parts = Apart(whole=text, broken=()) if is_whole else blocks.apart(text)
    document = _read(parts.whole)
    if document is None:  # over one entry or over all
        parts = blocks.apart(text, every=True)
        document = _read(parts.whole)
    if document is None:
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="unreadable")
    found = _said(document, parts.broken, url, source, now)
    if not (is_feed or document.get("version") or _number(found)):
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="no feed format known")
    return found


def _said(
    document: Mapping[str, Any],
    broken: Iterable[tuple[int, str]],
    url: str,
    source: FeedSource,
    now: datetime,
) -> ParsedFeed:
    """What a document says, with the entries of it that were set apart."""
    found = _entries(document, broken)
    head = document.get("feed", {})
    home = entries.absolute(url, _text(head.get("link"))) or url
    articles = tuple(
        article for one in found if (article := _article(one, home, source, now)) is not None
    )
    return ParsedFeed(
        title=_text(head.get("title"))[:500],
        articles=articles,
        skipped=len(found) - len(articles),
    )


def _read(text: str) -> Mapping[str, Any] | None:
    """What feedparser reads; ``None`` where it raises, as it does from anywhere, over anything.

    What is plain enough is read without it, to the same end.
    """
    if (plain := plainrss.read(text)) is not None:
        return plain
    return _read_by_feedparser(text)


def _read_by_feedparser(text: str) -> Mapping[str, Any] | None:
    try:
        document: Mapping[str, Any] = feedparser.parse(
            BytesIO(_DECLARATION + text.encode()), resolve_relative_uris=False, sanitize_html=False
        )
    except Exception:  # noqa: BLE001
        return None
    return document


def _entries(
    document: Mapping[str, Any], broken: Iterable[tuple[int, str]]
) -> Sequence[Mapping[str, Any]]:
    """The entries in their order, the broken ones too, as far as each can be read.

    Plain dicts: feedparser's own answers for keys that are not there. An empty one is lost.
    """
    found = [dict(entry) for entry in document.get("entries", [])]
    for at, block in broken:
        recovered = (_read(block) or {}).get("entries") or [{}]
        found.insert(at, dict(recovered[0]))
    return found[: entries.MAX_ENTRIES]


def _article(
    entry: Mapping[str, Any], home: str, source: FeedSource, now: datetime
) -> Article | None:
    return entries.article(
        Entry(
            guid=_text(entry.get("id")),
            links=tuple(_links(entry)),
            title=_text(entry.get("title")),
            texts=tuple(_texts(entry)),
            author=_text(entry.get("author")),
            categories=tuple(_text(tag.get("term")) for tag in _list(entry.get("tags"))),
            dates=tuple(_text(entry.get(name)) for name in ("published", "updated", "created")),
            publisher=_publisher(entry),
        ),
        home,
        source,
        now,
    )


def _links(entry: Mapping[str, Any]) -> Iterator[str]:
    """The links of pages, in the order of the document; then the guid, where it is one.

    feedparser calls a guid a link where there is no other, and it is not said to be none
    (``isPermaLink="false"``); only a whole address may be one.
    """
    alternates = [
        link for link in _list(entry.get("links")) if link.get("rel", "alternate") == "alternate"
    ]
    alternates.sort(key=lambda link: "html" not in _text(link.get("type")))  # stable
    links = [_text(link.get("href")) for link in alternates]
    yield from links
    if (link := _text(entry.get("link"))) not in links and entries.is_web(link):
        yield link


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _text(entry.get("summary"))
    for content in _list(entry.get("content")):
        yield _text(content.get("value"))


def _publisher(entry: Mapping[str, Any]) -> str:
    """The source of an aggregator's entry: ``<source url="…">name</source>``."""
    source = entry.get("source")
    return _text(source.get("title")) if isinstance(source, Mapping) else ""


def _list(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
