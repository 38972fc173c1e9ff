"""Decides: what a body says, whatever kind of feed it is. Runs in a reader process only.

The body decides, not its content type: what begins with ``{`` is a JSON Feed or none, what has
``urlset`` for its first tag is a sitemap, and everything else is feedparser's, which reads what
only resembles a feed.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import datetime

from monitor.feeds import jsonfeed, sitemap, syndication
from monitor.feeds.encodings import decode
from monitor.feeds.hints import earlier, hints
from monitor.models import FailureReason, FeedSource, FetchError, ParsedFeed, Response

_CHUNK = 65_536
_FIRST_TAG = re.compile(
    r"(?>\s|<\?[^>]{0,2000}>|<!--.{0,20000}?-->|<!DOCTYPE\b[^<>\[]{0,2000}(?:\[.{0,20000}?\]\s*)?>)*+"
    r"<(?:[\w.-]{1,50}:)?([\w.-]{1,50})",
    re.DOTALL | re.IGNORECASE,
)
"""Possessive: what has been passed is not looked at again."""
_HTML = re.compile(r"<!doctype\s+html\b", re.IGNORECASE)
_SYNDICATION = frozenset({"rss", "feed", "rdf", "channel"})


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
    body: bytes,
    response: Response,
    source: FeedSource,
    now: datetime,
    fingerprints: bytes = b"",
) -> ParsedFeed | FetchError:
    """The articles of a feed, still in HTML and without keys.

    ``now`` bounds dates: the future is clamped to it; an entry without a date has none. Entries
    whose ``fingerprints`` are those of the last document are left out.
    """
    text = decode(body, response.content_type).lstrip("\ufeff\0 \t\r\n")
    if not text:
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="an empty body")
    if text.startswith("{"):
        return jsonfeed.parse(text, response.url, source, now)
    match tag := _first_tag(text):
        case "urlset":
            return sitemap.parse(text, response.url, source, now)
        case "sitemapindex":
            detail = "a list of sitemaps: name the one of news among them"
            return FetchError(reason=FailureReason.NOT_A_FEED, detail=detail)
        case _:
            parsed = syndication.parse(
                text,
                response.url,
                source,
                now,
                is_feed=tag in _SYNDICATION,
                fingerprints=fingerprints,
            )
    if isinstance(parsed, FetchError) and (tag == "html" or _HTML.match(text)):
        # Not before: some wrap their feed in a page.
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="an HTML page")
    if isinstance(parsed, ParsedFeed):
        return replace(parsed, hints=hints(body), earlier_url=earlier(body, response.url))
    return parsed


def _first_tag(text: str) -> str:
    """The document's first tag without its prefix, in small letters; "" where there is none."""
    found = _FIRST_TAG.match(text)
    return found[1].lower() if found else ""
