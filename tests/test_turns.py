"""One request at a time to each host, and a moment between two."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits, Request
from monitor.feeds.turns import Turns
from monitor.models import FailureReason, FetchError, Response
from tests.servers.feeds import FeedServer
from tests.servers.hostile import Connection, answer, redirect, routes, serving

GAP = timedelta(milliseconds=150)
PATIENCE = timedelta(seconds=30)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def fetcher(gap: timedelta, total: float = 10, places: int = 64) -> Fetcher:
    return Fetcher(
        limits=Limits(total=timedelta(seconds=total)),
        user_agent="news-monitor/0",
        allow=AllowList.parse(["127.0.0.0/8"]),
        host_gap=gap,
        max_in_flight=places,
    )


def test_requests_to_one_host_are_in_flight_one_at_a_time() -> None:
    inside = most = 0
    lock = threading.Lock()

    def slowly(connection: Connection) -> None:
        nonlocal inside, most
        connection.read_request()
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1
        connection.send(answer(200, b"x"))

    async def work() -> None:
        mine = fetcher(timedelta(0))
        await asyncio.gather(*(mine.fetch(Request(url=server.url)) for _ in range(5)))
        mine.close()

    with serving(slowly) as server:
        run(work)
        assert len(server.requests) == 5
    assert most == 1


def test_a_gap_lies_between_two_turns_and_they_come_in_order() -> None:
    async def work() -> None:
        turns = Turns(GAP)
        began: list[tuple[int, float]] = []

        async def take(number: int) -> None:
            async with turns.turn("a.example", PATIENCE):
                began.append((number, time.monotonic()))

        await asyncio.gather(*map(take, range(4)))
        assert [number for number, _ in began] == [0, 1, 2, 3]
        for (_, before), (_, after) in pairwise(began):
            assert after - before >= GAP.total_seconds() - 0.001

    run(work)


def test_hosts_do_not_wait_for_each_other() -> None:
    async def work() -> None:
        turns = Turns(timedelta(hours=1))
        async with turns.turn("a.example", PATIENCE), turns.turn("b.example", PATIENCE):
            assert turns.busy(timedelta(0)) == {"a.example", "b.example"}
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01), turns.turn("a.example", PATIENCE):
                pytest.fail("it came before its gap")

    run(work)


def test_a_host_is_free_again_after_the_gap_and_then_forgotten() -> None:
    async def work() -> None:
        gap = timedelta(hours=1)
        turns = Turns(gap)
        async with turns.turn("a.example", PATIENCE):
            assert turns.busy(2 * gap) == {"a.example"}  # in flight, however long
        assert turns.busy(gap / 2) == {"a.example"}
        assert turns.busy(gap) == frozenset()
        turns = Turns(timedelta(0))
        async with turns.turn("a.example", PATIENCE):
            pass
        assert turns.busy(timedelta(0)) == frozenset()
        assert turns._doors == {}

    run(work)


def test_a_turn_that_does_not_come_is_said_and_holds_up_nobody() -> None:
    async def work() -> None:
        turns = Turns(timedelta(0))
        async with turns.turn("a.example", PATIENCE):
            with pytest.raises(TimeoutError):
                async with turns.turn("a.example", timedelta(milliseconds=10)):
                    pytest.fail("two at a time")
        async with turns.turn("a.example", PATIENCE):
            pass

    run(work)


def test_a_redirect_waits_for_the_host_that_it_leads_to() -> None:
    with FeedServer("127.0.0.7") as hub:
        hub.set_raw("/feed", body=b"here")
        steps = {"/": redirect(hub.url("/feed"), 302)}

        async def work() -> None:
            mine = fetcher(timedelta(hours=1), total=1)
            found = await mine.fetch(Request(url=one.url))
            assert isinstance(found, Response)
            hosts = (one.url.split("/")[2], f"127.0.0.7:{hub.port}")
            assert (found.trail.host, found.trail.end_host) == hosts
            assert mine.busy_hosts(timedelta(0)) == set(hosts)
            refused = await mine.fetch(Request(url=two.url))
            assert isinstance(refused, FetchError)
            assert refused.detail.endswith(f"wait for 127.0.0.7:{hub.port}")
            mine.close()

        with serving(routes(steps)) as one, serving(routes(steps), host="127.0.0.2") as two:
            run(work)
        assert len(hub.requests) == 1


def test_a_queue_of_our_own_is_no_fault_of_the_publisher_and_bounded() -> None:
    held = threading.Event()

    def stuck(connection: Connection) -> None:
        connection.read_request()
        held.wait(20)

    async def work() -> None:
        mine = fetcher(timedelta(hours=1), total=1)
        first, second = await asyncio.gather(
            mine.fetch(Request(url=server.url)), mine.fetch(Request(url=server.url))
        )
        mine.close()
        held.set()
        assert isinstance(first, FetchError)
        assert first.detail.startswith("no complete answer")
        assert isinstance(second, FetchError)
        assert second.reason is FailureReason.TIMEOUT
        assert second.detail.startswith("too many of our own requests wait for 127.0.0.1:")

    with serving(stuck) as server:
        run(work)


def test_those_who_wait_for_one_host_take_no_place_from_others() -> None:
    held = threading.Event()

    def stuck(connection: Connection) -> None:
        connection.read_request()
        held.wait(20)

    async def work() -> None:
        mine = fetcher(timedelta(0), places=2)
        waiting = [asyncio.create_task(mine.fetch(Request(url=one.url))) for _ in range(3)]
        await asyncio.sleep(0)  # they are in the queue now
        assert isinstance(await mine.fetch(Request(url=two.url)), Response)
        assert not any(task.done() for task in waiting)
        held.set()
        await asyncio.gather(*waiting)
        mine.close()

    with serving(stuck) as one, serving(routes({"/": answer(200, b"x")}), host="127.0.0.2") as two:
        run(work)
