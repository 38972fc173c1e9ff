"""Decides: what the operator is told about a feed: once when it fails, once when it is back."""

from __future__ import annotations

from datetime import datetime

from monitor.models import Event, EventKind, FailureReason, FeedState, FetchError

_BODIES = frozenset(
    {
        FailureReason.NOT_A_FEED,
        FailureReason.HOSTILE,
        FailureReason.BAD_ENCODING,
        FailureReason.TOO_LARGE,
    }
)
"""The server answered, with something else than the feed."""


def is_proof(state: FeedState) -> bool:
    """Whether "unchanged" (304) shows that the feed as last read is there.

    We send back only validators of a body that was read as a feed. A match of its ETag is that
    version. A date is less: a login page that is older than the feed is "not modified since"
    too, so after a wrong body only another body can show that the feed is back.
    """
    return state.reason not in _BODIES or state.validators.etag is not None


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
