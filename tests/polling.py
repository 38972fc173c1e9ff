"""Polls without the daemon: a real store, real HTTP, readers in this process, and a clock to set.

::

    with Bench(tmp_path, [server.url("/a.xml")]) as bench:
        outcome = bench.poll()          # the only feed
        bench.clock += timedelta(days=1)
        bench.poll_due()                # what is due, until nothing is
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

from monitor import loading, pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.errors import WorkerDied, WorkerFailed
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.models import Event, FeedSource, FeedState, PollOutcome
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INTERVAL = 15 * MINUTE
MINIMUM = 5 * MINUTE


class HereReaders:
    """What ``workers.Workers`` is for the pipeline, without processes."""

    def __init__(self) -> None:
        self.deaths = 0
        """How many of the next bodies cost their reader."""

    async def call(self, deadline: timedelta, work: Callable[..., Any], *arguments: Any) -> Any:
        if work in (reading.read, reading.read_first) and self.deaths:
            self.deaths -= (
                work is reading.read
            )  # it was read along with the rules before, if at all
            raise WorkerDied("killed by signal 9")
        return work(*arguments)


@cache
def _make_ready() -> None:
    """Make this process a reader, once."""
    folder = Path(__file__).parent / "data" / "polling-rules"
    reading.start(loading.packed(folder), frozenset(["en"]))


class Bench:
    """A database, feeds, and the moment that it is."""

    def __init__(
        self, folder: Path, feeds: Sequence[str | FeedSource], *, interval: timedelta = INTERVAL
    ) -> None:
        _make_ready()
        self.clock = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
        self.readers = HereReaders()
        self.path = folder / "news.db"
        self.sources = [
            one if isinstance(one, FeedSource) else FeedSource(url=one, interval=interval)
            for one in feeds
        ]

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self._runner.close()

    def _open(self) -> None:
        self.store = SqliteStore.open(self.path, delivery_id=plan.delivery_id)
        self.store.sync_feeds(self.sources, self.clock)
        self.fetcher = Fetcher(
            limits=Limits(total=timedelta(seconds=10)),
            user_agent="news-monitor/0",
            allow=AllowList.parse(["127.0.0.0/8"]),
            host_gap=timedelta(0),
        )
        self.books = StoreThread(self.store)
        self.tools = pipeline.PollTools(
            books=self.books,
            asking=AskTools(
                fetcher=self.fetcher,
                readers=self.readers,  # type: ignore[arg-type]
                clock=lambda: self.clock,
                max_bytes=1_000_000,
            ),
            destinations=("desk",),
            min_interval=MINIMUM,
            random=lambda: 0.0,
        )

    def _close(self) -> None:
        self.fetcher.close()
        self.books.close()
        self.store.close()

    def restart(self) -> None:
        """As when the daemon is stopped and started: only the file remains."""
        self._close()
        self._open()

    @property
    def feed(self) -> FeedState:
        """The first feed as it is stored."""
        return self.store.feeds()[0]

    def poll(self, feed: FeedState | None = None) -> PollOutcome:
        """Poll a feed, due or not."""
        return self._runner.run(self._polled(feed or self.feed))

    async def _polled(self, feed: FeedState) -> PollOutcome:
        outcome = await pipeline.poll(feed, self.tools)
        await self.books.settle()
        return outcome  # type: ignore[return-value]

    def poll_when_due(self, times: int = 1) -> PollOutcome:
        """Let the time of the first feed's next check come, and poll it; so many times."""
        for _ in range(times):
            self.clock = max(self.clock, self.feed.next_check_at)
            outcome = self.poll()
        return outcome

    def poll_due(self) -> list[str]:
        """Poll whatever is due now, until nothing is; the addresses in that order."""
        polled = []
        while due := self.store.due_feeds(self.clock, 50):
            for feed in due:
                self.poll(feed)
                polled.append(feed.source.url)
        return polled

    def run(self, span: timedelta, step: timedelta = MINUTE) -> int:
        """Let time pass and poll what becomes due; how many polls there were."""
        end, polls = self.clock + span, 0
        while self.clock < end:
            self.clock += step
            polls += len(self.poll_due())
        return polls

    def events(self) -> list[Event]:
        """The operator's log, first line first."""
        return list(self.store.events(1000))[::-1]

    def told(self) -> list[str]:
        """The kinds of the events so far."""
        return [str(event.kind) for event in self.events()]


__all__ = ["DAY", "HOUR", "INTERVAL", "MINIMUM", "MINUTE", "Bench", "HereReaders", "WorkerFailed"]
