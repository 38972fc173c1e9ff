"""A feed that no longer tells is said to be silent: one notice at each change, one recovery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import health
from monitor.models import (
    Article,
    EventKind,
    FailureReason,
    FeedHealth,
    FeedSource,
    FeedState,
    FetchError,
    Pace,
    Rhythm,
)
from tests.polling import DAY, HOUR, INTERVAL, MINIMUM, MINUTE, Bench
from tests.servers.feeds import FeedServer, Item
from tests.strategies import rhythms

A = "/a.xml"
NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)


def item(number: int, at: datetime | None = None) -> Item:
    title = f"Report {number} from the harbour of town {number * 7}"
    link = f"https://outlet.example/{number}"
    return Item(guid=f"g{number}", link=link, title=title, html="", published_at=at)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.set_feed(A, [item(1), item(2), item(3)], title="Outlet")
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: FeedServer) -> Iterator[Bench]:
    with Bench(tmp_path, [server.url(A)]) as running:
        yield running


def restarted(bench: Bench, span: timedelta, step: timedelta = 15 * MINUTE) -> list[str]:
    """What is told while time passes, with a restart at each step."""
    before = len(bench.told())
    for _ in range(span // step):
        bench.restart()
        bench.run(step, step)
    return bench.told()[before:]


# --- blind -----------------------------------------------------------------------------


def fail_with(server: FeedServer, how: str) -> None:
    match how:
        case "login page":
            page = b"<!doctype html><title>Please sign in</title>"
            server.set_raw(A, 200, {"Content-Type": "text/html"}, page)
        case "empty":
            server.set_raw(A, 200)
        case "not found":
            server.remove(A)
        case "server error":
            server.set_raw(A, 500)


@pytest.mark.parametrize(
    ("how", "found", "within"),
    [
        ("login page", FeedHealth.NOT_A_FEED, INTERVAL * 2.5),
        ("empty", FeedHealth.NOT_A_FEED, INTERVAL * 2.5),
        ("not found", FeedHealth.FAILING, INTERVAL * 4.5),
        ("server error", FeedHealth.FAILING, INTERVAL * 4.5),
    ],
)
def test_a_feed_that_fails_is_told_once_in_time_and_its_recovery_once(
    bench: Bench, server: FeedServer, how: str, found: FeedHealth, within: timedelta
) -> None:
    bench.run(HOUR)
    fail_with(server, how)
    bench.run(within)
    assert [(event.kind, event.subject) for event in bench.events()] == [
        (EventKind.FEED_FAILING, server.url(A))
    ]
    assert restarted(bench, 4 * DAY, HOUR) == []
    assert bench.feed.health is found
    server.set_feed(A, [item(1), item(2), item(3), item(4)])
    assert restarted(bench, 2 * DAY, HOUR) == ["feed recovered"]
    assert bench.feed.health is FeedHealth.OK
    assert bench.events()[-1].detail.startswith(f"was {found}, not read for ")


def test_a_single_failure_is_no_news(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    for _ in range(5):
        server.set_raw(A, 500)
        bench.poll()
        server.set_feed(A, [item(1), item(2), item(3)])
        bench.poll()
    assert bench.told() == []


def test_a_feed_that_was_never_read_is_told_at_once(tmp_path: Path, server: FeedServer) -> None:
    with Bench(tmp_path, [server.url("/no-such.xml")]) as bench:
        bench.poll()
        assert [event.detail for event in bench.events()] == ["http status: HTTP 404"]
        assert bench.feed.health is FeedHealth.FAILING


def test_a_failure_that_becomes_another_is_told_as_that(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    for how in ("server error", "login page", "server error"):
        fail_with(server, how)
        for _ in range(4):
            bench.poll()
    details = [event.detail.split(",")[0] for event in bench.events()]
    assert details == [
        "http status: HTTP 500",
        "not a feed: an HTML page",
        "http status: HTTP 500",
    ]


def test_gone_is_told_once_as_gone(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    server.set_raw(A, 410)
    assert restarted(bench, DAY, HOUR) == ["feed gone"]
    assert bench.feed.health is FeedHealth.GONE


def test_a_feed_that_costs_its_reader_twice_is_left_alone_for_a_day(
    bench: Bench, server: FeedServer
) -> None:
    bench.poll()
    for number in (4, 5):
        server.add(A, item(number))
        bench.readers.deaths = 1
        outcome = bench.poll()
        bench.restart()
    assert bench.told() == ["feed quarantined"]
    assert bench.feed.health is FeedHealth.QUARANTINED
    assert (outcome.next_check_at - bench.clock, outcome.pace) == (DAY, Pace.QUARANTINE)
    before = server.counts(A).requests
    assert restarted(bench, 23 * HOUR, HOUR) == []
    assert server.counts(A).requests == before
    bench.readers.deaths = 1
    assert restarted(bench, 2 * HOUR, HOUR) == []  # a third death: another day, and no news
    assert server.counts(A).requests == before + 1
    assert restarted(bench, DAY, HOUR) == ["feed recovered"]
    assert bench.feed.deaths == 0
    assert len(bench.store.article_counts()) == 1
    assert bench.store.article_counts()[0].articles == 5  # what it wrote meanwhile is not lost


def test_other_failures_between_two_deaths_do_not_forgive_the_first(
    bench: Bench, server: FeedServer
) -> None:
    bench.poll()
    server.add(A, item(4))
    bench.readers.deaths = 1
    bench.poll()
    place = server.url(A)
    server.set_raw(A, 500)
    bench.poll()
    server.set_feed(A, [item(5)])
    bench.readers.deaths = 1
    bench.poll()
    assert [(event.kind, event.subject) for event in bench.events()] == [
        (EventKind.FEED_QUARANTINED, place)
    ]


# --- frozen ----------------------------------------------------------------------------


def publish(bench: Bench, server: FeedServer, every: timedelta, times: int) -> None:
    for number in range(100, 100 + times):
        bench.run(every, every / 8)
        server.add(A, item(number))
    bench.run(every / 8, every / 8)


@pytest.mark.parametrize(
    ("every", "silence"),
    [(2 * HOUR, DAY), (12 * HOUR, 60 * HOUR)],
    ids=["a day at least", "five usual gaps"],
)
def test_a_feed_that_only_answers_unchanged_is_told_frozen_after_five_usual_gaps(
    bench: Bench, server: FeedServer, every: timedelta, silence: timedelta
) -> None:
    publish(bench, server, every, 8)
    assert bench.told() == []
    last = bench.clock
    assert restarted(bench, 3 * DAY, 2 * HOUR) == ["feed frozen"]
    told_after = bench.events()[-1].at - last
    assert silence - every <= told_after <= silence + every + 2 * HOUR  # seen twice
    assert restarted(bench, 60 * DAY, 12 * HOUR) == []
    assert bench.feed.health is FeedHealth.FROZEN
    assert server.counts(A).not_modified > 100
    server.add(A, item(999))
    assert restarted(bench, DAY, HOUR) == ["feed recovered"]


def test_a_feed_whose_habits_are_not_known_is_never_called_frozen(
    bench: Bench, server: FeedServer
) -> None:
    bench.poll()
    assert restarted(bench, 60 * DAY, DAY) == []


def test_the_dates_of_the_first_document_show_what_is_usual(tmp_path: Path) -> None:
    with FeedServer() as server:
        start = datetime(2026, 2, 1, tzinfo=UTC)
        server.set_feed(A, [item(n, start + n * 6 * HOUR) for n in range(10)])
        with Bench(tmp_path, [server.url(A)]) as bench:  # in March
            bench.poll()
            assert bench.feed.rhythm.usual_gap == 6 * HOUR
            assert bench.told() == ["feed frozen"]  # dead long before we came
            assert bench.events()[0].detail.startswith("nothing new for 27 d; usual is 6 h")


def test_a_weekend_is_learned(tmp_path: Path, server: FeedServer) -> None:
    with Bench(tmp_path, [server.url(A)]) as bench:
        number = 3
        for _ in range(21 * 12):
            if bench.clock.weekday() < 5:
                number += 1
                server.set_feed(A, [item(number), item(number - 1), item(number - 2)])
            bench.run(2 * HOUR, 2 * HOUR)
        assert bench.told() == ["feed frozen", "feed recovered"]  # the first weekend only


# --- overflowing -----------------------------------------------------------------------


def test_entries_that_rolled_off_are_said_once_and_the_feed_is_asked_faster(
    bench: Bench, server: FeedServer
) -> None:
    bench.poll()
    server.set_feed(A, [item(n) for n in range(10, 20)])
    outcome = bench.poll_when_due()
    assert len(outcome.articles) == 10
    assert (outcome.next_check_at - bench.clock, outcome.pace) == (MINIMUM, Pace.ROLLING)
    assert bench.feed.health is FeedHealth.OVERFLOWING
    assert bench.events()[-1].detail == (
        "none of its 10 entries was there at the last poll: some may be missed"
    )
    server.set_feed(A, [item(n) for n in range(30, 40)])
    bench.poll_when_due()
    assert bench.told() == ["feed overflowing"]
    server.set_feed(A, [item(n) for n in range(31, 41)])
    assert restarted(bench, 3 * DAY, HOUR) == ["feed recovered"]
    assert bench.feed.pace is not Pace.ROLLING


def test_an_overlap_of_one_entry_is_no_gap(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    server.set_feed(A, [*(item(n) for n in range(10, 20)), item(3)])
    bench.poll()
    assert bench.told() == []


def test_a_feed_of_one_or_two_entries_shows_no_gap(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    server.set_feed(A, [item(10), item(11)])
    bench.poll()
    assert bench.told() == []


def test_an_entry_that_another_feed_has_too_is_no_overlap(
    tmp_path: Path, server: FeedServer
) -> None:
    server.set_feed("/b.xml", [item(n) for n in range(10, 20)])
    with Bench(tmp_path, [server.url(A), server.url("/b.xml")]) as bench:
        bench.poll_due()
        server.set_feed(A, [item(n) for n in range(10, 15)])
        server.add(A, item(50))
        bench.poll()
        assert bench.told() == ["feed overflowing"]


def paged(server: FeedServer, path: str, numbers: range, earlier: str, generator: str = "") -> None:
    link = f'<link rel="next" href="{earlier}"/>' if earlier else ""
    entries = "".join(
        f"<entry><id>g{n}</id><title>Report {n} from the harbour of town {n * 7}</title></entry>"
        for n in numbers
    )
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>{generator}{link}{entries}</feed>'
    server.set_raw(path, 200, {"Content-Type": "application/atom+xml"}, body.encode())


def test_what_rolled_off_is_read_from_the_pages_before(bench: Bench, server: FeedServer) -> None:
    paged(server, A, range(1, 5), "/a2.xml?x=1&amp;y=2")
    bench.poll()
    paged(server, A, range(20, 25), "/a2.xml?x=1&amp;y=2")
    paged(server, "/a2.xml?x=1&y=2", range(10, 20), "/a3.xml")
    paged(server, "/a3.xml", range(1, 10), "/a4.xml")
    outcome = bench.poll()
    assert len(outcome.articles) == 20
    assert bench.told() == []  # nothing was missed
    assert server.counts("/a4.xml").requests == 0
    paged(server, A, range(24, 29), "/a2.xml?x=1&amp;y=2")
    bench.poll()
    assert server.counts("/a3.xml").requests == 1  # only where there is a gap


def test_wordpress_is_asked_for_its_second_page(bench: Bench, server: FeedServer) -> None:
    generator = "<generator>https://wordpress.org/?v=6.8</generator>"
    paged(server, A, range(1, 5), "", generator)
    bench.poll()
    paged(server, A, range(20, 25), "", generator)
    paged(server, f"{A}?paged=2", range(15, 20), "", generator)
    paged(server, f"{A}?paged=3", range(10, 15), "", generator)
    outcome = bench.poll()  # the fourth page is a 404
    assert len(outcome.articles) == 15
    assert bench.told() == ["feed overflowing"]
    assert server.counts(f"{A}?paged=4").requests == 1
    assert bench.feed.reason is None


def test_a_page_before_on_another_host_is_not_asked_for(bench: Bench, server: FeedServer) -> None:
    with FeedServer("127.0.0.9") as other:
        paged(server, A, range(1, 5), "")
        bench.poll()
        paged(server, A, range(20, 25), other.url("/a2.xml"))
        bench.poll()
        assert other.requests == ()


# --- clocks ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [[-HOUR], [HOUR], [-DAY], [3653 * DAY, -3653 * DAY], [-3653 * DAY, 3653 * DAY], [12 * HOUR]],
    ids=["1 h back", "1 h on", "1 d back", "10 y on and back", "10 y back and on", "12 h asleep"],
)
def test_a_clock_that_is_set_costs_one_poll_at_most_and_no_notice(
    bench: Bench, server: FeedServer, steps: list[timedelta]
) -> None:
    publish(bench, server, 2 * HOUR, 6)
    bench.run(HOUR)
    for step in steps:
        bench.clock += step
        before = server.counts(A).requests
        bench.run(MINUTE, MINUTE)
        assert server.counts(A).requests - before == 1  # within a minute
        bench.run(5 * MINUTE, MINUTE)
        assert server.counts(A).requests - before <= 2
    before = server.counts(A).requests
    bench.run(2 * HOUR)
    assert 6 <= server.counts(A).requests - before <= 9
    assert bench.told() == []


# --- the decisions alone ---------------------------------------------------------------


@given(rhythm=rhythms, later=st.timedeltas(timedelta(0), timedelta(days=999)))
def test_what_is_new_ends_a_freeze_and_any_rhythm_has_an_answer(
    rhythm: Rhythm, later: timedelta
) -> None:
    now = (rhythm.last_at or NOW).replace(year=2030) + later
    assert isinstance(health.is_frozen(rhythm, now), bool)
    renewed = health.next_rhythm(rhythm, now, has_overflowed=False)
    assert not health.is_frozen(renewed, now)
    assert len(renewed.gaps) <= health.GAPS
    assert renewed.longest >= timedelta(0)


def test_undated_articles_say_nothing_of_the_rhythm() -> None:
    assert health.first_rhythm([Article(title="x")], NOW) == Rhythm(last_at=NOW)


@pytest.mark.parametrize("before", FeedHealth)
@pytest.mark.parametrize("after", [one for one in FeedHealth if one is not FeedHealth.NEW])
def test_each_change_is_one_event_and_no_change_is_none(
    before: FeedHealth, after: FeedHealth
) -> None:
    source = FeedSource(url="https://a.example/")
    state = FeedState(id=1, source=source, next_check_at=NOW, health=before)
    is_change = before is not after and (before, after) != (FeedHealth.NEW, FeedHealth.OK)
    told = health.changes(state, after, lambda: "why", NOW)
    assert len(told) == is_change
    error = FetchError(reason=FailureReason.TIMEOUT, detail="late")
    assert health.why_failing(state, error, after).startswith("timeout: late")


def test_an_overflow_counts_for_a_day_and_not_before_it_happened() -> None:
    rhythm = Rhythm(overflowed_at=NOW)
    assert health.is_overflowing(rhythm, NOW)
    assert not health.is_overflowing(rhythm, NOW + DAY)
    assert not health.is_overflowing(rhythm, NOW - MINUTE)  # a clock that was set back
    assert not health.is_overflowing(Rhythm(), NOW)
