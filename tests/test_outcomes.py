"""What a poll changes of its feed: mostly nothing but when it was, and will be, looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import outcomes
from monitor.feeds.outcomes import Moment
from monitor.models import (
    FailureReason,
    FeedHealth,
    FeedSource,
    FeedState,
    Freshness,
    NotModified,
    Pace,
    PollOutcome,
    Rhythm,
    Route,
    Trail,
    Unchanged,
    Validators,
)
from tests.strategies import hints, rhythms, validators

NOW = datetime(2026, 3, 7, 10, 15, tzinfo=UTC)
HOST = "a.example"
ANSWER = NotModified(validators=Validators(etag='"1"'), trail=Trail(host=HOST, end_host=HOST))
FEED = FeedState(
    id=7,
    source=FeedSource(url=f"https://{HOST}/rss"),
    validators=Validators(etag='"1"', last_modified="yesterday"),
    body_hash="hash",
    next_check_at=NOW,
    polled_at=NOW - timedelta(minutes=15),
    first_read_at=NOW - timedelta(days=1),
    succeeded_at=NOW - timedelta(minutes=15),
    new_article_at=NOW - timedelta(minutes=15),
    route=Route(host=HOST, end_host=HOST),
    health=FeedHealth.OK,
    rhythm=Rhythm(last_at=NOW - timedelta(minutes=15)),
)
SILENT = Rhythm(gaps=(timedelta(hours=1),) * 9, last_at=NOW - timedelta(days=3))


def at(now: datetime = NOW) -> Moment:
    return Moment(now=now, minimum=timedelta(minutes=1), chance=0.5)


def test_a_304_of_a_feed_that_is_as_it_was_changes_when_it_is_looked_at() -> None:
    found = outcomes.after_no_change(FEED, ANSWER, at(), is_same_body=False)
    due = NOW + timedelta(minutes=15) * 1.05
    assert found == Unchanged(feed_id=7, polled_at=NOW, next_check_at=due)
    same = replace(ANSWER, validators=FEED.validators)
    assert outcomes.after_no_change(FEED, same, at(), is_same_body=True) == found


@pytest.mark.parametrize(
    ("feed", "answer", "changed"),
    [
        (
            {"reason": FailureReason.TIMEOUT, "failures": 2, "detail": "slow"},
            {},
            {"reason": None, "failures": 0, "detail": ""},
        ),
        ({"health": FeedHealth.FAILING}, {}, {"health": FeedHealth.OK}),
        ({"rhythm": SILENT}, {}, {"health": FeedHealth.FROZEN}),
        (
            {},
            {"freshness": Freshness(wait=timedelta(hours=2), pace=Pace.MAX_AGE)},
            {"pace": Pace.MAX_AGE},
        ),
        ({"pace": Pace.BACKOFF}, {}, {"pace": Pace.INTERVAL}),
        (
            {},
            {"validators": Validators(etag='"2"')},
            {"validators": Validators(etag='"2"', last_modified="yesterday")},
        ),
        (
            {},
            {"trail": Trail(host=HOST, end_host="b.example")},
            {"route": Route(host=HOST, end_host="b.example")},
        ),
        (
            {},
            {"trail": Trail(host=HOST, end_host=HOST, moved_to="https://b.example/")},
            {
                "route": Route(
                    host=HOST,
                    end_host=HOST,
                    moved_to="https://b.example/",
                    moved_since=NOW,
                    moved_polls=1,
                )
            },
        ),
    ],
)
def test_what_a_304_changes_beside_is_written(
    feed: dict[str, object], answer: dict[str, object], changed: dict[str, object]
) -> None:
    state, said = replace(FEED, **feed), replace(ANSWER, **answer)  # type: ignore[arg-type]
    found = outcomes.after_no_change(state, said, at(), is_same_body=False)
    assert isinstance(found, PollOutcome)
    assert {name: getattr(found, name) for name in changed} == changed


def test_a_body_that_is_the_same_takes_away_the_validators_that_came_with_it_no_more() -> None:
    found = outcomes.after_no_change(FEED, ANSWER, at(), is_same_body=True)
    assert isinstance(found, PollOutcome)
    assert found.validators == ANSWER.validators


@given(
    st.builds(
        replace,
        st.just(FEED),
        validators=validators,
        hints=hints,
        rhythm=rhythms,
        health=st.sampled_from(FeedHealth),
        pace=st.sampled_from(Pace),
        deaths=st.integers(0, 3),
        reason=st.none() | st.sampled_from(FailureReason),
        failures=st.just(0),
    ),
    st.booleans(),
)
def test_what_is_not_written_of_an_unchanged_feed_is_there_already(
    feed: FeedState, is_same_body: bool
) -> None:
    answer = replace(ANSWER, validators=feed.validators)
    found = outcomes.after_no_change(feed, answer, at(), is_same_body)
    if not isinstance(found, Unchanged):
        return
    other = Pace.QUARANTINE if feed.pace is not Pace.QUARANTINE else Pace.BACKOFF
    whole = outcomes.after_no_change(replace(feed, pace=other), answer, at(), is_same_body)
    assert whole == PollOutcome(
        feed_id=feed.id,
        polled_at=found.polled_at,
        next_check_at=found.next_check_at,
        pace=feed.pace,
        validators=feed.validators,
        body_hash=feed.body_hash,
        hints=feed.hints,
        health=feed.health,
        is_read=True,
    )
    assert (feed.reason, feed.failures, feed.detail) == (None, 0, "")
