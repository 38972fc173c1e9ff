"""Measures how a healthy destination fares among stuck ones: ours, and plain Apprise beside it.

``python bench/lanes.py``: 1,000 alerts, ten a second, for twenty webhooks that drip, a mail server
that does not answer, and one webhook that is well. Apprise gets the same alerts, one ``notify``
after another in a process of its own with its defaults, for as long as ours took.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import isolation


def plain(urls: list[str], alerts: int, per_second: float, began: float) -> None:
    """Everything to everyone, by Apprise alone."""
    from apprise import Apprise

    services = Apprise()
    services.add(urls)
    for number in range(alerts):
        time.sleep(max(0, began + number / per_second - time.monotonic()))
        services.notify(title=f"Story {number:05}", body="Our own words about a story.")


def measure_plain(alerts: int, per_second: float, seconds: float) -> str:
    with isolation.destinations() as (healthy, urls):
        arrivals = isolation.Arrivals(healthy)
        began = time.monotonic()
        arguments = (list(urls.values()), alerts, per_second, began)
        process = multiprocessing.get_context("spawn").Process(target=plain, args=arguments)
        process.start()
        process.join(seconds)
        process.kill()
        process.join()
        arrivals.stop()
    late = [
        arrivals.at[title] - began - number / per_second
        for number in range(alerts)
        if (title := f"Story {number:05}") in arrivals.at
    ]
    median, p95, worst = isolation.spread(late)
    return (
        f"{alerts} alerts, missing after {seconds:.0f} s: {alerts - len(late)}; seconds of those that"
        f" came: median {median:.2f}, p95 {p95:.2f}, worst {worst:.2f}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alerts", type=int, default=1000)
    options.add_argument("--per-second", type=float, default=10)
    chosen = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ours = isolation.measure(Path(folder), chosen.alerts, chosen.per_second)
    took = time.monotonic() - began
    print(f"news-monitor   {ours}")
    print(f"plain Apprise  {measure_plain(chosen.alerts, chosen.per_second, took)}")


if __name__ == "__main__":
    main()
