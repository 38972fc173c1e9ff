"""Decides: what a body says, by feedparser. Runs in a reader process only.

feedparser opens whatever a string or bytes argument names, files and addresses alike: nothing
but ``BytesIO`` ever goes in. It can take minutes over kilobytes, and raise from many places:
the process has a deadline, and whatever it raises becomes a ``FetchError``.
"""

from __future__ import annotations

import re
import zlib
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser
from feedparser.api import PREFERRED_XML_PARSERS

from monitor.feeds.hints import earlier
from monitor.feeds.hints import hints as hints_of
from monitor.models import Article, FailureReason, FeedSource, FetchError, ParsedFeed, Response

PREFERRED_XML_PARSERS.clear()  # expat alone: no parser that resolves entities by itself

MAX_ENTRIES = 2_000
"""Entries read of one document, from its top."""
MAX_FIELD = 1_000_000
"""Characters of HTML read of one entry."""
_CHUNK = 65_536
_SURROGATE = re.compile(rb"&#(x[0-9a-f]{1,8}|[0-9]{1,9});", re.IGNORECASE)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def inflate(response: Response, limit: int) -> bytes | FetchError:
    """The body as the publisher wrote it, at most ``limit`` bytes of it."""
    encoding = response.content_encoding
    if encoding in ("", "identity"):
        return response.body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return FetchError(
            reason=FailureReason.BAD_ENCODING, detail=f"unknown content encoding {encoding!r}"
        )
    try:
        return _inflate(response.body, encoding, limit)
    except zlib.error as error:
        return FetchError(reason=FailureReason.BAD_ENCODING, detail=f"broken {encoding}: {error}")


def _inflate(body: bytes, encoding: str, limit: int) -> bytes | FetchError:
    # A zlib header begins with 8 in the low half of its first byte; some servers send none.
    has_header = encoding != "deflate" or (body[:1] and body[0] & 0x0F == 8)
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32 if has_header else -zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size = 0
    rest = body
    while rest and not stream.eof:
        piece = stream.decompress(rest, _CHUNK)
        size += len(piece)
        if size > limit:
            return FetchError(
                reason=FailureReason.TOO_LARGE, detail=f"more than {limit} bytes once decompressed"
            )
        pieces.append(piece)
        rest = stream.unconsumed_tail
    return b"".join(pieces)


def parse(
    body: bytes, response: Response, source: FeedSource, now: datetime
) -> ParsedFeed | FetchError:
    """The articles of a feed, still in HTML and without keys.

    ``now`` bounds dates: the future is clamped to it; an entry without a date has none.
    """
    try:
        document: Mapping[str, Any] = feedparser.parse(
            BytesIO(_SURROGATE.sub(_replacement, body)),
            response_headers={"content-type": response.content_type}
            if response.content_type
            else {},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # noqa: BLE001 - it raises from anywhere, over anything
        return FetchError(
            reason=FailureReason.NOT_A_FEED, detail=f"unreadable: {type(error).__name__}"
        )
    entries = document.get("entries", [])
    if not document.get("version") and not entries:
        return FetchError(reason=FailureReason.NOT_A_FEED, detail=_what_it_is(body))
    head = document.get("feed", {})
    home = _absolute(response.url, _text(head.get("link"))) or response.url
    articles = [
        article
        for entry in entries[:MAX_ENTRIES]
        if (article := _article(dict(entry), home, source, now)) is not None
    ]
    return ParsedFeed(
        title=_text(head.get("title"))[:500],
        articles=tuple(articles),
        skipped=len(entries[:MAX_ENTRIES]) - len(articles),
        earlier_url=earlier(body, response.url),
        hints=hints_of(body),
    )


def _replacement(reference: re.Match[bytes]) -> bytes:
    """References to half a character, over which feedparser would lose the whole feed."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
    return b"&#xFFFD;" if 0xD800 <= code <= 0xDFFF else reference[0]


def _article(
    entry: Mapping[str, Any], home: str, source: FeedSource, now: datetime
) -> Article | None:
    """An entry as an article; ``None`` for one that says nothing at all.

    A plain dict: feedparser's own answers for keys that are not there.
    """
    link = _text(entry.get("link")).strip()
    url = _absolute(home, link) if link else ""
    title = _text(entry.get("title"))[:MAX_FIELD]
    text = max(_bodies(entry), key=len, default="")[:MAX_FIELD]
    if not (title.strip() or text.strip() or url):
        return None
    return Article(
        guid=_text(entry.get("id")).strip(),
        url=url,
        title=title,
        text=text,
        author=_text(entry.get("author"))[:500],
        categories=tuple(
            _text(tag.get("term"))[:200] for tag in entry.get("tags", [])[:50] if tag.get("term")
        ),
        published_at=_date(entry, now),
        feed_url=source.url,
        feed_name=source.name,
        publisher=source.publisher,
        tags=source.tags,
        language=source.language,
    )


def _bodies(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _text(entry.get("summary"))
    for content in entry.get("content", []):
        yield _text(content.get("value"))


def _date(entry: Mapping[str, Any], now: datetime) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        parsed = entry.get(name)
        if parsed is None:
            continue
        try:
            at = datetime.fromtimestamp(timegm(parsed), UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
        if at >= _EARLIEST:
            return min(at, now)
    return None


def _absolute(home: str, link: str) -> str:
    try:
        return urljoin(home, link)
    except ValueError:
        return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _what_it_is(body: bytes) -> str:
    start = body[:1_000].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    return "no feed format known"
