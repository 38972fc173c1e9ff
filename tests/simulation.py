"""Orders: the polling half of the daemon through simulated months, against the score server.

The store is real, the fetcher speaks real HTTP over loopback, bodies are read by the real parser in
this process; only the clock is simulated: it jumps from one due time to the next, and goes on
from there fifty times too fast. A restart closes all of it and opens the database again.

``python -m tests.servers simulate --feeds 200 --days 30 --restarts 20`` prints the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from monitor import pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.models import Event, EventKind, FeedSource
from monitor.pipeline import PollTools
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from tests.servers.polite.findings import Check
from tests.servers.polite.office import FIRST_NETWORK, Office, place
from tests.servers.polite.publishers import PUBLISHERS
from tests.servers.polite.score import Row, score
from tests.servers.polite.server import Clock, ScoreServer
from tests.servers.polite.values import Publisher

AGENT = "news-monitor/0 (+https://example.org/about)"
TICK = timedelta(seconds=1)
"""As often as the daemon looks for what is due."""
A_LOOK = timedelta(minutes=1)
"""After which the simulation looks again for what is due and yet not given."""
MOST_POLLS = 64
PACE = 50.0
"""How much faster than real time the clock goes while polls are under way: what takes a second
between two requests to a host is waited for, shortened as much."""
GAP = timedelta(seconds=2)
"""Between two requests to a host: the daemon's second, and one for how late a busy machine is."""


class ReadersHere:
    """Reader processes' work done in this process: a deadline for it is another test's matter."""

    async def call(
        self, deadline: timedelta, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Do it."""
        return function(*args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What a simulation came to."""

    rows: tuple[Row, ...]
    requests: int
    articles: Mapping[str, int]
    """How many are stored, by publisher; where it has several feeds, of the last."""
    events: tuple[Event, ...]
    lasted: timedelta
    """In simulated time."""

    def row(self, check: Check) -> Row:
        """One of the rows."""
        return next(row for row in self.rows if row.check is check)

    def told(self, kind: EventKind, publisher: str) -> int:
        """How often the operator was told something about a publisher's feed."""
        return sum(
            event.kind is kind and event.subject.endswith(f"/{publisher}") for event in self.events
        )


def simulate(
    folder: Path,
    *,
    feeds: int,
    lasts: timedelta,
    restarts: int,
    minimum: timedelta,
    publishers: Iterable[Publisher] = PUBLISHERS,
    started: datetime | None = None,
) -> Simulated:
    """Poll so many feeds for so long, restarted so often at even distances."""
    at = (started or datetime.now(UTC)).replace(microsecond=0)
    clock = Clock(at, pace=PACE)
    step = lasts / (restarts + 1)
    ends = [at + step * turn for turn in range(1, restarts + 1)]
    # Between the due times, not at them.
    ends = [end.replace(minute=17, second=11) for end in ends] + [at + lasts]
    reading.start(PackedRules.of(RuleSet()), frozenset())
    database = folder / "simulation.db"
    with ScoreServer(Office(place(feeds, publishers), clock)) as server:
        sources = tuple(FeedSource(url=url, interval=minimum) for url in server.urls())
        for end in ends:
            asyncio.run(_live(database, sources, clock, minimum, end))
        rows = score(
            server.office.log,
            server.office.feeds,
            minimum=minimum,
            ended_at=clock(),
            restarts=ends[:-1],
        )
        requests = len(server.office.log)
    with closing(SqliteStore.open_reader(database)) as store:
        return Simulated(
            rows=rows,
            requests=requests,
            articles={
                count.feed_url.rpartition("/")[2]: count.articles
                for count in store.article_counts()
            },
            events=store.events(1_000_000),
            lasted=lasts,
        )


async def _live(
    database: Path,
    sources: tuple[FeedSource, ...],
    clock: Clock,
    minimum: timedelta,
    end: datetime,
) -> None:
    """One life of the daemon, from opening the database to closing it."""
    with closing(SqliteStore.open(database, delivery_id=plan.delivery_id)) as store:
        books = StoreThread(store)
        fetcher = Fetcher(
            limits=Limits(total=timedelta(seconds=10)),
            user_agent=AGENT,
            allow=AllowList.parse([f"{FIRST_NETWORK}.0.0/16"]),
            host_gap=GAP / PACE,
        )
        tools = PollTools(
            books=books,  # type: ignore[arg-type]
            asking=AskTools(
                fetcher=fetcher,
                readers=ReadersHere(),  # type: ignore[arg-type]
                clock=clock,
                max_bytes=10_000_000,
            ),
            destinations=(),
            min_interval=minimum,
        )
        try:
            await books.ask(store.sync_feeds, sources, clock())
            while clock() < end:
                clock.set(await _tick(tools, store, clock(), end))
        finally:
            fetcher.close()
            books.close()


async def _tick(tools: PollTools, store: SqliteStore, now: datetime, end: datetime) -> datetime:
    """Poll what is due now; when to look again."""
    due = await tools.books.ask(partial(store.due_feeds, now, MOST_POLLS))
    if due:
        await asyncio.gather(*(pipeline.poll(feed, tools) for feed in due))
        return max(now + TICK, tools.clock())
    times = [feed.next_check_at for feed in await tools.books.ask(store.feeds)]
    ahead = min((at for at in times if at > now), default=end)
    if any(at <= now for at in times):  # held back, as by its host's 429
        ahead = min(ahead, now + A_LOOK)
    return min(end, max(now + TICK, ahead))
