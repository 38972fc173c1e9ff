"""When a feed is looked at next: the user's minimum, its own pace, the publisher's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import schedule
from monitor.feeds.hints import hints as hints_of
from monitor.models import (
    LONGEST_WAIT,
    FailureReason,
    FeedHints,
    FeedSource,
    FeedState,
    FetchError,
    Freshness,
    Pace,
)
from tests.strategies import hints

NOW = datetime(2026, 3, 6, 12, 20, tzinfo=UTC)  # a Friday
MINIMUM = timedelta(minutes=5)
NO_HINTS = FeedHints()
DOWN = FetchError(reason=FailureReason.HTTP_STATUS, detail="HTTP 500", status=500)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def state(**fields: object) -> FeedState:
    interval = fields.pop("interval", minutes(10))
    own = fields.pop("has_own_interval", False)
    url = fields.pop("url", "https://example.org/rss")
    source = FeedSource(url=url, interval=interval, has_own_interval=own)
    standing = {"first_read_at": NOW - minutes(30), "new_article_at": NOW - minutes(20)}
    return FeedState(id=1, source=source, next_check_at=NOW, **(standing | fields))


def after(feed: FeedState | None = None, luck: float = 0, **more: object) -> schedule.NextCheck:
    minimum = more.pop("minimum", MINIMUM)
    known = {"hints": NO_HINTS} | more
    return schedule.after_success(feed or state(), minimum, NOW, luck, **known)


def wait(feed: FeedState | None = None, luck: float = 0, **more: object) -> timedelta:
    return after(feed, luck, **more).at - NOW


def test_a_feed_that_answers_is_asked_again_after_its_interval_never_below_the_minimum() -> None:
    assert after() == schedule.NextCheck(at=NOW + minutes(10), pace=Pace.INTERVAL)
    assert wait(minimum=timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        (timedelta(hours=33), minutes(10)),
        (timedelta(days=2), minutes(14.4)),
        (timedelta(days=5), minutes(36)),
        (timedelta(days=6), minutes(40)),
        (timedelta(days=400), minutes(40)),
    ],
)
def test_a_feed_that_has_long_been_quiet_is_asked_less_often_and_never_much_less(
    quiet: timedelta, expected: timedelta
) -> None:
    found = after(state(new_article_at=NOW - quiet))
    assert found.at - NOW == expected
    assert found.pace is (Pace.INTERVAL if expected == minutes(10) else Pace.QUIET)


def test_an_hour_is_the_most_that_quiet_costs() -> None:
    silent = NOW - timedelta(days=100)
    assert wait(state(interval=minutes(30), new_article_at=silent)) == minutes(60)
    assert wait(state(interval=timedelta(hours=3), new_article_at=silent)) == timedelta(hours=3)


def test_an_interval_that_the_user_named_for_the_feed_is_kept_however_quiet_it_is() -> None:
    assert wait(state(has_own_interval=True, new_article_at=NOW - timedelta(days=99))) == minutes(
        10
    )


@pytest.mark.parametrize(
    ("said", "pace", "expected"),
    [
        ({"freshness": Freshness(wait=minutes(45), pace=Pace.MAX_AGE)}, Pace.MAX_AGE, 45),
        ({"freshness": Freshness(wait=minutes(45), pace=Pace.EXPIRES)}, Pace.EXPIRES, 45),
        ({"freshness": Freshness(wait=minutes(1), pace=Pace.MAX_AGE)}, Pace.INTERVAL, 10),
        ({"hints": FeedHints(ttl=minutes(60))}, Pace.TTL, 60),
        ({"hints": FeedHints(ttl=minutes(1))}, Pace.INTERVAL, 10),
        ({"hints": FeedHints(update_every=minutes(30))}, Pace.UPDATE_PERIOD, 30),
        (
            {
                "hints": FeedHints(update_every=minutes(30), ttl=minutes(20)),
                "freshness": Freshness(wait=minutes(25), pace=Pace.MAX_AGE),
            },
            Pace.UPDATE_PERIOD,
            30,
        ),
    ],
)
def test_the_longest_wait_that_anybody_asks_for_is_kept_and_named(
    said: dict[str, object], pace: Pace, expected: float
) -> None:
    assert after(**said) == schedule.NextCheck(at=NOW + minutes(expected), pace=pace)


def test_chance_only_adds_and_adds_little() -> None:
    assert wait(luck=1) == minutes(11)
    assert wait(luck=0.5) == minutes(10.5)
    assert wait(hints=FeedHints(ttl=timedelta(days=1)), luck=1) == timedelta(days=1, minutes=5)


def test_feeds_that_were_polled_together_part_and_never_come_too_early() -> None:
    feeds = [
        state(url=f"https://{n}.example/rss", first_read_at=None, new_article_at=None)
        for n in range(1000)
    ]
    waits = sorted(wait(feed) for feed in feeds)
    assert minutes(5) <= waits[0] < minutes(5.2)
    assert minutes(14.8) < waits[-1] < minutes(15)
    assert waits == sorted(wait(feed) for feed in feeds)  # it is no chance
    fifth = sum(minutes(7) <= one < minutes(9) for one in waits)
    assert 150 < fifth < 250
    late = [state(url=feed.source.url, interval=minutes(10)) for feed in feeds[:50]]
    late = [replace(state(url=feed.source.url), next_check_at=NOW - minutes(6)) for feed in feeds]
    assert len({wait(feed) for feed in late}) == 1000
    publisher = FeedHints(ttl=minutes(10))
    assert min(wait(feed, hints=publisher) for feed in late) >= minutes(10)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        (0, minutes(10)),
        (1, minutes(20)),
        (5, minutes(320)),
        (8, timedelta(days=1)),
        (10_000, timedelta(days=1)),
    ],
)
def test_a_feed_that_fails_is_asked_less_and_less(failures: int, expected: timedelta) -> None:
    found = schedule.after_failure(state(failures=failures), DOWN, MINIMUM, NOW, 0)
    assert found == schedule.NextCheck(at=NOW + expected, pace=Pace.BACKOFF)


def test_retry_after_is_obeyed() -> None:
    busy = FetchError(
        reason=FailureReason.HTTP_STATUS, detail="HTTP 503", retry_after=timedelta(hours=3)
    )
    found = schedule.after_failure(state(), busy, MINIMUM, NOW, 0)
    assert found == schedule.NextCheck(at=NOW + timedelta(hours=3), pace=Pace.RETRY_AFTER)


def test_a_failure_is_no_reason_to_come_before_the_ttl() -> None:
    slow = state(hints=FeedHints(ttl=timedelta(hours=2)))
    assert schedule.after_failure(slow, DOWN, MINIMUM, NOW, 0).at == NOW + timedelta(hours=2)


def test_hours_and_days_that_are_to_be_skipped_are() -> None:
    skip = FeedHints(skip_hours=(12, 13, 14))
    found = after(hints=skip)
    assert found.pace is Pace.SKIPPED
    assert NOW.replace(hour=15, minute=0) <= found.at < NOW.replace(hour=15, minute=10)
    assert wait(hints=FeedHints(skip_hours=(13,))) == minutes(10)
    weekend = FeedHints(skip_days=(4, 5, 6))
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert monday <= after(hints=weekend).at < monday + minutes(10)
    failed = schedule.after_failure(state(hints=weekend), DOWN, MINIMUM, NOW, 0)
    assert monday <= failed.at < monday + minutes(10)


@pytest.mark.parametrize(
    "everything", [FeedHints(skip_hours=tuple(range(24))), FeedHints(skip_days=tuple(range(7)))]
)
def test_a_feed_that_wants_never_to_be_asked_is_asked_daily(everything: FeedHints) -> None:
    assert after(hints=everything) == schedule.NextCheck(
        at=NOW + timedelta(days=1), pace=Pace.SKIPPED
    )


@given(
    said=hints,
    fresh=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=1)),
    interval=st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)),
    minimum=st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)),
    luck=st.floats(0, 1),
    quiet=st.timedeltas(timedelta(days=-1), timedelta(days=4000)),
    is_first=st.booleans(),
    days=st.floats(0, 30_000),
)
def test_no_check_is_before_what_anybody_asked_for_nor_beyond_the_longest_wait(
    said, fresh, interval, minimum, luck, quiet, is_first, days
) -> None:
    now = NOW + timedelta(days=days)
    feed = state(
        interval=interval,
        new_article_at=None if is_first else now - quiet,
        first_read_at=None if is_first else now - quiet,
        hints=said,
    )
    freshness = None if fresh is None else Freshness(wait=fresh, pace=Pace.MAX_AGE)
    found = schedule.after_success(feed, minimum, now, luck, hints=said, freshness=freshness)
    asked = [minimum, said.ttl, said.update_every, fresh]
    assert found.at - now >= max(span for span in asked if span is not None)
    assert found.at - now <= LONGEST_WAIT
    if len(said.skip_hours) < 24 and len(said.skip_days) < 7:
        assert found.at.hour not in said.skip_hours
        assert found.at.weekday() not in said.skip_days
    failed = schedule.after_failure(feed, DOWN, minimum, now, luck)
    assert minimum <= failed.at - now <= LONGEST_WAIT


# --- what a document says ------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<ttl>60</ttl>", FeedHints(ttl=minutes(60))),
        ("<ttl> 15\n</ttl>", FeedHints(ttl=minutes(15))),
        ("<ttl>0</ttl><ttl>-5</ttl><ttl>soon</ttl>", NO_HINTS),
        ("<ttl>999999999</ttl>", FeedHints(ttl=timedelta(days=1))),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", FeedHints(update_every=timedelta(days=1))),
        (
            "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>",
            FeedHints(update_every=minutes(10)),
        ),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", FeedHints(update_every=timedelta(days=1))),
        ("<sy:updatePeriod>often</sy:updatePeriod>", NO_HINTS),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            FeedHints(update_every=timedelta(hours=1)),
        ),
        (
            "<skipHours><hour>0</hour>\n<hour>24</hour><hour> 7 </hour><hour>25</hour></skipHours>",
            FeedHints(skip_hours=(0, 7)),
        ),
        (
            "<skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>",
            FeedHints(skip_days=(5, 6)),
        ),
        ("<skipHours><hour>7</hour>", NO_HINTS),
    ],
)
def test_hints_are_read_from_the_document(written: str, read: FeedHints) -> None:
    assert hints_of(f"<rss><channel>{written}<item/></channel></rss>".encode()) == read


def test_the_default_of_wordpress_is_nobodys_word() -> None:
    period = b"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>"
    generator = b"<generator>https://wordpress.org/?v=6.8.3</generator>"
    assert hints_of(period) == FeedHints(update_every=timedelta(hours=1))
    assert hints_of(period + generator) == NO_HINTS
    assert hints_of(period.replace(b"1", b"2") + generator).update_every == minutes(30)


@given(st.binary(max_size=300))
def test_any_bytes_are_hints(body: bytes) -> None:
    assert isinstance(hints_of(b"<skipHours><hour>" + body), FeedHints)
