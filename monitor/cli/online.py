"""The feeds as they answer: what ``check --online`` asks and says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.cli.output import ago, counting, print_list
from monitor.config import Config
from monitor.errors import Mistake
from monitor.feeds.discovery import Page
from monitor.models import FailureReason, FeedSource, FetchError
from monitor.probing import Found, FoundFeed, look_at_all

STALE = timedelta(days=90)
"""The newest entry of a feed that is probably abandoned is older than this."""
_ENOUGH = 5
"""Entries from which the language of a feed can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A feed of the configuration, and what was found at its address."""

    source: FeedSource
    found: Found
    line: int
    """Where it stands in the file; 0: it comes from elsewhere."""

    @property
    def trouble(self) -> str:
        """Why it cannot be followed; empty if it can."""
        match self.found:
            case FetchError(reason=reason, detail=detail):
                return f"{reason}: {detail}"
            case Page():
                hint = f"`news-monitor feeds discover {self.source.url}`"
                return f"{FailureReason.NOT_A_FEED}: a web page ({hint} finds the feeds of one)"
            case FoundFeed():
                return ""

    def doubts(self, now: datetime) -> Iterator[str]:
        """What is probably not meant so."""
        if not isinstance(self.found, FoundFeed):
            return
        told, newest = self.found.language, self.found.newest_at
        if newest is not None and now - newest > STALE:
            yield f"its newest entry is from {ago(newest, now)}"
        is_enough = len(self.found.feed.articles) >= _ENOUGH
        if self.source.language and told and is_enough and told != self.source.language:
            yield f"its entries read as {told!r}, not {self.source.language!r}"


def ask(settings: Config, lines: Sequence[int]) -> tuple[Answer, ...]:
    """Ask every feed once, one request a second to a host; ``lines`` are where they stand."""
    from monitor import assembly  # noqa: PLC0415 - loads all that the daemon is made of

    found: dict[str, Found] = {}
    with counting("feeds", len(settings.sources)) as advance:

        def then(source: FeedSource, one: Found) -> None:
            found[source.url] = one
            advance(source.name)

        with assembly.looking(settings) as tools:
            asyncio.run(look_at_all(settings.sources, tools, then))
    return tuple(
        Answer(source=source, found=found[source.url], line=line)
        for source, line in zip(settings.sources, lines, strict=True)
    )


def mistakes(answers: Sequence[Answer], file: str) -> Iterator[Mistake]:
    """A line for each feed that cannot be followed."""
    for answer in answers:
        if answer.trouble:
            yield _at(answer, file, answer.trouble)


def doubts(answers: Sequence[Answer], file: str, now: datetime) -> Iterator[Mistake]:
    """A line for each thing that is probably not meant so."""
    for answer in answers:
        for doubt in answer.doubts(now):
            yield _at(answer, file, doubt)


def _at(answer: Answer, file: str, message: str) -> Mistake:
    shown = f"{answer.source.name}: {message}"
    return Mistake(file=file, line=answer.line, column=min(answer.line, 1), message=shown)


def show(answers: Sequence[Answer], now: datetime) -> None:
    """A line for each feed: what it is."""
    rows = ((answer.source.name, *_words(answer.found, now)) for answer in answers)
    print_list(rows, widest=30)


def _words(found: Found, now: datetime) -> tuple[str, str, str]:
    if not isinstance(found, FoundFeed):
        reason = found.reason if isinstance(found, FetchError) else FailureReason.NOT_A_FEED
        return "–", "–", f"failing: {reason}"
    newest = ago(found.newest_at, now) if found.newest_at else "no dates"
    return f"{len(found.feed.articles)} entries", newest, found.feed.title or "no title"


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer for machines."""
    found = answer.found if isinstance(answer.found, FoundFeed) else None
    error = answer.found if isinstance(answer.found, FetchError) else None
    reason = None if found else error.reason if error else FailureReason.NOT_A_FEED
    return {
        "url": answer.source.url,
        "name": answer.source.name,
        "ok": found is not None,
        "reason": reason,
        "detail": error.detail if error else None,
        "title": found.feed.title if found else None,
        "entries": len(found.feed.articles) if found else None,
        "newest_at": found.newest_at if found else None,
        "language": found.language if found else None,
        "answered_by": found.answered_by if found else None,
    }
