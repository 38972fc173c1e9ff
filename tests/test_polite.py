"""Polls that are polite: what the score table of polite polling asks, poll by poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from monitor.models import FeedHints, Pace
from tests.polling import DAY, HOUR, INTERVAL, MINIMUM, MINUTE, Bench
from tests.servers.feeds import FeedServer, Item

A = "/a.xml"
XML = {"Content-Type": "application/rss+xml"}


def item(number: int, title: str = "") -> Item:
    title = title or f"Report {number} from the harbour of town {number * 7}"
    return Item(guid=f"g{number}", link=f"https://outlet.example/{number}", title=title, html="")


def rss(*numbers: int, head: str = "") -> bytes:
    items = "".join(
        f"<item><guid>g{n}</guid><link>https://outlet.example/{n}</link>"
        f"<title>Report {n} from the harbour of town {n * 7}</title></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>A</title>{head}{items}</channel></rss>".encode()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.set_feed(A, [item(1), item(2)], title="Outlet")
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: FeedServer) -> Iterator[Bench]:
    with Bench(tmp_path, [server.url(A)]) as running:
        yield running


# --- when ------------------------------------------------------------------------------


def test_a_feed_is_asked_once_an_interval_and_a_restart_asks_for_nothing(
    bench: Bench, server: FeedServer
) -> None:
    bench.poll_due()
    for _ in range(100):
        bench.restart()
        bench.run(15 * MINUTE, 5 * MINUTE)
    requests = server.counts(A).requests
    assert 98 <= requests <= 102  # in 25 hours of quarters
    assert server.counts(A).conditional == requests - 1


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [
        (429, {"Retry-After": "3600"}, HOUR),
        (503, {"Retry-After": "3600"}, HOUR),
        (503, {"Retry-After": "99999999"}, INTERVAL),
        (503, {"Retry-After": "-5"}, INTERVAL),
        (503, {"Retry-After": "86401"}, DAY),
        (429, {}, INTERVAL),
    ],
)
def test_slow_down_is_obeyed_also_after_a_restart(
    bench: Bench, server: FeedServer, status: int, said: dict[str, str], wait: timedelta
) -> None:
    bench.poll()
    server.set_raw(A, status, said)
    bench.poll()
    bench.restart()
    before = server.counts(A).requests
    bench.clock += wait - timedelta(seconds=1)
    assert bench.poll_due() == []
    bench.clock += timedelta(seconds=1)
    bench.poll_due()
    assert server.counts(A).requests == before + 1


def test_a_retry_after_that_is_a_date_is_read_by_the_given_clock(
    bench: Bench, server: FeedServer
) -> None:
    until = bench.clock + 2 * HOUR
    server.set_raw(A, 503, {"Retry-After": format_datetime(until, usegmt=True)})
    assert bench.poll().next_check_at == until


def test_too_many_requests_makes_the_whole_host_wait_and_unavailable_the_feed(
    tmp_path: Path, server: FeedServer
) -> None:
    with FeedServer("127.0.0.2") as other:
        urls = [server.url(A), server.url("/b.xml"), other.url("/c.xml")]
        server.set_feed("/b.xml", [item(3)])
        other.set_feed("/c.xml", [item(4)])
        with Bench(tmp_path, urls) as bench:
            bench.poll_due()
            bench.clock += HOUR
            server.set_raw(A, 503, {"Retry-After": "7200"})
            assert set(bench.poll_due()) == set(urls)
            bench.clock += HOUR
            assert set(bench.poll_due()) == set(urls[1:])
            bench.clock += HOUR
            server.set_raw(A, 429, {"Retry-After": "7200"})
            bench.poll(bench.store.feeds()[0])
            bench.restart()
            assert bench.poll_due() == [urls[2]]
            bench.clock += 2 * HOUR - MINUTE
            assert bench.poll_due() == [urls[2]]
            bench.clock += MINUTE
            server.set_feed(A, [item(1), item(2)])
            assert set(bench.poll_due()) == set(urls[:2])


def test_what_the_document_asks_for_is_remembered_when_it_is_unchanged(
    bench: Bench, server: FeedServer
) -> None:
    server.set_raw(A, 200, XML | {"ETag": '"1"'}, rss(1, head="<ttl>60</ttl>"))
    assert bench.poll().hints == FeedHints(ttl=HOUR)
    server.set_raw(A, 304, {"ETag": '"1"'})
    outcome = bench.poll()
    assert (outcome.next_check_at - bench.clock, bench.feed.pace) == (HOUR, Pace.TTL)
    server.set_raw(A, 304, {"ETag": '"1"', "Cache-Control": "max-age=7200"})
    outcome = bench.poll()
    assert (outcome.next_check_at - bench.clock, outcome.pace) == (2 * HOUR, Pace.MAX_AGE)
    bench.restart()
    assert bench.feed.pace is Pace.MAX_AGE
    server.set_raw(A, 200, XML | {"ETag": '"2"'}, rss(1, 2))
    outcome = bench.poll()
    assert (outcome.next_check_at - bench.clock, outcome.pace) == (INTERVAL, Pace.INTERVAL)


def test_after_a_suspend_feeds_part_again(tmp_path: Path, server: FeedServer) -> None:
    urls = [server.url(f"/{n}.xml") for n in range(40)]
    for n in range(40):
        server.set_feed(f"/{n}.xml", [item(n)])
    with Bench(tmp_path, urls) as bench:
        bench.poll_due()
        bench.clock += 8 * HOUR
        assert sorted(bench.poll_due()) == sorted(urls)  # each once
        waits = [feed.next_check_at - bench.clock for feed in bench.store.feeds()]
        assert min(waits) >= MINIMUM
        assert max(waits) - min(waits) > INTERVAL / 2
        assert len(set(waits)) == 40


# --- validators ------------------------------------------------------------------------


def sent(server: FeedServer) -> tuple[str | None, str | None]:
    """The validators of the last request."""
    headers = server.requests[-1].headers
    return headers.get("if-none-match"), headers.get("if-modified-since")


OLD, NEW = "Mon, 02 Mar 2026 08:00:00 GMT", "Mon, 02 Mar 2026 08:30:00 GMT"


@pytest.mark.parametrize(
    ("status", "said", "stored"),
    [
        (304, {}, ('W/"1"', OLD)),
        (304, {"ETag": '"2"'}, ('"2"', OLD)),
        (304, {"Last-Modified": NEW}, ('W/"1"', NEW)),
        (304, {"ETag": '"2"', "Last-Modified": NEW}, ('"2"', NEW)),
        (200, {"ETag": '"2"', "Last-Modified": NEW}, ('"2"', NEW)),
        (200, {"ETag": '"2"'}, ('"2"', None)),
        (200, {"Last-Modified": NEW}, (None, NEW)),
        (200, {}, (None, None)),
        ("same body", {"ETag": '"2"', "Last-Modified": NEW}, ('"2"', NEW)),
        ("same body", {"ETag": '"2"'}, ('"2"', None)),
        ("same body", {}, (None, None)),
        (500, {"ETag": '"2"', "Last-Modified": NEW}, ('W/"1"', OLD)),
        ("login page", {"ETag": '"2"', "Last-Modified": NEW}, ('W/"1"', OLD)),
        ("empty", {"ETag": '"2"', "Last-Modified": NEW}, ('W/"1"', OLD)),
    ],
)
def test_the_stored_validators_follow_the_server_byte_for_byte(
    bench: Bench,
    server: FeedServer,
    status: int | str,
    said: dict[str, str],
    stored: tuple[str | None, str | None],
) -> None:
    server.set_raw(A, 200, XML | {"ETag": 'W/"1"', "Last-Modified": OLD}, rss(1))
    bench.poll()
    assert sent(server) == (None, None)
    bodies = {200: rss(1, 2), "same body": rss(1), "login page": b"<html>Sign in</html>"}
    code = status if isinstance(status, int) else 200
    server.set_raw(A, code, XML | said, bodies.get(status, b""))
    bench.poll()
    assert sent(server) == ('W/"1"', OLD)
    bench.restart()
    bench.poll()
    assert sent(server) == stored


def test_a_304_after_failures_of_the_way_is_a_recovery(bench: Bench, server: FeedServer) -> None:
    server.set_raw(A, 200, XML | {"Last-Modified": OLD}, rss(1))
    bench.poll()
    server.set_raw(A, 500)
    for _ in range(4):
        bench.poll()
    server.set_raw(A, 304)
    outcome = bench.poll()
    assert (outcome.failures, outcome.reason) == (0, None)
    assert bench.told()[-1] == "feed recovered"


@pytest.mark.parametrize("has_etag", [True, False])
def test_a_304_after_a_wrong_body_is_a_recovery_only_if_it_names_the_version(
    bench: Bench, server: FeedServer, has_etag: bool
) -> None:
    validators = {"Last-Modified": OLD} | ({"ETag": '"1"'} if has_etag else {})
    server.set_raw(A, 200, XML | validators, rss(1))
    bench.poll()
    server.set_raw(A, 200, {}, b"<!doctype html><title>Sign in</title>")
    for _ in range(4):
        bench.poll()
    server.set_raw(A, 304)
    for _ in range(3):
        outcome = bench.poll()
    assert (outcome.reason is None) == has_etag
    assert bench.told().count("feed recovered") == has_etag
    assert outcome.next_check_at - bench.clock <= INTERVAL * 1.5  # it does answer
    server.set_raw(A, 200, XML | validators, rss(1))
    bench.poll()
    assert bench.told().count("feed recovered") == 1


# --- redirects and ends ----------------------------------------------------------------


@pytest.fixture
def target() -> Iterator[FeedServer]:
    with FeedServer("127.0.0.3") as running:
        running.set_feed("/new.xml", [item(1), item(2)], title="Outlet")
        yield running


def lead(server: FeedServer, target: FeedServer, status: int = 301) -> None:
    server.set_raw(A, status, {"Location": target.url("/new.xml")})


def poll_daily(bench: Bench, times: int) -> None:
    for _ in range(times):
        bench.poll()
        bench.clock += DAY


@pytest.mark.parametrize("status", [301, 308])
def test_a_move_is_believed_after_ten_polls_over_seven_days(
    bench: Bench, server: FeedServer, target: FeedServer, status: int
) -> None:
    bench.poll()
    lead(server, target, status)
    poll_daily(bench, 9)
    assert bench.feed.route.address is None
    bench.restart()
    poll_daily(bench, 1)
    assert bench.feed.address == target.url("/new.xml")
    assert bench.told() == ["feed moved"]
    before = server.counts(A).requests
    poll_daily(bench, 3)
    assert server.counts(A).requests == before
    assert target.requests[-1].is_conditional
    assert bench.feed.source.url == server.url(A)  # its name, and the name of its articles
    target.add("/new.xml", item(3))
    assert [one.article.feed_url for one in bench.poll().articles] == [server.url(A)]


def test_a_move_is_believed_by_entries_that_have_not_changed(
    bench: Bench, server: FeedServer, target: FeedServer
) -> None:
    lead(server, target)
    for day in range(10):
        date = f"<lastBuildDate>day {day}</lastBuildDate>"
        body = f"<rss version='2.0'><channel>{date}<item><guid>1</guid></item></channel></rss>"
        target.set_raw("/new.xml", body=body.encode())
        poll_daily(bench, 1)
    assert bench.feed.address == target.url("/new.xml")


def test_a_move_that_has_lasted_less_than_seven_days_is_not_believed(
    bench: Bench, server: FeedServer, target: FeedServer
) -> None:
    lead(server, target)
    for _ in range(30):
        bench.poll()
        bench.clock += 5 * HOUR
    assert bench.feed.route.address is None
    bench.clock += DAY
    bench.poll()
    assert bench.feed.route.address == target.url("/new.xml")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_followed_and_never_believed(
    bench: Bench, server: FeedServer, target: FeedServer, status: int
) -> None:
    lead(server, target, status)
    poll_daily(bench, 30)
    assert bench.feed.route.moved_to == ""
    assert bench.feed.route.address is None


def test_only_the_permanent_beginning_of_the_way_is_believed(
    bench: Bench, server: FeedServer, target: FeedServer
) -> None:
    server.set_raw(A, 301, {"Location": server.url("/b.xml")})
    server.set_raw("/b.xml", 302, {"Location": target.url("/new.xml")})
    poll_daily(bench, 12)
    assert bench.feed.route.address == server.url("/b.xml")


def test_a_move_that_ends_or_changes_is_counted_anew(
    bench: Bench, server: FeedServer, target: FeedServer
) -> None:
    lead(server, target)
    poll_daily(bench, 9)
    server.set_feed(A, [item(1), item(2)])
    poll_daily(bench, 1)
    lead(server, target)
    poll_daily(bench, 9)
    assert bench.feed.route.address is None
    assert bench.feed.route.moved_polls == 9


def test_a_portal_is_never_believed(bench: Bench, server: FeedServer, target: FeedServer) -> None:
    bench.poll()
    target.set_raw("/new.xml", 200, {}, b"<html><title>Welcome to the hotel</title></html>")
    lead(server, target)
    poll_daily(bench, 20)
    assert bench.feed.route.moved_polls == 0
    for number in range(20):  # a feed, but of strangers each time
        stranger = Item(guid=f"y{number}", link="", title=f"Stranger {number}", html="")
        target.set_feed("/new.xml", [stranger])
        poll_daily(bench, 1)
    assert bench.feed.route.moved_polls > 10
    assert bench.feed.route.address is None


def test_an_address_that_fails_is_given_up_for_that_of_the_configuration(
    bench: Bench, server: FeedServer, target: FeedServer
) -> None:
    bench.poll()
    lead(server, target)
    poll_daily(bench, 10)
    assert bench.feed.route.address is not None
    target.set_raw("/new.xml", 410)
    poll_daily(bench, 1)
    assert bench.feed.address == server.url(A)
    assert bench.feed.gone_at is None
    server.set_feed(A, [item(1), item(2), item(3)])
    poll_daily(bench, 1)
    assert bench.feed.reason is None


def test_what_is_gone_is_asked_no_more_and_told_once(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    server.set_raw(A, 410)
    bench.poll()
    before = server.counts(A).requests
    told = len(bench.told())
    bench.restart()
    assert bench.run(60 * DAY, DAY) == 0
    assert server.counts(A).requests == before
    assert len(bench.told()) == told == 1
    sources, bench.sources = bench.sources, []
    bench.restart()  # taken out of the configuration, and put back
    bench.sources = sources
    bench.restart()
    assert bench.poll_due() == [server.url(A)]


def test_what_is_not_found_is_asked_daily_in_the_end(bench: Bench, server: FeedServer) -> None:
    bench.poll()
    server.remove(A)
    bench.poll_when_due(12)
    before = server.counts(A).requests
    bench.run(30 * DAY, HOUR)
    assert 28 <= server.counts(A).requests - before <= 31
