"""No match is lost by a crash: SIGKILL in the middle of writes, and at every failpoint."""

from __future__ import annotations

import os
import random
import re
import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.failpoints import VARIABLE
from monitor.store.sqlite import SqliteStore
from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("NEWS_MONITOR_TEST_KILLS", "100"))
"""In two tests of half as many each, so that two cores can share them."""
TERMS = int(os.environ.get("NEWS_MONITOR_TEST_TERMS", "8"))
IN_FLIGHT = 2
"""Messages that a crash may repeat: one for each destination."""
PATIENCE = 60
"""Seconds without a message after which what has not come is lost."""
MOST_WAITING = 100
"""Stories under way beyond which no more are published: a slow machine need not drown."""
SHOWN_ID = re.compile(r"nm-[0-9A-Z]{8}")


def story(number: int) -> Item:
    return Item(
        guid=f"story-{number}",
        link=f"https://outlet.example/story/{number}",
        title=f"Algeria and the United States discuss arms sales, part {number:05} of the talks",
        html=f"<p>Talks number {number:05} on American weapons for Algeria have begun.</p>",
        published_at=datetime.now(UTC),
    )


def number_in(body: dict[str, str]) -> int:
    (number,) = set(re.findall(r"part (\d{5})", body["title"])) or {"-1"}
    return int(number)


class Bench:
    """Feeds, two sinks that keep everything on disk, and the daemon to be killed."""

    def __init__(
        self, folder: Path, news: FeedServer, sinks: Sequence[WebhookSink], feeds: int = 4
    ) -> None:
        self.news, self.sinks = news, sinks
        self.paths = [f"/feed-{n}.xml" for n in range(feeds)]
        for path in self.paths:
            news.set_feed(path, [Item(guid=path, link="", title=f"Nothing yet {path}")], title=path)
        self.published: list[int] = []
        self.pipe = folder / "handshake"
        self.service = Service(
            folder,
            feeds=[news.url(path) for path in self.paths],
            destinations={f"hook-{n}": f"json://127.0.0.1:{s.port}/" for n, s in enumerate(sinks)},
        )
        os.mkfifo(self.pipe)
        assert self.service.run("run", "--once").returncode == 0  # the silent first poll

    def publish(self) -> None:
        number = len(self.published)
        self.news.add(self.paths[number % len(self.paths)], story(number))
        self.published.append(number)

    def check_database(self) -> None:
        with closing(SqliteStore.open_reader(self.service.database)) as store:
            assert store.integrity_check() == ()

    def run_until_quiet(self) -> None:
        """Serve without interruption until everything has arrived and is known to have, what comes
        twice included, or nothing more arrives."""
        self.service.environment.pop(VARIABLE, None)
        self.service.start()
        try:
            received = -1
            end = time.monotonic() + PATIENCE
            while self.is_waiting() and time.monotonic() < end:
                if (now := sum(len(sink.bodies) for sink in self.sinks)) > received:
                    received, end = now, time.monotonic() + PATIENCE
                time.sleep(0.2)
        finally:
            self.service.stop()

    def is_waiting(self) -> bool:
        """Whether a message has not arrived, or may be sent again."""
        if any(map(self.missing, self.sinks)):
            return True
        with closing(SqliteStore.open_reader(self.service.database)) as store:
            count, _ = store.open_deliveries()
        return count > 0

    def backlog(self) -> int:
        """How many stories have not arrived everywhere."""
        return max(len(self.missing(sink)) for sink in self.sinks)

    def missing(self, sink: WebhookSink) -> set[int]:
        return set(self.published) - {number_in(body) for body in sink.bodies}

    def repeats(self, sink: WebhookSink) -> int:
        """How many messages came again; a message that comes again has its delivery id."""
        ids: dict[int, set[str]] = {}
        for body in sink.bodies:
            ids.setdefault(number_in(body), set()).update(SHOWN_ID.findall(body["message"]))
        assert all(len(found) == 1 for found in ids.values()), "a repeat with another id"
        return sum(Counter(map(number_in, sink.bodies)).values()) - len(ids)


@contextmanager
def bench(folder: Path, feeds: int = 4) -> Iterator[Bench]:
    with FeedServer() as news, WebhookSink() as one, WebhookSink() as two:
        yield Bench(folder, news, [one, two], feeds)


@contextmanager
def handshakes(pipe: Path) -> Iterator[int]:
    """The reading end, held open for both, so that the daemon never waits for a reader."""
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def wait_for_writes(descriptor: int, writes: int) -> str:
    """Wait until the daemon has said that it is inside so many transactions; the last one."""
    said = b""
    end = time.monotonic() + 60
    while said.count(b"\n") < writes:
        assert time.monotonic() < end, "no write in a minute"
        if select.select([descriptor], [], [], 0.5)[0]:
            said += os.read(descriptor, 4096)
    return said.decode().splitlines()[-1]


@pytest.mark.parametrize("half", [0, 1])
def test_sigkill_in_the_middle_of_writes_loses_nothing(
    tmp_path: Path, half: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(half)
    kills = (KILLS + half) // 2
    struck: Counter[str] = Counter()
    with bench(tmp_path) as it, handshakes(it.pipe) as descriptor:
        steps = ("commit: in transaction", "claim: in transaction", "record: in transaction")
        it.service.environment[VARIABLE] = ";".join(f"{step}=say:{it.pipe}" for step in steps)
        stop = threading.Event()

        def load() -> None:
            while not stop.wait(0.25):
                if it.backlog() < MOST_WAITING:
                    it.publish()

        publisher = threading.Thread(target=load)
        publisher.start()
        try:
            for _ in range(kills):
                it.service.start()
                step = wait_for_writes(descriptor, chance.randint(4, 24))
                time.sleep(chance.uniform(0, 0.003))
                it.service.kill()
                struck[step] += 1
                it.check_database()
                while select.select([descriptor], [], [], 0)[0]:
                    os.read(descriptor, 65_536)
        finally:
            stop.set()
            publisher.join()
        it.run_until_quiet()
        it.check_database()
        lost = sum(len(it.missing(sink)) for sink in it.sinks)
        repeats = sum(it.repeats(sink) for sink in it.sinks)
        received = sum(len(sink.bodies) for sink in it.sinks)
    record_property(
        "measured",
        f"kills {kills} ({', '.join(f'{n} {step}' for step, n in sorted(struck.items()))});"
        f" published {len(it.published)}, received {received}, lost {lost}, repeated {repeats}",
    )
    assert lost == 0
    assert repeats <= kills * IN_FLIGHT


FAILPOINTS = [
    "poll: fetched",
    "poll: read",
    "poll: admitted",
    "poll: judged",
    "commit: in transaction",
    "poll: committed",
    "claim: in transaction",
    "deliver: claimed",
    "deliver: sent",
    "record: in transaction",
    "deliver: recorded",
]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One that dies again and again, and is quiet in between."""
    with bench(tmp_path_factory.mktemp("mortal")) as it:
        yield it


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_death_at_any_point_between_fetch_and_sent_loses_nothing(
    mortal: Bench, failpoint: str
) -> None:
    it = mortal
    before = sum(map(it.repeats, it.sinks))
    it.publish()
    # A claim is also asked for when nothing is due: die at one that follows the commit.
    count = "@3" if failpoint == "claim: in transaction" else ""
    it.service.environment[VARIABLE] = f"{failpoint}=kill{count}"
    it.service.start()
    assert it.service.process is not None
    assert it.service.process.wait(40) == -9, "it did not come by this point"
    it.check_database()
    it.run_until_quiet()
    for sink in it.sinks:
        assert it.missing(sink) == set()
    repeats = sum(map(it.repeats, it.sinks)) - before
    assert repeats <= IN_FLIGHT
    if not failpoint.startswith(("deliver: sent", "record", "deliver: recorded")):
        assert repeats == 0


def test_the_harness_sees_validators_that_are_saved_before_the_articles(tmp_path: Path) -> None:
    """The mutant: after its death the publisher says 304, and the story never comes."""
    with bench(tmp_path, feeds=1) as it:
        command = (sys.executable, "-m", "tests.mutants", "validators-first")
        it.publish()
        it.service.command = command
        it.service.environment[VARIABLE] = "commit: in transaction=kill"
        it.service.start()
        assert it.service.process is not None
        assert it.service.process.wait(40) == -9
        it.service.environment.pop(VARIABLE)
        it.service.command = None
        it.service.start()
        polled = it.news.counts(it.paths[0]).requests + 3
        wait_until(lambda: it.news.counts(it.paths[0]).requests >= polled, 30)
        it.service.stop()
        assert [it.missing(sink) for sink in it.sinks] == [{0}, {0}]


def test_sigterm_at_any_moment_loses_and_repeats_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(7)
    with bench(tmp_path) as it:
        for _ in range(TERMS):
            it.publish()
            it.service.start()
            time.sleep(chance.uniform(0.2, 3.5))
            assert it.service.stop() in (0, -15)  # -15: before its handlers stood
        it.run_until_quiet()
        for sink in it.sinks:
            assert it.missing(sink) == set()
            assert it.repeats(sink) == 0
        record_property(
            "measured", f"{TERMS} SIGTERMs, {len(it.published)} stories: lost 0, repeated 0"
        )
