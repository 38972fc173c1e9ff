"""Decides: what the operator is told about a feed: once when it fails, once when it is back."""

from __future__ import annotations

from datetime import datetime

from monitor.models import Event, EventKind, FeedState, FetchError


def changes(state: FeedState, error: FetchError | None, now: datetime) -> tuple[Event, ...]:
    """The events of a poll that failed with ``error``, or succeeded."""
    if error is not None and (state.failures == 0 or state.reason is not error.reason):
        detail = f"{error.reason}: {error.detail}"
        return (
            Event(at=now, kind=EventKind.FEED_FAILING, subject=state.source.url, detail=detail),
        )
    if error is None and state.failures:
        detail = f"after {state.failures} failed polls"
        return (
            Event(at=now, kind=EventKind.FEED_RECOVERED, subject=state.source.url, detail=detail),
        )
    return ()
