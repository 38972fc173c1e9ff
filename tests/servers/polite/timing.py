"""Decides: whether a reader came too soon, too often, or not at all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from tests.servers.polite.findings import Check, Finding, Poll
from tests.servers.polite.values import Exchange, Placed, Wish

DAY = timedelta(days=1)
LATEST = timedelta(hours=27)
"""A daily poll may be as late as this, what jitter and spacing add included."""
EARLIEST = timedelta(hours=20)
A_SECOND = timedelta(seconds=1)

_CHECKS = {
    Wish.RETRY_AFTER_429: Check.RETRY_429,
    Wish.RETRY_AFTER_503: Check.RETRY_503,
    Wish.MAX_AGE: Check.MAX_AGE,
    Wish.EXPIRES: Check.EXPIRES,
    Wish.TTL: Check.TTL,
}


def findings(
    feed: Placed,
    polls: Sequence[Poll],
    *,
    minimum: timedelta,
    restarts: Sequence[datetime],
    ended_at: datetime,
    closings: Sequence[tuple[datetime, datetime]] = (),
) -> Iterator[Finding]:
    """Look at the times of one feed's polls; ``restarts`` are in order, as are the spans in which
    a 429 closed its host."""
    yield from _start(polls, minimum)
    for before, poll in pairwise(polls):
        yield from _gap(before, poll, minimum, restarts)
    yield from _skipped(feed, polls)
    yield from _forgotten(feed, polls, ended_at, closings)
    yield from _missing(feed, polls)


def _start(polls: Sequence[Poll], minimum: timedelta) -> Iterator[Finding]:
    for poll in polls[:1]:
        at_once = [one for one in polls[1:] if one.first.at < poll.first.at + minimum]
        yield Finding(check=Check.BURST, is_wrong=bool(at_once), exchange=poll.first)


def _gap(
    before: Poll, poll: Poll, minimum: timedelta, restarts: Sequence[datetime]
) -> Iterator[Finding]:
    answer = before.last.answer
    at = poll.first.at
    is_close = at < before.first.at + minimum
    is_early = answer.not_before is not None and at < answer.not_before
    yield Finding(check=Check.MINIMUM, is_wrong=is_close, exchange=poll.first)
    if answer.wish is not None and answer.not_before is not None:
        yield Finding(check=_CHECKS[answer.wish], is_wrong=is_early, exchange=poll.first)
    place = bisect_left(restarts, before.first.at)
    if place < len(restarts) and restarts[place] <= at:
        has_forgotten = is_early and answer.wish in (Wish.RETRY_AFTER_429, Wish.RETRY_AFTER_503)
        is_wrong = is_close or has_forgotten
        yield Finding(check=Check.RESTART, is_wrong=is_wrong, exchange=poll.first)


def _skipped(feed: Placed, polls: Sequence[Poll]) -> Iterator[Finding]:
    hours, days = feed.publisher.skip_hours, feed.publisher.skip_days
    for before, poll in pairwise(polls):
        at = poll.first.at
        if len(hours) == 24:
            is_daily = EARLIEST <= at - before.first.at <= LATEST
            yield Finding(check=Check.SKIP_ALL, is_wrong=not is_daily, exchange=poll.first)
        elif hours:
            is_wrong = at.hour in hours
            yield Finding(check=Check.SKIP_HOURS, is_wrong=is_wrong, exchange=poll.first)
        if days:
            is_wrong = at.weekday() in days
            yield Finding(check=Check.SKIP_DAYS, is_wrong=is_wrong, exchange=poll.first)


def _forgotten(
    feed: Placed,
    polls: Sequence[Poll],
    ended_at: datetime,
    closings: Sequence[tuple[datetime, datetime]],
) -> Iterator[Finding]:
    if not polls or polls[-1].last.answer.status == 410:
        polls_and_end = [(one.first, one.first.at) for one in polls]
    else:
        polls_and_end = [*((one.first, one.first.at) for one in polls), (polls[-1].first, ended_at)]
    longest = LATEST + len(feed.publisher.skip_days) * DAY
    for (first, before), (_, at) in pairwise(polls_and_end):
        latest = before + longest
        for closed, opened in closings:
            if closed <= latest and before + DAY < opened:
                latest = max(latest, opened + longest - DAY)
        yield Finding(check=Check.FORGOTTEN, is_wrong=at > latest, exchange=first)


def closings(log: Sequence[Exchange]) -> dict[str, list[tuple[datetime, datetime]]]:
    """The spans in which hosts wanted not to be asked, as their 429s said."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for one in log:
        if one.answer.wish is Wish.RETRY_AFTER_429 and one.answer.not_before is not None:
            found.setdefault(one.host, []).append((one.at, one.answer.not_before))
    return found


def _missing(feed: Placed, polls: Sequence[Poll]) -> Iterator[Finding]:
    if feed.publisher.goes_missing_at is None:
        return
    since: datetime | None = None
    for before, poll in pairwise(polls):
        if before.last.answer.status == 404 and since is None:
            since = before.last.at
        if since is not None and before.first.at >= since + 7 * DAY:
            gap = poll.first.at - before.first.at
            yield Finding(check=Check.MISSING, is_wrong=gap < EARLIEST, exchange=poll.first)


def of_hosts(log: Sequence[Exchange]) -> Iterator[Finding]:
    """Look at what each host was asked, whatever the feed."""
    last: dict[str, datetime] = {}
    closed: dict[str, tuple[datetime, int | None]] = {}
    for one in log:
        yield Finding(check=Check.IN_FLIGHT, is_wrong=one.in_flight > 1, exchange=one)
        if one.host in last:
            is_wrong = one.at < last[one.host] + A_SECOND
            yield Finding(check=Check.SPACING, is_wrong=is_wrong, exchange=one)
        last[one.host] = one.at
        if one.host in closed:
            until, by = closed[one.host]
            if one.feed != by:
                is_wrong = one.at < until
                yield Finding(check=Check.RETRY_429_HOST, is_wrong=is_wrong, exchange=one)
        if one.answer.wish is Wish.RETRY_AFTER_429 and one.answer.not_before is not None:
            closed[one.host] = (one.answer.not_before, one.feed)
