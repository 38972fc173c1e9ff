"""Measures polling beside its peer, ``reader``: the same feeds from the same server, in turns.

``./dev bench`` or ``python bench/polling.py``. The feeds are local, each at a loopback address of its
own; the server is a process of its own and not counted. Five looks at every feed:

    first        nothing is known of it
    304          it has not changed, and says so
    304 anew     the same, when the server has closed its connections meanwhile
    same 200     it has not changed, and does not say so
    one new      it has one new entry

A server closes a connection that is not used for a minute or so: feeds that are polled every minute, and
those that share a host, are as the first 304 and those after it, all others as "304 anew". We keep as
many connections as the daemon would for feeds that are polled so often.

We are the polling half of the daemon as it is: what is due is read from SQLite and every commit is
on its disk, two reader processes, one request at a time to each host (the second between two is left
out: no host is asked twice in a look), the shipped rules judged on every article. The clock stands
still, and is an hour on at each look. ``reader`` stores entries and judges nothing; it gets whichever
number of threads serves it best. CPU is that of all processes of a side.

Both sides live side by side, and look in turns: a machine that is slower for a minute is so for
both. The ratio is the median of the pairs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.servers import bulk

ROOT = Path(__file__).parent.parent
PHASES = ("first", "304", "304 anew", "same 200", "one new")
MODES = {
    "first": "honest",
    "304": "honest",
    "304 anew": "honest",
    "same 200": "deaf",
    "one new": "news",
}
ENOUGH = 3
"""Pairs of looks, for their middle half to say something of the machine's noise."""
AIMS = {"first": 3, "304": 15, "304 anew": 15, "same 200": 20, "one new": 5}
PEER_WORKERS = (1, 4, 16)
TURNS, POLLS_A_TURN = 9, 2_000
"""How often each side has its turn at 304s, and how much it does then. Nine polls in ten find nothing
new: the first look after news reads all that is known of the feed, as it would then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one look at all feeds took, in seconds."""

    wall: float
    cpu: float


Found = dict[tuple[str, str], list[Measured]]
"""By side and phase, in the order of the looks."""


# --- the sides, each in a process of its own ---------------------------------------


def us(urls: Sequence[str], folder: Path, looks: Iterable[None], rules: str) -> int:
    """Poll with news-monitor; how many articles it has then."""
    from monitor import assembly, loading, pipeline, reading
    from monitor.alerts import plan
    from monitor.asking import AskTools
    from monitor.caution import Caution
    from monitor.feeds.addresses import AllowList
    from monitor.feeds.fetch import Fetcher, Limits
    from monitor.matching.packed import PackedRules
    from monitor.matching.rules import RuleSet
    from monitor.models import FeedSource, FeedState
    from monitor.store.sqlite import SqliteStore
    from monitor.store.thread import StoreThread
    from monitor.workers import Workers

    assembly.begin()
    packed = PackedRules.of(RuleSet()) if rules == "none" else loading.packed(ROOT / "rules")
    readers = Workers(assembly.READERS, reading.start, (packed, frozenset()))

    often = timedelta(minutes=1)
    sources = [FeedSource(url=url, interval=often, has_own_interval=True) for url in urls]
    at = assembly.now()

    def clock() -> datetime:
        return at

    async def poll_all() -> int:
        nonlocal at
        with closing(SqliteStore.open(folder / "us.db", delivery_id=plan.delivery_id)) as store:
            books = StoreThread(store)
            fetcher = Fetcher(
                limits=Limits(),
                user_agent="bench/0",
                allow=AllowList.parse(["127.0.0.0/8"]),
                max_in_flight=assembly.POLLS,
                max_kept=assembly.kept_connections(sources),
                host_gap=timedelta(0),
            )
            tools = pipeline.PollTools(
                books=books,
                asking=AskTools(
                    fetcher=fetcher, readers=readers, clock=clock, max_bytes=10_000_000
                ),
                caution=Caution(assembly.UNPROVED),
                destinations=(),
                min_interval=timedelta(0),
            )
            store.sync_feeds(sources, clock())
            await asyncio.gather(
                *(readers.call(timedelta(minutes=2), reading.ping) for _ in range(4))
            )

            async def poll(feed: FeedState) -> None:
                outcome = await pipeline.poll(feed, tools)
                assert outcome.reason is None, outcome

            async def due() -> Sequence[FeedState]:
                busy = fetcher.busy_hosts(timedelta(0))
                return await books.ask(store.due_feeds, clock(), assembly.POLLS, busy)

            try:
                for _ in looks:
                    at += timedelta(hours=1)
                    left = len(sources)
                    while left:
                        feeds = await due()
                        assert feeds, f"{left} feeds are not due"
                        left -= len(feeds)
                        await asyncio.gather(*map(poll, feeds))
                    await books.settle()
            finally:
                fetcher.close()
                books.close()
            return sum(one.articles for one in store.article_counts())

    articles = asyncio.run(poll_all())
    readers.close()
    return articles


def peer(urls: Sequence[str], folder: Path, looks: Iterable[None], workers: int) -> int:
    """Poll with ``reader``; how many articles it has then."""
    from reader import make_reader

    it = make_reader(str(folder / "peer.db"))
    for url in urls:
        it.add_feed(url)
    for _ in looks:
        it.update_feeds(workers=workers, scheduled=False)
    broken = sum(1 for _ in it.get_feeds(broken=True))
    assert not broken, f"{broken} feeds failed"
    return it.get_entry_counts().total or 0


def measured_looks() -> Iterator[None]:
    """As many looks as each line says that is read; what one took is written."""
    for line in sys.stdin:
        looks = int(line)
        before, began = session_cpu(), time.perf_counter()
        for _ in range(looks):
            yield
        wall, cpu = time.perf_counter() - began, session_cpu() - before
        print(json.dumps({"wall": wall / looks, "cpu": cpu / looks}), flush=True)


def control(port: int, name: str) -> Any:
    """Ask the server, or set its mode."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/{name}", timeout=30) as answer:
        return json.loads(answer.read())


def session_cpu(session: int | None = None) -> float:
    """CPU seconds of every process of a session (default: this one), ended ones included.

    Of those that run by the clock that Linux keeps of each, in nanoseconds (clock_getcpuclockid(3));
    of those that have ended by what is written down of them, in hundredths.
    """
    session = os.getsid(0) if session is None else session
    seconds = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                process = int(entry.name)
                if os.getsid(process) == session:
                    fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                    ended = sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
                    seconds += time.clock_gettime(~process << 3 | 2) + ended
    return seconds


# --- the run -----------------------------------------------------------------------


class Side:
    """One of the sides, in a session of its own, with a server's feeds."""

    def __init__(self, name: str, port: int, feeds: int, more: str) -> None:
        self._port, self._feeds = port, feeds
        self._folder = tempfile.TemporaryDirectory()
        arguments = ["--side", name, self._folder.name, str(port), str(feeds), more]
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._asks, self._says = self._process.stdin, self._process.stdout

    def look(self, times: int, mode: str, status: str) -> Measured:
        """Have it look at all feeds so many times; each gets this answer."""
        control(self._port, mode)
        self._asks.write(f"{times}\n")
        self._asks.flush()
        measured = Measured(**json.loads(self._says.readline()))
        counts = control(self._port, "counts")
        assert counts == {status: self._feeds * times}, (mode, counts)
        return measured

    def end(self) -> int:
        """How many articles it has."""
        self._asks.close()
        articles = int(self._says.readline())
        assert self._process.wait(60) == 0
        self._folder.cleanup()
        return articles


def run_round(
    sides: Mapping[str, Side], port: int, feeds: int, phases: Sequence[str], found: Found
) -> None:
    """Go through the phases, the sides in turns."""
    for phase in phases:
        status = "304" if phase.startswith("304") else "200"
        turns, looks = (TURNS, max(1, POLLS_A_TURN // feeds)) if phase == "304" else (1, 1)
        for _ in range(turns):
            mode = MODES[phase]
            for name, side in sides.items():
                if phase == "304 anew":
                    control(port, "hangup")
                found.setdefault((name, phase), []).append(side.look(looks, mode, status))
                mode = "honest" if mode == "news" else mode  # one new entry is there by now


@contextmanager
def server(entries: int) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.bulk", "--entries", str(entries)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def best_peer_workers(entries: int) -> int:
    """The number of threads with which ``reader`` is quickest at 304s of 200 feeds."""
    found: Found = {}
    with server(entries) as port:
        sides = {f"{workers}": Side("peer", port, 200, f"{workers}") for workers in PEER_WORKERS}
        run_round(sides, port, 200, ("first", "304"), found)
        for side in sides.values():
            side.end()
    walls = {n: median(one.wall for one in found[f"{n}", "304"]) for n in PEER_WORKERS}
    print("reader, 304s by threads: " + ", ".join(f"{n}: {w:.2f} s" for n, w in walls.items()))
    return min(walls, key=lambda n: walls[n])


def compare(feeds: int, entries: int, rounds: int, rules: str, workers: int | None) -> None:
    """Print one table."""
    has_peer = workers is not None
    found: Found = {}
    names = {"us": rules} | ({"peer": str(workers)} if has_peer else {})
    for number in range(rounds):
        print(f"{feeds:,} feeds, round {number + 1} of {rounds}", file=sys.stderr)
        with server(entries) as port:
            sides = {name: Side(name, port, feeds, more) for name, more in names.items()}
            run_round(sides, port, feeds, PHASES, found)
            for name, side in sides.items():
                assert (articles := side.end()) == feeds * (entries + 1), (name, articles)
    print(
        f"\n{feeds:,} feeds × {entries} entries, {rounds} round(s) in turns; rules: {rules}; "
        + (f"reader with {workers} threads" if has_peer else "no peer: pip install '.[bench]'")
    )
    print(f"{'':10}{'feeds/s (median, best)':>26}{'CPU ms a feed (median, least)':>34}")
    for phase in PHASES:
        for name in names:
            ones = found[name, phase]
            rates = [feeds / one.wall for one in ones]
            costs = [1_000 * one.cpu / feeds for one in ones]
            print(
                f"{phase:10}{name:6}{median(rates):>10,.0f}{max(rates):>10,.0f}"
                f"{median(costs):>24.2f}{min(costs):>10.2f}"
            )
        if has_peer:
            by_wall = ratios(found, phase, lambda one: one.wall)
            by_cpu = ratios(found, phase, lambda one: one.cpu)
            print(f"{'':10}ratio {by_wall:>20}{by_cpu:>24}   (aim {AIMS[phase]}×)")


def ratios(found: Found, phase: str, of: Callable[[Measured], float]) -> str:
    """How many times the peer takes of what we take: the median of the pairs, and their middle half."""
    peers, ours = ([max(1e-9, of(one)) for one in found[side, phase]] for side in ("peer", "us"))
    pairs = [peer / our for peer, our in zip(peers, ours, strict=True)]
    if len(pairs) < ENOUGH:
        return f"{median(pairs):.1f}×"
    low, _, high = quantiles(pairs, n=4)
    return f"{median(pairs):.1f}× ({low:.1f}-{high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--wide", type=int, default=5_000, help="feeds of the second table; 0: none"
    )
    parser.add_argument("--entries", type=int, default=50, help="of each feed")
    parser.add_argument("--rules", choices=["shipped", "none"], default="shipped")
    parser.add_argument("--peer-workers", type=int, help="default: the best of 1, 4, 16")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side, folder, port, feeds, more = options.side
        urls = [bulk.url(number, int(port)) for number in range(int(feeds))]
        looks = measured_looks()
        if side == "us":
            print(us(urls, Path(folder), looks, more))
        else:
            print(peer(urls, Path(folder), looks, int(more)))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    workers = options.peer_workers
    if workers is None and find_spec("reader") is not None:
        workers = best_peer_workers(options.entries)
    compare(200, options.entries, options.rounds, options.rules, workers)
    if options.wide:
        compare(options.wide, options.entries, 1, options.rules, workers)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
