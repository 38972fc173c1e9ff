"""Hostile feeds beside good ones, in the real program: each is its own feed's recorded error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from tests.servers import hostile_bodies
from tests.servers.feeds import FeedServer, Item
from tests.service import Service, wait_until

pytestmark = pytest.mark.slow

ALLOWED = "127.0.0.2"
GOOD = [f"/good-{number}.xml" for number in range(10)]
XML = {"Content-Type": "application/rss+xml"}


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte a second, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/rss+xml")
    handler.end_headers()
    while not handler.server.stopping.wait(0.5):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")
        handler.wfile.flush()


@contextmanager
def counting_listener() -> Iterator[tuple[int, list[object]]]:
    """A socket on 127.0.0.1 that must see nobody."""
    seen: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, peer = listener.accept()
                except OSError:
                    return
                seen.append(peer)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_each_hostile_feed_is_its_own_error_while_ten_good_ones_are_polled_on_time(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with ExitStack() as running:
        server = running.enter_context(FeedServer(host=ALLOWED))
        port, seen = running.enter_context(counting_listener())
        good = {path: running.enter_context(FeedServer(host=ALLOWED)) for path in GOOD}
        for path, outlet in good.items():  # each on a port of its own: another host
            item = Item(guid=path, link=f"https://x.example{path}", title=f"Good {path}", html="")
            outlet.set_feed(path, [item], title=path)
        hostile = {
            "/path": ("/etc/passwd", "not a feed"),
            "/device": ("/dev/zero", "not a feed"),
            "/file-url": ("file:///etc/passwd", "not a feed"),
        }
        for path, (body, _) in hostile.items():
            server.set_raw(path, 200, XML, body.encode())
        bomb = hostile_bodies.gzip_bomb()
        server.set_raw("/bomb", 200, {**XML, "Content-Encoding": "gzip"}, bomb)
        server.set_raw("/author", 200, XML, hostile_bodies.almost_an_address_author())
        server.set_raw("/redirect", 302, {"Location": f"http://127.0.0.1:{port}/"}, b"")
        server.set_raw("/to-file", 302, {"Location": "file:///etc/passwd"}, b"")
        server.set_behaviour("/drip", drip)
        expected = {path: reason for path, (_, reason) in hostile.items()} | {
            "/bomb": "too large",
            "/author": "hostile",
            "/redirect": "forbidden address",
            "/to-file": "forbidden scheme",
            "/drip": "timeout",
        }
        feeds = [outlet.url(path) for path, outlet in good.items()]
        feeds += [server.url(path) for path in expected]
        with Service(
            tmp_path, feeds=feeds, poll={"allow_private_hosts": [ALLOWED], "timeout": "4s"}
        ) as it:
            assert it.process is not None

            def reasons() -> dict[str, str | None]:
                listed = it.json("feeds", "list")
                return {
                    feed["url"].removeprefix(server.url("")): feed["reason"]
                    for feed in listed
                    if feed["reason"]
                }

            wait_until(lambda: reasons().keys() >= expected.keys(), 40, "every hostile feed said")
            assert reasons() == expected
            log = it.log()
            core = Path(f"/proc/{it.process.pid}/status").read_text(encoding="ascii")
        assert seen == []
        (rss,) = [int(line.split()[1]) for line in core.splitlines() if line.startswith("VmHWM")]
        assert rss < 400_000  # kB, ever: the bomb was never inflated in the core
        assert not [one for one in log if one["level"] in ("error", "critical")]
        longest = 0.0
        for outlet in good.values():
            times = [one.at for one in outlet.requests]
            assert len(times) >= 4
            longest = max(longest, *(b - a for a, b in pairwise(times)))
        assert longest < 5
        record_property(
            "measured",
            f"core {rss / 1000:.0f} MB at most, longest wait of a good feed {longest:.1f} s,"
            f" connections to the forbidden address {len(seen)}",
        )


def test_a_hostile_title_reaches_the_log_and_the_terminal_as_text(tmp_path: Path) -> None:
    title = "Breaking\u202e\x1b[31m\x07 <!channel> \u2066news"
    with FeedServer() as server:
        server.set_feed("/a.xml", [], title="A")
        with Service(tmp_path, feeds=[{"url": server.url("/a.xml"), "name": "A\u202eB"}]) as it:
            wait_until(lambda: server.counts("/a.xml").requests > 1)
            server.set_raw("/a.xml", 404, {}, title.encode())
            it.wait_for("feed failing")
            listed = it.run("feeds", "list").stdout
    text = it.log_path.read_text(encoding="utf-8")
    for character in "\u202e\x1b\x07\u2066":
        assert character not in text
        assert character not in listed
