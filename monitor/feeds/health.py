"""Decides: how a feed is, and what the operator is told: once at each change, once when it is back.

::

    not polled yet ─> ok <──> failing       three polls in a row; at once if it was never read
                       ^ <──> not a feed    two polls in a row
                       ^ <──> quarantined   two bodies in a row that cost their reader
                       ^ <──> overflowing   entries rolled off between two polls, in the last day
                       └ <──> frozen        nothing new for five times its usual gap
                              gone          the publisher says so (410)

A failure that is no news yet leaves the feed as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.models import (
    Article,
    Event,
    EventKind,
    FailureReason,
    FeedHealth,
    FeedState,
    FetchError,
    Rhythm,
)

FAILURES = 3
WRONG_BODIES = 2
DEATHS = 2
QUARANTINE = timedelta(hours=24)

GAPS = 20
"""How many of its last gaps say what is usual for a feed."""
ENOUGH_GAPS = 5
USUAL_TIMES, LONGEST_TIMES = 5, 2
SHORTEST_FREEZE = timedelta(days=1)
"""Nobody's feed is frozen after an hour, however busy it was."""
LONG_MEMORY = timedelta(days=30)
"""How long the longest gap, as of weekends, is remembered."""
OVERFLOW_LASTS = timedelta(days=1)
ENOUGH_ENTRIES = 3
"""Of a document, for its overlap with the one before to mean anything."""

_SAME_MOMENT = timedelta(minutes=1)
_BODIES = frozenset(
    {
        FailureReason.NOT_A_FEED,
        FailureReason.HOSTILE,
        FailureReason.BAD_ENCODING,
        FailureReason.TOO_LARGE,
    }
)
"""The server answered, with something else than the feed."""

_KINDS = {
    FeedHealth.OK: EventKind.FEED_RECOVERED,
    FeedHealth.FAILING: EventKind.FEED_FAILING,
    FeedHealth.NOT_A_FEED: EventKind.FEED_FAILING,
    FeedHealth.QUARANTINED: EventKind.FEED_QUARANTINED,
    FeedHealth.OVERFLOWING: EventKind.FEED_OVERFLOWING,
    FeedHealth.FROZEN: EventKind.FEED_FROZEN,
    FeedHealth.GONE: EventKind.FEED_GONE,
}


def is_proof(state: FeedState) -> bool:
    """Whether "unchanged" (304) shows that the feed as last read is there.

    We send back only validators of a body that was read as a feed. A match of its ETag is that
    version. A date is less: a login page that is older than the feed is "not modified since"
    too, so after a wrong body only another body can show that the feed is back.
    """
    return state.reason not in _BODIES or state.validators.etag is not None


def after_success(state: FeedState, rhythm: Rhythm, now: datetime) -> FeedHealth:
    """How a feed is that answered; ``state`` is that before.

    It is frozen if it was so when it was last looked at: a clock that has jumped, or a machine
    that has slept for days, is no silence of the feed's.
    """
    if is_overflowing(rhythm, now):
        return FeedHealth.OVERFLOWING
    looked_at = min(state.succeeded_at or now, now)
    return FeedHealth.FROZEN if is_frozen(rhythm, looked_at) else FeedHealth.OK


def after_failure(state: FeedState, error: FetchError, *, deaths: int, is_gone: bool) -> FeedHealth:
    """How a feed is that failed; ``deaths`` are the bodies in a row that cost their reader."""
    failures = state.failures + 1
    is_new = state.first_read_at is None
    if is_gone:
        return FeedHealth.GONE
    if deaths >= DEATHS:
        return FeedHealth.QUARANTINED
    if error.reason is FailureReason.NOT_A_FEED and (is_new or failures >= WRONG_BODIES):
        return FeedHealth.NOT_A_FEED
    return FeedHealth.FAILING if is_new or failures >= FAILURES else state.health


def is_harmless(state: FeedState) -> bool:
    """Whether its last body was read by a reader that lived: the next one will be, most likely."""
    return state.first_read_at is not None and not state.deaths


def deaths_after(state: FeedState, error: FetchError) -> int:
    """How many bodies in a row cost their reader; other failures neither count nor forgive."""
    return state.deaths + (error.reason is FailureReason.HOSTILE)


def is_overflowing(rhythm: Rhythm, now: datetime) -> bool:
    """Whether entries rolled off between two polls of the last day."""
    if rhythm.overflowed_at is None:
        return False
    return timedelta(0) <= now - rhythm.overflowed_at < OVERFLOW_LASTS


def is_frozen(rhythm: Rhythm, now: datetime) -> bool:
    """Whether it has been silent for much longer than is usual for it, if that is known."""
    if rhythm.last_at is None or len(rhythm.gaps) < ENOUGH_GAPS:
        return False
    silent = now - rhythm.last_at
    if silent <= SHORTEST_FREEZE:
        return False
    longest = timedelta(0)
    if rhythm.longest_at is not None and now - rhythm.longest_at <= LONG_MEMORY:
        longest = rhythm.longest
    usual = rhythm.usual_gap or timedelta(0)
    return silent > max(usual * USUAL_TIMES, longest * LONGEST_TIMES)


def first_rhythm(articles: Iterable[Article], now: datetime) -> Rhythm:
    """The rhythm that the dates of a feed's first document show; undated is never now."""
    dates = sorted(one.published_at for one in articles if one.published_at is not None)
    gaps = [after - before for before, after in pairwise(dates)]
    return Rhythm(
        gaps=tuple(gap for gap in gaps if gap >= _SAME_MOMENT)[-GAPS:],
        last_at=min(dates[-1], now) if dates else now,
    )


def next_rhythm(rhythm: Rhythm, now: datetime, *, has_overflowed: bool) -> Rhythm:
    """The rhythm after a poll that brought something new."""
    overflowed_at = now if has_overflowed else rhythm.overflowed_at
    gap = max(now - (rhythm.last_at or now), timedelta(0))
    is_longest = (
        gap >= rhythm.longest or rhythm.longest_at is None or now - rhythm.longest_at > LONG_MEMORY
    )
    return Rhythm(
        gaps=(*rhythm.gaps, gap)[-GAPS:] if gap >= _SAME_MOMENT else rhythm.gaps,
        longest=gap if is_longest else rhythm.longest,
        longest_at=now if is_longest else rhythm.longest_at,
        last_at=now,
        overflowed_at=overflowed_at,
    )


def changes(
    state: FeedState, health: FeedHealth, why: Callable[[], str], now: datetime
) -> tuple[Event, ...]:
    """What the operator is told when a feed is found to be so; nothing if it was so before.

    ``why`` is asked only where it is told.
    """
    if health is state.health or (health is FeedHealth.OK and state.health is FeedHealth.NEW):
        return ()
    detail = _why_back(state, now) if health is FeedHealth.OK else why()
    return (Event(at=now, kind=_KINDS[health], subject=state.source.url, detail=detail),)


def _why_back(state: FeedState, now: datetime) -> str:
    """What a feed was that is well again, and how long it was not read, if so."""
    if state.succeeded_at is None or not state.health.is_blind:
        return f"was {state.health}"
    away = max(now - state.succeeded_at, timedelta(0))
    return f"was {state.health}, not read for {_rounded(away)}"


def why_failing(state: FeedState, error: FetchError, health: FeedHealth) -> str:
    """Why a feed that failed is so."""
    failures = state.failures + 1
    times = f", {failures} polls in a row" if failures > 1 else ""
    after = {
        FeedHealth.GONE: "; it is asked no more",
        FeedHealth.QUARANTINED: "; it is left alone for a day",
    }.get(health, "")
    return f"{error.reason}: {error.detail}{times}{after}"


def why_answering(rhythm: Rhythm, health: FeedHealth, entries: int, now: datetime) -> str:
    """Why a feed that answered is not well; ``entries`` are those of its document."""
    if health is FeedHealth.OVERFLOWING:
        return f"none of its {entries} entries was there at the last poll: some may be missed"
    if health is FeedHealth.FROZEN and rhythm.last_at is not None:
        silent, usual = now - rhythm.last_at, rhythm.usual_gap
        return f"nothing new for {_rounded(silent)}; usual is {_rounded(usual or silent)}"
    return ""


def _rounded(span: timedelta) -> str:
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if span >= 2 * size:
            return f"{span // size} {unit}"
    return f"{span // timedelta(minutes=1)} min"
