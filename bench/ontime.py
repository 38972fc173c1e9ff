"""Measures whether thousands of feeds are polled on time, by the real daemon on this machine.

``./dev bench`` or ``python bench/ontime.py``. What is promised is 10,000 feeds every five minutes:
33 polls a second. That rate is the default, scaled: 1,000 feeds every 30 s, for two minutes, each
at a loopback address of its own; ``--feeds 10000 --interval 300 --seconds 900`` is the real thing. A
feed has a new entry every ten minutes. The first polls, all at once, and two intervals after
them are not counted.

A start is late by what it comes after ``next_check_at``, as read from the database while it was
still to come; it is missed if an interval later it has not come.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.polling import control, server, session_cpu
from monitor.store.sqlite import SqliteStore
from tests.servers import bulk
from tests.service import Service, wait_until

Due = tuple[int, float]
"""A feed's number, and when it is to be polled (seconds since 1970)."""


def due_times(database: Path, numbers: Mapping[str, int]) -> set[Due]:
    """What is still to come."""
    now = time.time()
    with closing(SqliteStore.open_reader(database)) as store:
        found = {(numbers[feed.source.url], feed.next_check_at) for feed in store.feeds()}
    return {(number, at.timestamp()) for number, at in found if at.timestamp() > now}


def starts(due: set[Due], arrivals: Sequence[Sequence[float]]) -> dict[Due, float | None]:
    """For each due time the seconds until the feed was asked, ``None`` if it never was."""
    asked: dict[int, list[float]] = {}
    for number, at in arrivals:
        asked.setdefault(int(number), []).append(at)
    found: dict[Due, float | None] = {}
    for number, at in due:
        # A due time is stored to the microsecond; the same clock serves both sides.
        after = [one for one in asked.get(number, ()) if one >= at - 0.001]
        found[number, at] = min(after) - at if after else None
    return found


def memory(session: int) -> tuple[float, float]:
    """MB: the core's own (RSS), and all processes' with what they share counted once (PSS)."""
    core = total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getsid(int(entry.name)) != session:
                continue
            lines = (entry / "smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        total += sizes["Pss"]
        if int(entry.name) == session:
            core = sizes["Rss"]
    return core / 1_000, total / 1_000


def run(feeds: int, interval: int, seconds: int) -> None:
    """Run the daemon, and print one line for each thing that was promised."""
    with tempfile.TemporaryDirectory() as folder, server(10) as port:
        control(port, "trickle")
        numbers = {bulk.url(number, port): number for number in range(feeds)}
        poll = {
            "interval": f"{interval}s",
            "min_interval": f"{interval}s",
            "allow_private_hosts": ["127.0.0.0/8"],
        }
        with Service(Path(folder), feeds=list(numbers), poll=poll) as service:
            assert service.process is not None
            session = service.process.pid
            began = time.monotonic()
            wait_until(
                lambda: sum(control(port, "counts").values()) >= feeds,
                timeout=1_200,
                what="a first poll of each feed",
            )
            print(f"first polls of all: {time.monotonic() - began:.0f} s")
            time.sleep(2 * interval)
            control(port, "trickle")
            due: set[Due] = set()
            began, cpu = time.monotonic(), session_cpu(session)
            while (passed := time.monotonic() - began) < seconds:
                if passed < seconds - interval:
                    due |= due_times(service.database, numbers)
                time.sleep(interval / 6)
            cpu = (session_cpu(session) - cpu) / passed
            wanted = {one for one in due if one[1] < time.time() - interval}
            found = starts(wanted, control(port, "arrivals"))
            counts = control(port, "counts")
            core, total = memory(session)
    report(feeds, interval, seconds, list(found.values()), counts)
    print(f"CPU {cpu:.2f} cores of {os.cpu_count()} (aim 0.5); load {os.getloadavg()[0]:.1f}")
    print(f"core {core:.0f} MB, all processes {total:.0f} MB (aim 600)")


def report(
    feeds: int,
    interval: int,
    seconds: int,
    late: Sequence[float | None],
    counts: Mapping[str, int],
) -> None:
    came = sorted(one for one in late if one is not None)
    cuts = quantiles(came, n=100)
    print(f"{feeds:,} feeds every {interval} s, {seconds} s: answers {dict(counts)}")
    print(
        f"starts after due, {len(came):,}: median {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s (aim 30),"
        f" latest {came[-1]:.2f} s; missed {late.count(None)} (aim 0)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--interval", type=int, default=30, help="seconds")
    parser.add_argument("--seconds", type=int, default=120, help="how long it is measured")
    options = parser.parse_args()
    run(options.feeds, options.interval, options.seconds)


if __name__ == "__main__":
    main()
