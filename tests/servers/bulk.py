"""Touches the world: thousands of feeds, each at a loopback address of its own, answered quickly.

For measuring readers: a request costs this server a tenth of a millisecond. Feed number ``n``
has so many entries, an ETag and a Last-Modified. How it answers is set at ``/-/MODE`` for all:

    ``honest``    304 where the validators are known, else 200
    ``deaf``      200 with the same bytes, always
    ``news``      as honest, after one new entry on top of each feed
    ``trickle``   as honest; each feed gets a new entry every ten minutes, each at its own minute

``/-/hangup`` closes every connection, as servers do after a minute. ``/-/counts`` says how many 200s
and 304s there were since the last mode, ``/-/arrivals`` which feed was asked when (seconds since
1970), as JSON.
``python -m tests.servers.bulk --entries 50`` prints its port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tests.servers.feedxml import Item, render
from tests.servers.polite.server import listen_on_loopback

TRICKLE = 600
"""Seconds between two new entries of a feed."""
_KNOWN_TAG = re.compile(rb"\r\nif-none-match: ([^\r]*)", re.IGNORECASE)
_STARTED = datetime(2026, 3, 2, 8, tzinfo=UTC)
_NUMBER = b"0000000"
"""Stands in the template where the feed's number comes."""
_WORDS = (
    *("harbour", "ministry", "delegation", "contract", "engineers", "budget", "northern"),
    *("railway", "harvest", "council", "ceremony", "inspection", "reservoir", "festival"),
    *("warehouse", "negotiations", "weather", "museum", "teachers", "bridge"),
)


def address(number: int) -> str:
    """The loopback address of a feed."""
    return f"127.{100 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def url(number: int, port: int) -> str:
    """Where a feed is found."""
    return f"http://{address(number)}:{port}/{number}.xml"


@lru_cache(maxsize=200)
def template(entries: int, newest: int) -> bytes:
    """A feed whose newest entry has a number; a text of sixty words in each."""
    items = []
    for number in range(newest, newest - entries, -1):
        words = [
            _WORDS[(number * 7 + place * (place % 5 + 1)) % len(_WORDS)] for place in range(60)
        ]
        items.append(
            Item(
                guid=f"{_NUMBER.decode()}-{number}",
                link=f"https://bulk-{_NUMBER.decode()}.example/{number}",
                title=f"{' '.join(words[:6])}, no. {number} of {_NUMBER.decode()}",
                html=f"<p>{' '.join(words)} {_NUMBER.decode()} {number}.</p>",
                published_at=_STARTED + timedelta(minutes=number),
            )
        )
    return render(items, title=f"Bulk {_NUMBER.decode()}")


class Bulk:
    """What is served, and how."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._newest = entries
        self._mode = "honest"
        self.counts: Counter[int] = Counter()
        self.arrivals: list[tuple[int, float]] = []
        self.connections: set[asyncio.Transport] = set()

    def set_mode(self, mode: str) -> None:
        """Answer otherwise from now on."""
        self._newest += mode == "news"
        self._mode = mode
        self.counts.clear()
        self.arrivals.clear()

    def answer(self, head: bytes) -> bytes:
        """Answer a request."""
        target = head.split(b" ", 2)[1]
        if target.startswith(b"/-/"):
            return self._control(target[3:].decode("ascii"))
        now, number = time.time(), int(target[1:].partition(b".")[0])
        self.arrivals.append((number, now))
        newest = self._newest
        if self._mode == "trickle":
            newest += int(now + number * 7.3) // TRICKLE % 100
        tag = b'"%d"' % newest
        fields = b"ETag: %s\r\nLast-Modified: version %d\r\n" % (tag, newest)
        known = _KNOWN_TAG.search(head)
        if self._mode != "deaf" and known is not None and known[1] == tag:
            self.counts[304] += 1
            return b"HTTP/1.1 304 Not Modified\r\n" + fields + b"\r\n"
        self.counts[200] += 1
        body = template(self._entries, newest).replace(_NUMBER, b"%07d" % number)
        return _written(body, fields, b"application/rss+xml")

    def _control(self, name: str) -> bytes:
        found: object = {}
        if name == "counts":
            found = self.counts
        elif name == "arrivals":
            found = self.arrivals
        elif name == "hangup":
            found = self._hang_up()
        else:
            self.set_mode(name)
        return _written(json.dumps(found).encode(), b"", b"application/json")

    def _hang_up(self) -> int:
        """Close every connection once this is answered; how many."""
        for transport in self.connections:
            asyncio.get_running_loop().call_soon(transport.close)
        return len(self.connections)


def _written(body: bytes, fields: bytes, kind: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (fields, kind, len(body)) + body


class _Protocol(asyncio.Protocol):
    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._bulk.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._bulk.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._transport.write(self._bulk.answer(self._head))
            self._head = b""


async def _serve(entries: int, port: int) -> None:
    listener = listen_on_loopback(port)
    bulk = Bulk(entries)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(bulk), sock=listener, backlog=4_096
    )
    print(listener.getsockname()[1], flush=True)
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.bulk")
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(arguments)
    asyncio.run(_serve(options.entries, options.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
