"""No request reaches an address that is not public: not by any writing, redirect, or change of name."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits, Request
from monitor.models import FailureReason, FetchError, NotModified, Response
from tests.servers.hostile import OK_EMPTY, Connection, redirect, replies, routes, serving
from tests.servers.polite.server import listen_on_loopback
from tests.servers.resolver import Resolver, ask

LIMITS = Limits(total=timedelta(seconds=5))
OUTSIDE = "127.0.0.2"
"""Stands for a public server."""

FORBIDDEN = (
    # this machine, in every writing that a resolver or a URL parser may understand
    "127.0.0.1",
    "127.0.0.53",
    "127.255.255.254",
    "localhost",
    "LocalHost",
    "localhost.",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.0.0.1",
    "0X7F.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "①②⑦.0.0.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "user:password@127.0.0.1",
    "public.example@127.0.0.1",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    # IPv4 within IPv6
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    # private, shared, link-local, multicast, reserved
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    # names that lead there
    "inside.example",
    "metadata.example",
)
LEADS_TO = {
    "inside.example": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "localhost": ["127.0.0.1", "::1"],
}
REFUSALS = {
    FailureReason.FORBIDDEN_ADDRESS,
    FailureReason.UNREACHABLE,  # no address at all: "%31…" is no host
}


def lookup(host: str, port: int) -> Sequence[str]:
    return LEADS_TO[host.lower().rstrip(".")]


@contextmanager
def counting() -> Iterator[tuple[int, list[str]]]:
    """A port at every address of this machine's loopback, and who was connected to there."""
    seen: list[str] = []
    listeners = [listen_on_loopback()]
    port = int(listeners[0].getsockname()[1])
    with suppress(OSError):  # no IPv6 on this machine
        listeners.append(socket.create_server(("::1", port), family=socket.AF_INET6))

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen.append(str(connection.getsockname()[0]))
            connection.close()

    threads = [threading.Thread(target=accept, args=(one,), daemon=True) for one in listeners]
    for thread in threads:
        thread.start()
    try:
        yield port, seen
    finally:
        for listener, thread in zip(listeners, threads, strict=True):
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            listener.close()


def fetch_all(
    urls: Sequence[str],
    allow: Sequence[str],
    find: Callable[[str, int], Sequence[str]] = lookup,
) -> list[Response | NotModified | FetchError]:
    async def run() -> list[Response | NotModified | FetchError]:
        fetcher = Fetcher(
            limits=LIMITS, user_agent="test/0", allow=AllowList.parse(allow), lookup=find
        )
        try:
            return [await fetcher.fetch(Request(url=url)) for url in urls]
        finally:
            fetcher.close()

    return asyncio.run(run())


def refused(found: Sequence[object], urls: Sequence[str]) -> None:
    wrong = [
        (url, one)
        for url, one in zip(urls, found, strict=True)
        if not (isinstance(one, FetchError) and one.reason in REFUSALS)
    ]
    assert not wrong


def test_the_listener_sees_who_comes() -> None:
    with counting() as (port, seen):
        (found,) = fetch_all([f"http://127.0.0.77:{port}/"], ["127.0.0.77"])
    assert isinstance(found, FetchError)  # it hangs up
    assert seen == ["127.0.0.77"]


def test_there_are_as_many_as_promised() -> None:
    assert len(set(FORBIDDEN)) == len(FORBIDDEN) >= 45


def test_no_forbidden_address_is_connected_to() -> None:
    with counting() as (port, seen):
        urls = [f"http://{host}:{port}/" for host in FORBIDDEN]
        refused(fetch_all(urls, []), urls)
    assert seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_a_forbidden_address(
    status: int, record_property: Callable[[str, object], None]
) -> None:
    with counting() as (port, seen):
        locations = {
            f"/{number}": redirect(f"http://{host}:{port}/", status)
            for number, host in enumerate(FORBIDDEN)
            if host.isascii()
        }
        with serving(routes(locations), host=OUTSIDE) as outside:
            urls = [outside.url + path[1:] for path in locations]
            refused(fetch_all(urls, [f"{OUTSIDE}:{outside.port}"]), urls)
            assert len(outside.requests) == len(locations)
    assert seen == []
    record_property("measured", f"{len(locations)} addresses behind a {status}: connections 0")


def test_a_second_redirect_leads_to_no_forbidden_address_either() -> None:
    with counting() as (port, seen):
        steps = {"/": redirect("/on", 308), "/on": redirect(f"http://inside.example:{port}/", 301)}
        with serving(routes(steps), host=OUTSIDE) as outside:
            refused(fetch_all([outside.url], [OUTSIDE]), [outside.url])
    assert seen == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
    ],
)
def test_a_name_that_changes_to_a_forbidden_address_is_asked_no_more(address: str) -> None:
    """DNS rebinding, with a name server that does it."""

    def answer_once(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    with (
        Resolver([OUTSIDE], [address]) as resolver,
        serving(answer_once, host=OUTSIDE) as outside,
    ):

        def find(host: str, port: int) -> Sequence[str]:
            kinds = (1, 28)
            return list(itertools.chain(*(ask(host, resolver.port, kind) for kind in kinds)))

        inside = "::1" if ":" in address else "127.0.0.1"
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            listener = socket.create_server((inside, outside.port), family=family)
        except OSError:
            pytest.skip("no IPv6 on this machine")
        with listener:
            listener.setblocking(False)
            url = f"http://rebinding.example:{outside.port}/"
            first, second = fetch_all([url, url], [OUTSIDE], find)
            assert isinstance(first, Response)
            refused([second], [url])
            with pytest.raises(BlockingIOError):
                listener.accept()
    assert outside.connections == 1


def test_the_allow_list_opens_exactly_one() -> None:
    with counting() as (port, seen):
        hosts = [host for host in FORBIDDEN if "127.0.0.53" not in host]
        urls = [f"http://{host}:{port}/" for host in (*hosts, "127.0.0.53")]
        fetch_all(urls, [f"127.0.0.53:{port}"])
        refused(fetch_all([f"http://127.0.0.53:{port + 1}/"], [f"127.0.0.53:{port}"]), ["one"])
    assert seen == ["127.0.0.53"]


def test_a_listed_server_that_redirects_inside_opens_nothing_more() -> None:
    with (
        serving(replies(OK_EMPTY)) as inside,
        serving(replies(redirect(inside.url)), host=OUTSIDE) as outside,
    ):
        refused(fetch_all([outside.url], [OUTSIDE]), [outside.url])
    assert inside.connections == 0
