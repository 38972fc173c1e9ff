"""One healthy webhook among twenty that drip and a mail server that is not there: how it fares.

Alerts are written to the outbox of a running daemon at a steady pace, as polls would, and the time
from the commit to the arrival at the healthy webhook is taken. ``tests/test_isolation.py`` and
``bench/lanes.py`` are two sizes of it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from monitor.alerts import plan
from monitor.models import Alert, Article, FeedSource, Match, Severity
from monitor.store.sqlite import SqliteStore
from tests import store_contract as contract
from tests.servers.sinks import WebhookSink
from tests.service import Service

DRIPPING = 20


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers no SYN: its queue of connections is full, and nobody accepts."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


@contextmanager
def destinations() -> Iterator[tuple[WebhookSink, dict[str, str]]]:
    """The healthy webhook, and the URLs of all: those that are stuck come first."""
    with ExitStack() as stack:
        urls = {}
        for number in range(DRIPPING):
            sink = stack.enter_context(WebhookSink())
            sink.answer = "drip"
            urls[f"drip-{number:02}"] = f"json://127.0.0.1:{sink.port}/"
        port = stack.enter_context(black_hole())
        urls["hole"] = f"mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example"
        healthy = stack.enter_context(WebhookSink())
        urls["well"] = f"json://127.0.0.1:{healthy.port}/"
        yield healthy, urls


def alert(number: int, names: tuple[str, ...]) -> Alert:
    """One alert for all of them."""
    article = Article(
        keys=(f"story:{number}",),
        url=f"https://outlet.example/{number}",
        title=f"Story {number:05}",
        text="Our own words about a story.",
        feed_name="Outlet",
        language="en",
    )
    match = Match(
        rule_id="all",
        rule_version="1",
        rule_title="All",
        severity=Severity.NORMAL,
        relevance=1.0,
        is_weak=False,
        notify=None,
        evidence=(),
    )
    (made,) = plan.alerts_for(article, [match], names, datetime.now(UTC))
    return made


class Arrivals:
    """When each story arrived at the healthy webhook, looked at a hundred times a second."""

    def __init__(self, sink: WebhookSink) -> None:
        self.at: dict[str, float] = {}
        self.repeated = 0
        self._sink = sink
        self._seen = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            posts = self._sink.posts
            for post in posts[self._seen :]:
                title = post.json()["title"][-11:]
                self.repeated += title in self.at
                self.at.setdefault(title, time.monotonic())
            self._seen = len(posts)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen."""

    alerts: int
    missing: int
    repeated: int
    median: float
    p95: float
    worst: float
    processes: int
    threads: int
    descriptors: int
    waiting: int
    """Deliveries to the stuck ones, all of which are in the database."""

    def __str__(self) -> str:
        return (
            f"{self.alerts} alerts, missing {self.missing}, repeated {self.repeated}; seconds to the"
            f" healthy webhook: median {self.median:.2f}, p95 {self.p95:.2f}, worst {self.worst:.2f};"
            f" {self.processes} processes, core with {self.threads} threads and {self.descriptors}"
            f" descriptors; {self.waiting} deliveries wait for the stuck"
        )


def census(session: int, core: int) -> tuple[int, int, int]:
    """Processes of a session; threads and open descriptors of its core."""
    processes = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                processes += os.getsid(int(entry.name)) == session
            except ProcessLookupError:
                continue
    threads = len(list(Path(f"/proc/{core}/task").iterdir()))
    return processes, threads, len(list(Path(f"/proc/{core}/fd").iterdir()))


def spread(seconds: list[float]) -> tuple[float, float, float]:
    """Median, 95 of 100, and the worst."""
    if len(seconds) < 2:
        return (*seconds, *seconds, *seconds) if seconds else (0.0, 0.0, 0.0)
    return quantiles(seconds, n=2)[0], quantiles(seconds, n=20)[-1], max(seconds)


def measure(folder: Path, alerts: int, per_second: float, patience: float = 30) -> Measured:
    """Run the daemon with all the destinations, and write alerts at that pace."""
    with destinations() as (healthy, urls):
        it = Service(folder, destinations=urls)
        with it:
            arrivals = Arrivals(healthy)
            try:
                written = _write(it.database, alerts, per_second, tuple(urls))
                end = time.monotonic() + patience
                while len(arrivals.at) < alerts and time.monotonic() < end:
                    time.sleep(0.05)
            finally:
                arrivals.stop()
            assert it.process is not None
            processes, threads, descriptors = census(it.process.pid, it.process.pid)
            with closing(SqliteStore.open_reader(it.database)) as store:
                counts = store.delivery_counts()
            it.kill()  # those that drip would be waited for
    waiting = sum(one.count for one in counts if one.destination != "well")
    seconds = [arrivals.at[title] - at for title, at in written.items() if title in arrivals.at]
    median, p95, worst = spread(seconds)
    return Measured(
        alerts=alerts,
        missing=alerts - len(seconds),
        repeated=arrivals.repeated,
        median=median,
        p95=p95,
        worst=worst,
        processes=processes,
        threads=threads,
        descriptors=descriptors,
        waiting=waiting,
    )


def _write(
    database: Path, alerts: int, per_second: float, names: tuple[str, ...]
) -> Mapping[str, float]:
    """Commit alerts as polls of a feed would; when each was committed."""
    written = {}
    with closing(SqliteStore.open(database, delivery_id=plan.delivery_id)) as store:
        source = FeedSource(url="https://outlet.example/rss", interval=contract.HOUR)
        now = datetime.now(UTC)
        store.sync_feeds([source], now)
        (feed,) = store.feeds()
        began = time.monotonic()
        for number in range(alerts):
            told = alert(number, names)
            outcome = contract.poll(feed, contract.judged(told))
            at = datetime.now(UTC)
            outcome = replace(outcome, polled_at=at, next_check_at=at + contract.HOUR)
            store.commit(outcome)
            written[told.article.title] = time.monotonic()
            time.sleep(max(0, began + (number + 1) / per_second - time.monotonic()))
    return written
