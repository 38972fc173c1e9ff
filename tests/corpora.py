"""Our reader beside gofeed's expectations, feed by feed: ``python -m tests.corpora [FOLDER]``.

gofeed keeps a file of what it reads next to each of its feeds. Entries are compared by title,
link, id and date; a difference is either explained, by a cause with a name and a condition that
can be checked, or it is ours to mend. The command prints the table by cause and each
unexplained difference, and exits with 1 where there is one.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from monitor.articles import text
from monitor.feeds.parse import parse
from monitor.models import Article, FeedSource, FetchError, ParsedFeed, Response

CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora"
URL = "https://feeds.example/news/feed.xml"
NOW = datetime(2040, 1, 1, tzinfo=UTC)
"""Later than any of their dates: none is clamped."""


class Cause(StrEnum):
    """Why we differ from gofeed, and mean to."""

    SAYS_NOTHING = "an entry without title, link and text is left out"
    ID_IS_LINK = "without a link, an id that is a web address is the link"
    ABOUT_IS_ID = "RDF: what an item is about (rdf:about) is its id"
    TITLE_OF_MEDIA = "without a title, that of its enclosure"
    FIRST_LINK = "of several links the first, not the last"
    LINK_ATTRIBUTE = "a link's attribute goes before its text, and is no web address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What gofeed reads of an entry; titles are HTML, as ours are before they become text."""

    title: str
    link: str
    id: str
    links: tuple[str, ...]
    date: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of one entry; ``cause`` is ``None`` where nothing explains it."""

    path: Path
    field: str
    ours: str
    theirs: str
    cause: Cause | None


def read(path: Path) -> ParsedFeed | FetchError:
    """The file by our reader, as if it had come from ``URL``."""
    body = path.read_bytes()
    response = Response(url=URL, body=body, body_hash="")
    return parse(body, response, FeedSource(url=URL), NOW)


def pairs(root: Path = CORPORA) -> Iterator[tuple[Path, Path]]:
    """Each feed of gofeed's with the file of what it expects."""
    for expected in sorted((root / "gofeed").rglob("*.json")):
        if (feed := expected.with_suffix(".xml")).exists():
            yield feed, expected
        elif expected.stem.endswith("_expected"):
            yield expected.with_name(expected.name.replace("_expected", "")), expected


def differences(feed: Path, expected: Path) -> Iterator[Difference]:
    """Where our reading of a feed is not what is expected of gofeed."""
    theirs = list(_entries(json.loads(expected.read_bytes())))
    ours = read(feed)
    if isinstance(ours, FetchError):
        yield Difference(path=feed, field="feed", ours=ours.detail, theirs="a feed", cause=None)
        return
    speaking = [one for one in theirs if one.title or one.link or one.text]
    if len(ours.articles) == len(theirs):
        speaking = theirs  # by a title or a link that only we see: that is compared below
    for _ in range(len(theirs) - len(speaking)):
        yield Difference(
            path=feed, field="entry", ours="", theirs="empty", cause=Cause.SAYS_NOTHING
        )
    if len(ours.articles) != len(speaking):
        counts = str(len(ours.articles)), str(len(speaking))
        yield Difference(path=feed, field="count", ours=counts[0], theirs=counts[1], cause=None)
        return
    for article, wanted in zip(ours.articles, speaking, strict=True):
        yield from _compared(feed, article, wanted)


def _compared(feed: Path, article: Article, wanted: Expected) -> Iterator[Difference]:
    body = feed.read_text("utf-8", "replace")
    fields: tuple[tuple[str, str, str, Cause | None], ...] = (
        (
            "title",
            text.line(article.title),
            text.line(wanted.title),
            Cause.TITLE_OF_MEDIA if not wanted.title and "<media:title" in body else None,
        ),
        ("link", article.url, wanted.link, _cause_of_link(article, wanted, body)),
        (
            "id",
            article.guid,
            wanted.id,
            Cause.ABOUT_IS_ID if not wanted.id and f'about="{article.guid}"' in body else None,
        ),
        (
            "date",
            str(article.published_at),
            str(wanted.date),
            None,
        ),
    )
    for field, ours, theirs, cause in fields:
        if ours != theirs:
            yield Difference(path=feed, field=field, ours=ours, theirs=theirs, cause=cause)


def _cause_of_link(article: Article, wanted: Expected, body: str) -> Cause | None:
    if not wanted.link and article.url == article.guid:
        return Cause.ID_IS_LINK
    if wanted.link != article.url == next(iter(wanted.links), None):
        return Cause.FIRST_LINK
    if f">{wanted.link}</link>" in body and '<link uri="at:' in body:
        return Cause.LINK_ATTRIBUTE
    return None


def _entries(feed: dict[str, Any]) -> Iterator[Expected]:
    """The entries of any of gofeed's four shapes: universal, RSS, Atom, JSON Feed."""
    for item in feed.get("items") or feed.get("entries") or []:
        named = item.get("guid") or item.get("id") or ""
        dates = (
            item.get(name)
            for name in (
                *("publishedParsed", "pubDateParsed", "date_published"),
                *("updatedParsed", "date_modified"),
            )
        )
        content = item.get("content")
        links = tuple(_links(item))
        yield Expected(
            title=item.get("title", ""),
            link=str(item.get("link") or item.get("url") or next(iter(links), "")),
            links=links,
            id=named.get("value", "") if isinstance(named, dict) else named,
            date=next(
                (datetime.fromisoformat(date).astimezone(UTC) for date in dates if date), None
            ),
            text=(content.get("value", "") if isinstance(content, dict) else content)
            or item.get("description")
            or item.get("summary")
            or item.get("content_html")
            or item.get("content_text")
            or "",
        )


def _links(item: dict[str, Any]) -> Iterator[str]:
    for link in item.get("links") or []:
        if isinstance(link, str):
            yield link
        elif link.get("rel", "alternate") == "alternate" and link.get("href"):
            yield str(link["href"])


def main(arguments: list[str]) -> int:
    """Print the table by cause, and what nothing explains."""
    root = Path(arguments[0]) if arguments else CORPORA
    feeds = list(pairs(root))
    found = [one for feed, expected in feeds for one in differences(feed, expected)]
    differing = len({one.path for one in found})
    print(f"{len(feeds)} feeds with expectations, {len(feeds) - differing} read alike")
    for cause, count in Counter(one.cause for one in found if one.cause).most_common():
        print(f"{count:6}  {cause}")
    unexplained = [one for one in found if one.cause is None]
    print(f"{len(unexplained):6}  unexplained")
    for one in unexplained:
        place = one.path.relative_to(root)
        print(f"{place}: {one.field}: ours {one.ours[:100]!r}, theirs {one.theirs[:100]!r}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
