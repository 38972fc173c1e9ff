"""Which deliveries are in flight: the places, and who gets them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import assembly, delivering
from monitor.alerts import notices, plan
from monitor.alerts.templating import OURS
from monitor.dispatch import Dispatch
from monitor.models import DeliveryResult, Destination, EventKind, Lane, Rate, Severity
from monitor.planning import Hours, Policy, Wishes
from monitor.store import outbox
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from tests import isolation
from tests.servers.sinks import WebhookSink


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    path = tmp_path / "s.db"
    with closing(SqliteStore.open(path, delivery_id=plan.delivery_id)) as opened:
        yield opened


def dispatch(store: SqliteStore, destinations: list[Destination]) -> Dispatch:
    def spawn(work: Coroutine[Any, Any, None]) -> None:
        raise AssertionError("nothing is begun here")

    def count(_: DeliveryResult) -> None:
        pass

    tools = assembly.deliver_tools(StoreThread(store), destinations)
    return Dispatch(tools, spawn=spawn, is_going=lambda: False, count=count, on_error=print)


def named(*names: str) -> list[Destination]:
    return [Destination(name=name, url="json://127.0.0.1:1/") for name in names]


def write(store: SqliteStore, number: int, *names: str) -> None:
    store.announce(isolation.alert(number, names), 0, datetime.now(UTC))


def put_in_trouble(store: SqliteStore, *names: str) -> None:
    with store._writing():
        for name in names:
            outbox.set_lane(store._db, name, Lane(failures=7))


def begun(it: Dispatch) -> list[str]:
    found = asyncio.run(it._due())
    it._sending.update(one.destination for one in found)
    return [one.destination for one in found]


def test_every_destination_has_a_place_up_to_a_bound(store: SqliteStore) -> None:
    assert [assembly.places(count) for count in (0, 1, 22, 24, 1000)] == [1, 1, 22, 24, 24]
    names = [f"d{number}" for number in range(22)]
    write(store, 1, *names)
    put_in_trouble(store, *names[:21])
    it = dispatch(store, named(*names))
    assert begun(it)[0] == "d21", "who is well goes first"
    assert len(it._sending) == 22


def test_where_there_are_too_few_places_half_of_them_is_for_those_in_trouble(
    store: SqliteStore,
) -> None:
    names = [f"d{number:02}" for number in range(40)]
    write(store, 1, *names)
    put_in_trouble(store, *names[:38])
    it = dispatch(store, named(*names))
    assert begun(it)[:2] == ["d38", "d39"]
    assert len(it._sending) == 2 + 12
    write(store, 2, "d38", "d39")
    assert begun(it) == [], "one at a time for each"


def test_more_destinations_get_more_places_and_fewer_keep_theirs(store: SqliteStore) -> None:
    it = dispatch(store, named("a", "b"))
    it.use(named("a", "b", "c"), OURS, Policy())
    assert it.tools.senders.count == 3
    it.use(named("a"), OURS, Policy())
    assert (it.tools.senders.count, list(it.tools.destinations)) == (3, ["a"])


def test_in_quiet_hours_a_backlog_waits_and_what_is_critical_goes(store: SqliteStore) -> None:
    at, hour = datetime.now(UTC), timedelta(hours=1)
    quiet = Wishes(quiet=Hours(start=(at - hour).time(), end=(at + hour).time()))
    old = replace(isolation.alert(1, ("old",)), created_at=at - 2 * hour)
    asked_for = isolation.alert(2, ("asked",))
    urgent = replace(isolation.alert(3, ("urgent",)), created_at=at - 2 * hour)
    urgent = replace(urgent, match=replace(urgent.match, severity=Severity.CRITICAL))
    for alert in (old, asked_for, urgent):
        store.announce(alert, 0, at)
    names = ("old", "asked", "urgent")
    it = dispatch(store, named(*names))
    it.use(named(*names), OURS, Policy(wishes=dict.fromkeys(names, quiet)))
    assert begun(it) == ["urgent", "asked"]
    it.use(named(*names), OURS, Policy())
    assert begun(it) == ["old"]


@pytest.mark.slow
def test_a_single_run_delivers_everything_at_the_pace_of_its_lanes(store: SqliteStore) -> None:
    async def together(works: Any) -> None:
        await asyncio.gather(*works)

    with WebhookSink() as fast, WebhookSink() as slow:
        rate = Rate(count=1, per=timedelta(seconds=0.3))
        destinations = [
            Destination(name="fast", url=f"json://127.0.0.1:{fast.port}/"),
            Destination(name="slow", url=f"json://127.0.0.1:{slow.port}/", rate=rate),
        ]
        for number in range(5):
            write(store, number, "fast", "slow")
        assembly.begin()
        it = dispatch(store, destinations)
        try:
            asyncio.run(it.everything(together))
        finally:
            it.tools.senders.close()
        assert (len(fast.bodies), len(slow.bodies)) == (5, 5)


@pytest.mark.slow
def test_a_test_message_that_fails_is_announced_to_nobody(store: SqliteStore) -> None:
    async def deliver(it: Dispatch) -> None:
        (claimed,) = store.post(isolation.alert(1, ("a",)), datetime.now(UTC), delivering.LEASE)
        await delivering.deliver(claimed, it.tools, is_retried=False)

    assembly.begin()
    it = dispatch(store, named("a"))
    try:
        asyncio.run(deliver(it))
    finally:
        it.tools.senders.close()
    events, _ = store.unannounced()
    assert [event.kind for event in events if event.kind in notices.TROUBLES] == []
    assert [event.kind for event in events] == [EventKind.DELIVERY_DEAD_KNOWN]
