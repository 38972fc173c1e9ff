"""Decides: when a feed is looked at next. Pure functions of ``now`` and of what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.models import FeedState, FetchError

SLOWEST = timedelta(days=1)
"""A feed that fails is looked at this often, however long it has failed."""


def after_success(state: FeedState, minimum: timedelta, now: datetime) -> datetime:
    """The next check of a feed that answered: its interval, never below the minimum."""
    return now + max(state.source.interval, minimum)


def after_failure(
    state: FeedState, error: FetchError, minimum: timedelta, now: datetime
) -> datetime:
    """The next check of a feed that failed: its interval doubled with each failure in a row,
    up to a day, and never before the publisher's Retry-After."""
    interval = max(state.source.interval, minimum)
    doubled = interval * (1 << min(state.failures, 16))
    wait = max(min(doubled, SLOWEST), interval)
    return now + max(wait, error.retry_after or timedelta())
