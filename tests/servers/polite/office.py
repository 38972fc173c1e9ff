"""Decides: which publisher answers at which address, and keeps the log; knows no network.

The time is that of the clock it is given, so a test (or a control request) sets it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from tests.servers.polite.publishers import PUBLISHERS
from tests.servers.polite.values import Answer, Asked, Exchange, Placed, Publisher

FEEDS_PER_HOST = 5
FIRST_NETWORK = "127.77"
NOT_FOUND = Answer(status=404, headers={"Content-Type": "text/plain"}, body=b"nothing here\n")


def place(
    count: int, publishers: Iterable[Publisher] = PUBLISHERS, per_host: int = FEEDS_PER_HOST
) -> tuple[Placed, ...]:
    """So many feeds, of each publisher in turn, several to a host (127.77.x.y, from 127.77.0.1)."""
    listed = tuple(publishers)
    placed = []
    for number in range(count):
        host = number // per_host + 1
        publisher = listed[number % len(listed)]
        placed.append(
            Placed(
                number=number,
                publisher=publisher,
                host=f"{FIRST_NETWORK}.{host // 256}.{host % 256}",
                path=f"/{number}/{publisher.name}",
            )
        )
    return tuple(placed)


class Office:
    """The publishers of some feeds; thread-safe."""

    def __init__(self, feeds: Iterable[Placed], clock: Callable[[], datetime]) -> None:
        self.feeds = tuple(feeds)
        self.clock = clock
        self.started = clock()
        self._places = {
            (feed.host, path): feed for feed in self.feeds for path in (feed.path, feed.moved_path)
        }
        self._log: list[Exchange] = []
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def log(self) -> tuple[Exchange, ...]:
        """Every exchange so far, the oldest first."""
        with self._lock:
            return tuple(self._log)

    def answer(self, method: str, host: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer a request at once, and write both down; ``headers`` by lower-case name."""
        with self.answering(method, host, target, headers) as answer:
            return answer

    @contextmanager
    def answering(
        self, method: str, host: str, target: str, headers: Mapping[str, str]
    ) -> Iterator[Answer]:
        """The answer to a request that is in flight for as long as the block takes."""
        path, _, query = target.partition("?")
        at = self.clock()
        feed = self._places.get((host, path))
        if feed is None:
            answer = NOT_FOUND
        else:
            answer = feed.publisher.answer(
                Asked(
                    feed=feed.number,
                    base=feed.path,
                    path=path,
                    headers=headers,
                    at=at,
                    since=at - self.started,
                )
            )
        with self._lock:
            self._in_flight[host] += 1
            self._log.append(
                Exchange(
                    feed=None if feed is None else feed.number,
                    method=method,
                    host=host,
                    path=path,
                    query=query,
                    headers=headers,
                    at=at,
                    in_flight=self._in_flight[host],
                    answer=answer,
                )
            )
        try:
            yield answer
        finally:
            with self._lock:
                self._in_flight[host] -= 1


def log_lines(log: Iterable[Exchange]) -> Iterator[str]:
    """The log as JSON Lines, for people."""
    for one in log:
        yield json.dumps(
            {
                "at": one.at.isoformat(),
                "feed": one.feed,
                "request": f"{one.method} {one.path}{'?' if one.query else ''}{one.query}",
                "host": one.host,
                "if-none-match": one.etag,
                "if-modified-since": one.last_modified,
                "in_flight": one.in_flight,
                "status": one.answer.status,
                "etag": one.answer.etag,
                "last-modified": one.answer.last_modified,
                "not_before": one.answer.not_before and one.answer.not_before.isoformat(),
            }
        )
