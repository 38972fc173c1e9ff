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
    assert (outcome.next_check_at - bench.clock, outcome.pace) == (HOUR, Pace.TTL)
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
