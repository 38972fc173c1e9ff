"""Feeds that were read before do not wait behind bodies that hang: real readers, real deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.feeds import health
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.models import FeedSource, FeedState, PollOutcome
from monitor.pipeline import PollTools
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.workers import Workers
from tests.servers.feeds import FeedServer, Item
from tests.servers.hostile_bodies import BODIES

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
) -> tuple[PollOutcome, list[bool]]:
    """What the good feed's poll brought, and which of the hostile ones had ended by then."""
    server.set_feed("/good.xml", [story(1)])
    hostile = []
    for number in range(HOSTILE):
        server.set_raw(f"/{number}.xml", body=BODIES["200 KB letters@ author"]())
        hostile.append(server.url(f"/{number}.xml"))
    readers = Workers(2, reading.start, (PackedRules.of(RuleSet()), frozenset()))
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
            destinations=(),
            min_interval=timedelta(seconds=1),
        )
        urls = (server.url("/good.xml"), *hostile)
        store.sync_feeds([FeedSource(url=url) for url in urls], datetime.now(UTC))
        try:
            await pipeline.poll(store.feeds()[0], tools)
            server.add("/good.xml", story(2))
            good, *bad = store.feeds()
            hanging = [asyncio.create_task(pipeline.poll(feed, tools)) for feed in bad]
            for number in range(HOSTILE):
                await asyncio.to_thread(server.wait_for_requests, f"/{number}.xml", 1)
            await asyncio.sleep(0.5)  # they are with the readers, or wait for them
            outcome = await pipeline.poll(good, tools)
            ended = [task.done() for task in hanging]
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        finally:
            fetcher.close()
            books.close()
            readers.close()
    return outcome, ended


def test_a_feed_with_news_does_not_wait_behind_bodies_that_hang(
    tmp_path: Path, server: FeedServer
) -> None:
    outcome, ended = asyncio.run(news_beside_hanging_bodies(tmp_path, server))
    assert [one.article.title for one in outcome.articles] == ["Talks, part 2"]
    assert ended == [False] * HOSTILE


def test_a_feed_is_harmless_that_was_read_and_cost_no_reader_since() -> None:
    now = datetime.now(UTC)
    new = FeedState(id=1, source=FeedSource(url="https://a.example/"), next_check_at=now)
    read = replace(new, first_read_at=now)
    assert [health.is_harmless(one) for one in (new, read, replace(read, deaths=1))] == [
        False,
        True,
        False,
    ]
