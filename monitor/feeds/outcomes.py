"""Decides: what one poll changes of its feed: pace, way, health, and what the operator is told.

What becomes of the articles is the caller's: it adds them to the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from monitor.feeds import health, route, schedule
from monitor.models import (
    Event,
    EventKind,
    FailureReason,
    FeedHealth,
    FeedHints,
    FeedState,
    FetchError,
    Freshness,
    NotModified,
    ParsedFeed,
    Polled,
    PollOutcome,
    Response,
    Rhythm,
    Route,
    Unchanged,
    Validators,
    changed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is decided, and by what luck."""

    now: datetime
    minimum: timedelta
    """The shortest time between two polls."""
    chance: float
    """0 to 1: what spreads polls that would come together."""


def after_news(
    feed: FeedState,
    response: Response,
    parsed: ParsedFeed,
    at: Moment,
    *,
    has_news: bool,
    is_same_feed: bool,
    has_overflowed: bool,
) -> PollOutcome:
    """A body was read.

    Args:
        feed: as it was before.
        response: what the publisher answered.
        parsed: what it said.
        at: now.
        has_news: some article of it was not known.
        is_same_feed: some was.
        has_overflowed: none of its entries was there at the last poll.
    """
    rhythm = _rhythm(feed, parsed, at.now, has_news=has_news, has_overflowed=has_overflowed)
    new_article_at = at.now if has_news else feed.new_article_at
    way = route.after_answer(feed, response.trail, at.now, is_same_feed=is_same_feed)
    feed = changed(feed, rhythm=rhythm, new_article_at=new_article_at)
    read = _after_answer(
        feed,
        _due(feed, response.freshness, parsed.hints, at),
        health.after_success(feed, rhythm, at.now),
        way,
        at,
        validators=response.validators,
        hints=parsed.hints,
        entries=parsed.entries,
    )
    return changed(
        read,
        rhythm=rhythm,
        deaths=0,
        fingerprints=parsed.fingerprints,
        body_hash=response.body_hash,
        is_first_read=feed.first_read_at is None,
    )


def after_no_change(feed: FeedState, answer: NotModified, at: Moment, is_same_body: bool) -> Polled:
    """The publisher said "not modified", or, with ``is_same_body``, sent the body of last time."""
    way = route.after_answer(
        feed, answer.trail, at.now, is_same_feed=feed.validators.etag is not None
    )
    named = answer.validators
    validators = named if is_same_body else _merged(feed.validators, named)
    due = _due(feed, answer.freshness, feed.hints, at)
    found = health.after_success(feed, feed.rhythm, at.now)
    if (
        feed.reason is None
        and (feed.health, feed.pace) == (found, due.pace)
        and (feed.validators, feed.route) == (validators, way)
    ):
        return Unchanged(feed_id=feed.id, polled_at=at.now, next_check_at=due.at)
    outcome = _after_answer(
        feed, due, found, way, at, validators=validators, hints=feed.hints, entries=0
    )
    if is_same_body or health.is_proof(feed):
        return outcome
    # It does not show that the feed is back: asked at its pace, and still failing.
    return changed(
        outcome,
        validators=feed.validators,
        health=feed.health,
        is_read=False,
        failures=feed.failures,
        reason=feed.reason,
        detail=feed.detail,
        events=(),
    )


def after_failure(feed: FeedState, error: FetchError, at: Moment) -> PollOutcome:
    """The feed could not be had, or was none."""
    deaths = health.deaths_after(feed, error)
    is_gone = route.is_gone(feed, error)
    found = health.after_failure(feed, error, deaths=deaths, is_gone=is_gone)
    is_quarantined = error.reason is FailureReason.HOSTILE and deaths >= health.DEATHS
    due = schedule.after_failure(
        feed,
        error,
        at.minimum,
        at.now,
        at.chance,
        health.QUARANTINE if is_quarantined else timedelta(0),
    )
    way = route.after_failure(feed, error)
    why = partial(health.why_failing, feed, error, found)
    return PollOutcome(
        feed_id=feed.id,
        polled_at=at.now,
        next_check_at=due.at,
        pace=due.pace,
        hints=feed.hints,
        route=None if way == feed.route else way,
        health=found,
        deaths=deaths,
        is_gone=is_gone,
        host_wait=schedule.host_wait(error, due, at.now),
        validators=feed.validators,
        body_hash=feed.body_hash,
        failures=feed.failures + 1,
        reason=error.reason,
        detail=error.detail,
        events=health.changes(feed, found, why, at.now) + _moved(feed, way, at.now),
    )


def _due(
    feed: FeedState, freshness: Freshness | None, hints: FeedHints, at: Moment
) -> schedule.NextCheck:
    return schedule.after_success(
        feed, at.minimum, at.now, at.chance, hints=hints, freshness=freshness
    )


def _after_answer(
    feed: FeedState,
    due: schedule.NextCheck,
    found: FeedHealth,
    way: Route,
    at: Moment,
    *,
    validators: Validators,
    hints: FeedHints,
    entries: int,
) -> PollOutcome:
    """What all answers have in common that show that the feed is there."""
    why = partial(health.why_answering, feed.rhythm, found, entries, at.now)
    return PollOutcome(
        feed_id=feed.id,
        polled_at=at.now,
        next_check_at=due.at,
        pace=due.pace,
        hints=hints,
        route=None if way == feed.route else way,
        health=found,
        validators=validators,
        body_hash=feed.body_hash,
        is_read=True,
        events=health.changes(feed, found, why, at.now) + _moved(feed, way, at.now),
    )


def _rhythm(
    feed: FeedState, parsed: ParsedFeed, now: datetime, *, has_news: bool, has_overflowed: bool
) -> Rhythm:
    if feed.first_read_at is None:
        return health.first_rhythm(parsed.articles, now)
    if not has_news:
        return feed.rhythm
    return health.next_rhythm(feed.rhythm, now, has_overflowed=has_overflowed)


def _merged(stored: Validators, named: Validators) -> Validators:
    """A 304 replaces the validators that it names (RFC 9111, 3.2) and leaves the others."""
    if named == stored:
        return stored
    return Validators(
        etag=named.etag or stored.etag, last_modified=named.last_modified or stored.last_modified
    )


def _moved(feed: FeedState, way: Route, now: datetime) -> tuple[Event, ...]:
    if way.address == feed.route.address:
        return ()
    detail = f"to {way.address}" if way.address else f"back, from {feed.route.address}"
    return (Event(at=now, kind=EventKind.FEED_MOVED, subject=feed.source.url, detail=detail),)
