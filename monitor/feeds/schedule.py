"""Decides: when a feed is looked at next. Pure functions of ``now``, facts, and a die.

The wait after an answer is the longest of

- the user's minimum;
- the feed's own pace: its interval, stretched a little while it has long been quiet, and for a day
  nothing when entries have rolled off between two polls;
- what the publisher asks for: Cache-Control's max-age or Expires, ttl, sy:updatePeriod; a
  failure's Retry-After;

then moved out of the hours and days that the publisher wants skipped. A little is added by
chance so that feeds drift apart, never taken away. ``docs/decisions.md`` has the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from monitor.feeds.health import is_overflowing
from monitor.models import (
    REMEMBERED,
    FeedHints,
    FeedState,
    FetchError,
    Freshness,
    HostWait,
    Pace,
)

SLOWEST = timedelta(days=1)
"""A feed that fails is looked at this often, however long it has failed."""

QUIET_SHARE = 200
"""The time since a feed's last new article, divided by this, is what its next one may be late by
for that."""
QUIET_TIMES, QUIET_LONGEST = 4, timedelta(hours=1)
"""As many intervals at most, and this long."""

TOO_MANY_REQUESTS = 429

_DRIFT = 10
"""A wait, divided by this, is what chance adds at most."""
_LONGEST_DRIFT = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_Wait = tuple[timedelta, Pace]
_NO_WAIT: _Wait = (timedelta(0), Pace.MAX_AGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCheck:
    """When to look again, and what decided it."""

    at: datetime
    pace: Pace


def after_success(
    state: FeedState,
    minimum: timedelta,
    now: datetime,
    luck: float,
    *,
    hints: FeedHints,
    freshness: Freshness | None = None,
) -> NextCheck:
    """The next check of a feed that answered with a feed, or with "unchanged".

    ``hints`` are those of its document as last read, ``luck`` is chance, from 0 to 1.
    """
    asked = _asked(hints, freshness)
    floor = max(minimum, asked[0])
    wait, pace = _longer(_own_pace(state, minimum, now), asked)
    if _is_in_a_herd(state, wait, now):
        spread = wait * (0.5 + _place(state.source.url))
        wait = max(floor, min(spread, max(wait, _DAY - _LONGEST_DRIFT)))
    return _outside_skipped(state, hints, now, _drifted(wait, luck), pace)


def after_failure(
    state: FeedState,
    error: FetchError,
    minimum: timedelta,
    now: datetime,
    luck: float,
    quarantine: timedelta = timedelta(0),
) -> NextCheck:
    """The next check of a feed that failed: its pace doubled with each failure in a row, up to a
    day, and never before the publisher's Retry-After or the end of its quarantine."""
    asked = _asked(state.hints, None)[0]
    interval = max(state.source.interval, minimum, asked)
    doubled = interval * (1 << min(state.failures, 16))
    wait, pace = max(min(doubled, SLOWEST), interval), Pace.BACKOFF
    if error.retry_after is not None:
        wait, pace = _longer((wait, pace), (error.retry_after, Pace.RETRY_AFTER))
    wait, pace = _longer((wait, pace), (quarantine, Pace.QUARANTINE))
    return _outside_skipped(state, state.hints, now, _drifted(wait, luck), pace)


def host_wait(error: FetchError, next_check: NextCheck, now: datetime) -> HostWait | None:
    """How long none of a host's feeds is asked: as long as its 429 says, or for the while that
    the feed waits, an hour at most."""
    if error.status != TOO_MANY_REQUESTS or not error.trail.end_host:
        return None
    wait = error.retry_after or min(next_check.at - now, _HOUR)
    return HostWait(host=error.trail.end_host, until=now + wait)


def _longer(one: _Wait, other: _Wait) -> _Wait:
    """The longer of two waits; the first, if they are equal."""
    return other if other[0] > one[0] else one


def _own_pace(state: FeedState, minimum: timedelta, now: datetime) -> _Wait:
    interval = max(state.source.interval, minimum)
    if is_overflowing(state.rhythm, now):
        return minimum, Pace.ROLLING
    last = state.new_article_at or state.first_read_at
    if last is None or state.source.has_own_interval:
        return interval, Pace.INTERVAL
    quiet = min((now - last) / QUIET_SHARE, interval * QUIET_TIMES, QUIET_LONGEST)
    return _longer((interval, Pace.INTERVAL), (quiet, Pace.QUIET))


def _asked(hints: FeedHints, freshness: Freshness | None) -> _Wait:
    """The longest wait that the publisher asks for."""
    asked = (freshness.wait, freshness.pace) if freshness else _NO_WAIT
    if hints.ttl is not None:
        asked = _longer(asked, (hints.ttl, Pace.TTL))
    if hints.update_every is not None:
        asked = _longer(asked, (hints.update_every, Pace.UPDATE_PERIOD))
    return asked


def _is_in_a_herd(state: FeedState, wait: timedelta, now: datetime) -> bool:
    """Whether many others are likely to be polled with it: all are new, or all are late."""
    return state.first_read_at is None or now - state.next_check_at > wait / 2


@lru_cache(maxsize=REMEMBERED)
def _place(url: str) -> float:
    """Where a feed stands among all, from 0 to 1: always the same, and evenly spread."""
    return int.from_bytes(sha256(url.encode("utf-8", "replace")).digest()[:4], "big") / (1 << 32)


def _drifted(wait: timedelta, luck: float) -> timedelta:
    return wait + min(wait / _DRIFT, _LONGEST_DRIFT) * luck


def _outside_skipped(
    state: FeedState, hints: FeedHints, now: datetime, wait: timedelta, pace: Pace
) -> NextCheck:
    """The first moment after the wait at which the publisher wants to be asked.

    Whoever wants every hour skipped, or every day, is asked once a day.
    """
    if not (hints.skip_hours or hints.skip_days):
        return NextCheck(at=now + wait, pace=pace)
    wanted = (now + wait).astimezone(UTC)
    hour = wanted.replace(minute=0, second=0, microsecond=0)
    for step in range(8 * 24):
        start = hour + step * _HOUR
        if start.hour not in hints.skip_hours and start.weekday() not in hints.skip_days:
            if step == 0:
                return NextCheck(at=now + wait, pace=pace)
            # Not all on the stroke of the hour.
            return NextCheck(at=start + _place(state.source.url) * _HOUR / 6, pace=Pace.SKIPPED)
    return NextCheck(at=now + max(wait, _DAY), pace=Pace.SKIPPED)
