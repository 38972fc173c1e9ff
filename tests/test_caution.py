"""Feeds that were read before wait once for bodies that hang: real readers, real deadlines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.assembly import READERS, UNPROVED
from monitor.caution import Caution
from monitor.feeds import health
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.models import EventKind, FeedSource, FeedState, PollOutcome
from monitor.pipeline import PollTools
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.workers import Workers
from tests.servers.feeds import FeedServer, Item
from tests.servers.hostile_bodies import BODIES
from tests.service import Service

HOSTILE = 4
"""Bodies that hang, twice as many as there are readers."""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def story(number: int) -> Item:
    return Item(guid=f"{number}", link=f"https://a.example/{number}", title=f"Talks, part {number}")


async def news_beside_hanging_bodies(
    folder: Path, server: FeedServer
) -> tuple[list[PollOutcome], list[float]]:
    """What two polls of the good feed brought while the hostile ones were read, and the seconds that
    each took."""
    server.set_feed("/good.xml", [story(1)])
    for number in range(HOSTILE):
        server.set_raw(f"/{number}.xml", body=BODIES["200 KB letters@ author"]())
    readers = Workers(READERS, reading.start, (PackedRules.of(RuleSet()), frozenset()))
    fetcher = Fetcher(limits=Limits(), user_agent="t/0", allow=AllowList.parse(["127.0.0.0/8"]))
    with closing(SqliteStore.open(folder / "news.db", delivery_id=plan.delivery_id)) as store:
        books = StoreThread(store)
        tools = PollTools(
            books=books,
            asking=AskTools(
                fetcher=fetcher,
                readers=readers,
                clock=lambda: datetime.now(UTC),
                max_bytes=10_000_000,
            ),
            caution=Caution(UNPROVED),
            destinations=(),
            min_interval=timedelta(seconds=1),
        )
        paths = ("/good.xml", *(f"/{number}.xml" for number in range(HOSTILE)))
        store.sync_feeds([FeedSource(url=server.url(path)) for path in paths], datetime.now(UTC))
        try:
            await pipeline.poll(store.feeds()[0], tools)
            hanging = [asyncio.create_task(pipeline.poll(one, tools)) for one in store.feeds()[1:]]
            for path in paths[1:]:
                await asyncio.to_thread(server.wait_for_requests, path, 1)
            await asyncio.sleep(0.5)  # they are with the readers, or wait for them
            outcomes, seconds = [], []
            for part in (2, 3):
                server.add("/good.xml", story(part))
                began = time.monotonic()
                outcomes.append(await pipeline.poll(store.feeds()[0], tools))
                seconds.append(time.monotonic() - began)
            assert not any(task.done() for task in hanging)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        finally:
            fetcher.close()
            books.close()
            readers.close()
    return outcomes, seconds


def test_a_feed_with_news_waits_once_for_bodies_that_hang_and_no_longer_than_a_deadline(
    tmp_path: Path, server: FeedServer
) -> None:
    outcomes, seconds = asyncio.run(news_beside_hanging_bodies(tmp_path, server))
    told = [[one.article.title for one in outcome.articles] for outcome in outcomes]
    assert told == [["Talks, part 2"], ["Talks, part 3"]]
    once, again = seconds
    deadline = reading.DEADLINE.total_seconds()
    assert once < 2 * deadline
    assert again < deadline / 2


async def bodies_read_at_once(caution: Caution, bodies: int) -> int:
    """How many of so many bodies have a place at the same time."""
    now, most = 0, 0

    async def read() -> None:
        nonlocal now, most
        async with caution.place():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    async with asyncio.timeout(10):
        await asyncio.gather(*(read() for _ in range(bodies)))
    return most


def test_after_a_body_has_cost_its_reader_one_is_read_at_a_time() -> None:
    async def both() -> tuple[int, int]:
        caution = Caution(UNPROVED)
        before = await bodies_read_at_once(caution, 6)
        caution.warn()
        return before, await bodies_read_at_once(caution, 6)

    assert asyncio.run(both()) == (UNPROVED, 1)


def test_a_first_body_over_which_the_rules_cost_their_reader_is_still_the_feeds(
    tmp_path: Path, server: FeedServer
) -> None:
    server.set_feed("/new.xml", [story(1)])
    service = Service(
        tmp_path,
        feeds=[{"url": server.url("/new.xml")}],
        environment={"NEWS_MONITOR_FAILPOINTS": "reader: judge=kill"},
    )
    with service:
        server.wait_for_requests("/new.xml", 2)
        (feed,) = service.json("feeds", "list")
    with closing(SqliteStore.open(service.database, delivery_id=plan.delivery_id)) as store:
        told = {event.kind for event in store.events(10)}
    assert (feed["health"], feed["articles"]) == ("ok", 1), feed
    assert EventKind.ARTICLE_UNJUDGED in told
    assert EventKind.FEED_FAILING not in told


def test_a_feed_is_harmless_that_was_read_and_cost_no_reader_since() -> None:
    now = datetime.now(UTC)
    new = FeedState(id=1, source=FeedSource(url="https://a.example/"), next_check_at=now)
    read = replace(new, first_read_at=now)
    assert [health.is_harmless(one) for one in (new, read, replace(read, deaths=1))] == [
        False,
        True,
        False,
    ]


def test_what_was_there_before_the_warning_counts_as_well() -> None:
    """Else it would take one reader, and whoever is read alone the other."""

    async def read_after_a_warning() -> int:
        caution, begun, over = Caution(UNPROVED), asyncio.Event(), asyncio.Event()

        async def read_on() -> None:
            async with caution.place():
                begun.set()
                await over.wait()

        reading_on = asyncio.create_task(read_on())
        await begun.wait()
        caution.warn()
        others = asyncio.create_task(bodies_read_at_once(caution, 3))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(others), 0.1)
        over.set()
        await reading_on
        return await others

    assert asyncio.run(read_after_a_warning()) == 1


def test_a_place_is_free_again_whatever_happens_to_its_holder() -> None:
    async def read_beside_failures() -> int:
        caution = Caution(UNPROVED)

        async def fail() -> None:
            async with caution.place():
                raise ValueError

        async def hang() -> None:
            async with caution.place():
                await asyncio.sleep(60)

        await asyncio.gather(*(fail() for _ in range(9)), return_exceptions=True)
        hanging = [asyncio.create_task(hang()) for _ in range(9)]  # three have places, six wait
        await asyncio.sleep(0.01)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        return await bodies_read_at_once(caution, 9)

    assert asyncio.run(read_beside_failures()) == UNPROVED
