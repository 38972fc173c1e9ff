"""Every hostile body beside a hundred good feeds, through the real readers: the core goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from monitor import allocator, pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.assembly import READERS, UNPROVED
from monitor.caution import Caution
from monitor.errors import WorkerTimeout
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.models import FailureReason, FeedSource, FeedState
from monitor.pipeline import PollTools
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.workers import Workers
from tests.servers import bulk
from tests.servers.hostile_bodies import BODIES, HANGING

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
GOOD = 100
MOST_GROWN = 20
"""MB. Two dozen bodies of up to 10 MB go through the core together."""
LATEST = 30
"""Seconds that a good feed's news may take, on a busy machine. Behind all these bodies it took 75."""
NO_FEEDS = ("path", "device", "file URL")
"""The rest may be read for what they are, or cost their reader: what they say is another test's matter."""


@contextmanager
def serving(*command: str, lines: int) -> Iterator[list[str]]:
    """A server of the kit in a process of its own: its memory is not the core's."""
    with subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield [process.stdout.readline().strip() for _ in range(lines)]
        finally:
            process.kill()


class TimedWorkers(Workers):
    """Readers that remember how long each that was killed had been let."""

    killed: list[float]

    async def call(self, deadline, function, *args, **kwargs):
        began = time.monotonic()
        try:
            return await super().call(deadline, function, *args, **kwargs)
        except WorkerTimeout:
            self.killed.append(time.monotonic() - began)
            raise


class Heart:
    """How long the event loop was away at most, seconds."""

    longest = 0.0

    async def beat(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            self.longest = max(self.longest, time.monotonic() - began - 0.05)


def in_use() -> float:
    """MB of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1_000


async def poll_all(
    folder: Path, good: list[str], hostile: list[str], publish: Callable[[], object]
) -> dict[str, object]:
    """Poll the hostile feeds once, the good ones with an entry more again and again until that
    is over."""
    readers = TimedWorkers(READERS, reading.start, (PackedRules.of(RuleSet()), frozenset()))
    readers.killed = []
    await asyncio.gather(*(readers.call(timedelta(minutes=1), reading.ping) for _ in range(4)))
    heart, rounds, slowest = Heart(), 0, 0.0
    allocator.return_large_blocks()
    with closing(SqliteStore.open(folder / "news.db", delivery_id=plan.delivery_id)) as store:
        books = StoreThread(store)
        fetcher = Fetcher(
            limits=Limits(), user_agent="test/0", allow=AllowList.parse(["127.0.0.0/8"])
        )
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
        store.sync_feeds([FeedSource(url=url) for url in (*good, *hostile)], datetime.now(UTC))
        feeds = store.feeds()
        try:
            await asyncio.gather(*(pipeline.poll(feed, tools) for feed in feeds[:GOOD]))
            before = in_use()
            beating = asyncio.create_task(heart.beat())
            polls = asyncio.gather(*(reason_of(feed, tools) for feed in feeds[GOOD:]))
            while not polls.done():
                rounds += 1
                await asyncio.to_thread(publish)
                now = await books.ask(store.feeds)
                slowest = max(slowest, await slowest_of(now[:GOOD], tools))
                await asyncio.sleep(0.2)
            beating.cancel()
            after = in_use()
        finally:
            fetcher.close()
            books.close()
            readers.close()
        return {
            "reasons": await polls,
            "heart": heart.longest,
            "killed": readers.killed,
            "grown": after - before,
            "rounds": rounds,
            "slowest": slowest,
            "failing": [feed.detail for feed in store.feeds()[:GOOD] if feed.failures],
        }


async def reason_of(feed: FeedState, tools: PollTools) -> FailureReason | None:
    """Poll a feed, and keep nothing else of it."""
    return (await pipeline.poll(feed, tools)).reason


async def slowest_of(feeds: tuple[FeedState, ...], tools: PollTools) -> float:
    """Poll feeds once; the seconds that the slowest took."""

    async def timed(feed: FeedState) -> float:
        began = time.monotonic()
        outcome = await pipeline.poll(feed, tools)
        assert outcome.reason is None, outcome
        return time.monotonic() - began

    return max(await asyncio.gather(*map(timed, feeds)))


def test_every_hostile_body_is_its_own_error_and_the_core_goes_on(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with (
        serving("tests.servers.bulk", "--entries", "10", lines=1) as (port,),
        serving("tests.servers", "bodies", lines=len(BODIES)) as bodies,
    ):
        good = [bulk.url(number, int(port)) for number in range(GOOD)]
        publish = partial(urllib.request.urlopen, f"http://127.0.0.1:{port}/-/news", timeout=30)
        found = asyncio.run(poll_all(tmp_path, good, bodies, publish))
    reasons = found["reasons"]
    assert isinstance(reasons, list)
    for name, reason in zip(BODIES, reasons, strict=True):
        if name in HANGING:
            assert reason is FailureReason.HOSTILE, name
        elif name in NO_FEEDS:
            assert reason is FailureReason.NOT_A_FEED, name
        else:
            assert reason in (None, FailureReason.HOSTILE, FailureReason.NOT_A_FEED), name
    killed = found["killed"]
    assert isinstance(killed, list)
    assert len(killed) >= len(HANGING)
    assert found["failing"] == []
    assert found["heart"] < 1  # type: ignore[operator]
    assert found["slowest"] < LATEST  # type: ignore[operator]
    assert found["grown"] < MOST_GROWN  # type: ignore[operator]
    record_property(
        "measured",
        f"{len(bodies)} bodies, {len(killed)} readers killed; {found['rounds']} rounds of {GOOD}"
        f" good feeds, the slowest poll {found['slowest']:.2f} s; event loop away for"
        f" {found['heart']:.2f} s at most; core {found['grown']:+.1f} MB",
    )
