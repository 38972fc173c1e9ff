"""Decides: how politely a reader asked: a log in, the rows of the score table out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

from tests.servers.polite import conduct, sequence, timing
from tests.servers.polite.findings import Check, Finding
from tests.servers.polite.values import Exchange, Placed


class Verdict(StrEnum):
    """What a row comes to."""

    PASS = "pass"
    FAIL = "FAIL"
    NOT_SEEN = "not seen"
    """The situation never came up: nothing is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One counter of the table: how often it was looked at, how often it was wrong."""

    check: Check
    looked: int
    wrong: int
    example: str
    """The first request that was wrong."""

    @property
    def verdict(self) -> Verdict:
        """Whether it passes."""
        if self.wrong:
            return Verdict.FAIL
        return Verdict.PASS if self.looked else Verdict.NOT_SEEN


def score(
    log: Sequence[Exchange],
    feeds: Iterable[Placed],
    *,
    minimum: timedelta,
    ended_at: datetime,
    restarts: Sequence[datetime] = (),
) -> tuple[Row, ...]:
    """Score a reader by what it asked.

    Args:
        log: Every exchange, in order.
        feeds: What stood where.
        minimum: The interval below which the reader was told not to poll.
        ended_at: When the log ends, by the server's clock.
        restarts: When the reader was restarted, in order.
    """
    looked = dict.fromkeys(Check, 0)
    wrong = dict.fromkeys(Check, 0)
    examples: dict[Check, str] = {}
    for finding in _findings(log, feeds, minimum, ended_at, restarts):
        looked[finding.check] += 1
        if finding.is_wrong:
            wrong[finding.check] += 1
            examples.setdefault(finding.check, _example(finding.exchange))
    return tuple(
        Row(check=check, looked=looked[check], wrong=wrong[check], example=examples.get(check, ""))
        for check in Check
    )


def _findings(
    log: Sequence[Exchange],
    feeds: Iterable[Placed],
    minimum: timedelta,
    ended_at: datetime,
    restarts: Sequence[datetime],
) -> Iterator[Finding]:
    yield from chain(conduct.findings(log), timing.of_hosts(log))
    closed = timing.closings(log)
    by_feed: dict[int | None, list[Exchange]] = {}
    for one in log:
        by_feed.setdefault(one.feed, []).append(one)
    for feed in feeds:
        polls = sequence.split(by_feed.get(feed.number, []))
        yield from sequence.findings(polls)
        yield from conduct.of_redirects(feed, polls)
        yield from timing.findings(
            feed,
            polls,
            minimum=minimum,
            restarts=restarts,
            ended_at=ended_at,
            closings=closed.get(feed.host, ()),
        )


def _example(one: Exchange) -> str:
    sent = ", ".join(filter(None, (one.etag, one.last_modified)))
    return f"{one.at:%d %b %H:%M:%S} {one.method} {one.path}{' ' if sent else ''}{sent}"


def as_values(rows: Iterable[Row]) -> list[Mapping[str, str | int]]:
    """The rows for ``--json``."""
    return [
        {
            "check": row.check,
            "looked": row.looked,
            "wrong": row.wrong,
            "verdict": row.verdict,
            "example": row.example,
        }
        for row in rows
    ]


def table(rows: Iterable[Row]) -> str:
    """The rows for people."""
    lines = [f"{'counter':<56}{'looked':>8}{'wrong':>8}  verdict"]
    for row in rows:
        lines.append(f"{row.check:<56}{row.looked:>8,}{row.wrong:>8,}  {row.verdict}")
        if row.example:
            lines.append(f"    first: {row.example[:140]}")
    return "\n".join(lines)
