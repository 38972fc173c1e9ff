"""Orders: what a command asks of addresses that a person has named; nothing is stored.

::

    look_at      URL → fetch, at its host's turn → look → FoundFeed | Page | FetchError
    first_feed   links → look_at, one after the other → FoundFeed | None
    look_at_all  sources → look_at, hosts side by side → each as it comes

The requests are those of the daemon: same fetcher, same bounds, same turns, same addresses refused.
They carry no validators, and those that the daemon has stored are not touched.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from monitor import reading
from monitor.asking import AskTools
from monitor.errors import WorkerFailed
from monitor.feeds.discovery import FeedLink, Page
from monitor.feeds.fetch import Request
from monitor.feeds.route import moved_to
from monitor.models import (
    Article,
    FailureReason,
    FeedSource,
    FetchError,
    NotModified,
    ParsedFeed,
)

WARM_UP = timedelta(seconds=60)
MOST_TRIED = 8
"""Addresses that are tried for one page."""
PATIENCE = timedelta(days=1)
"""For a host's turn: whoever named hundreds of feeds of one host waits for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """An address that answered with a feed."""

    url: str
    answered_by: str
    """The address at the end of the redirects."""
    moved_to: str
    """Where those redirects that are permanent lead; empty where none is, or it is no way to go."""
    feed: ParsedFeed
    language: str | None
    """The one that most of its articles are in, as they read."""

    @property
    def address(self) -> str:
        """The one to be followed."""
        return self.moved_to or self.url

    @property
    def newest_at(self) -> datetime | None:
        """When the newest dated article was published."""
        return max(
            (one.published_at for one in self.feed.articles if one.published_at), default=None
        )

    def newest(self, count: int) -> tuple[Article, ...]:
        """Its newest articles; those without a date come after the others, in the feed's order."""
        return tuple(sorted(self.feed.articles, key=_age)[:count])


def _age(article: Article) -> float:
    return -article.published_at.timestamp() if article.published_at else math.inf


Found = FoundFeed | Page | FetchError


async def look_at(source: FeedSource, tools: AskTools) -> Found:
    """What is at a feed's address, or at that of a page."""
    answer = await tools.fetcher.fetch(Request(url=source.url, patience=PATIENCE))
    assert not isinstance(answer, NotModified), "nothing was said that could be unchanged"
    if isinstance(answer, FetchError):
        return answer
    untold = replace(source, language=None)  # to see what language it reads as
    try:
        await tools.readers.call(WARM_UP, reading.ping)
        found = await tools.readers.call(
            reading.DEADLINE, reading.look, answer, untold, tools.clock(), tools.max_bytes
        )
    except WorkerFailed as error:
        return FetchError(reason=FailureReason.HOSTILE, detail=f"its reader was lost: {error}")
    if not isinstance(found, ParsedFeed):
        return found
    languages = Counter(one.language for one in found.articles if one.language)
    return FoundFeed(
        url=source.url,
        answered_by=answer.url,
        moved_to=moved_to(source.url, answer.trail),
        feed=found,
        language=next((language for language, _ in languages.most_common(1)), None),
    )


async def first_feed(links: Iterable[FeedLink], tools: AskTools) -> FoundFeed | None:
    """The first of these addresses that is a feed; those after it are not asked."""
    for link in islice(links, MOST_TRIED):
        found = await look_at(FeedSource(url=link.url), tools)
        if isinstance(found, FoundFeed):
            return found
    return None


async def look_at_all(
    sources: Iterable[FeedSource], tools: AskTools, then: Callable[[FeedSource, Found], None]
) -> None:
    """Look at each feed once; ``then`` is told of each as it comes."""

    async def one(source: FeedSource) -> None:
        then(source, await look_at(source, tools))

    await asyncio.gather(*map(one, sources))
