"""Touches the world: answers that would hold up, fill up or lead astray whoever asks for them.

``TRAPS`` names them all; each is a behaviour for ``hostile.serving``. ``everything`` serves each
at a path of its name.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator, Mapping
from functools import cache

from tests.servers import hostile_bodies
from tests.servers.hostile import Behaviour, Connection, answer, redirect

DRIP = 0.05
"""Seconds between two drops."""
PATIENCE = 120
"""Seconds that a server which says nothing waits for the client to leave."""


# --- answers that do not end -------------------------------------------------------


def drip_body(connection: Connection) -> None:
    """A byte of the announced body now and then."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    connection.drip(itertools.repeat(b"x"), seconds=DRIP)


def drip_chunks(connection: Connection) -> None:
    """A chunk of one byte now and then."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.drip(itertools.repeat(b"1\r\nx\r\n"), seconds=DRIP)


def drip_fields(connection: Connection) -> None:
    """A header field now and then."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.drip((b"X-%d: y\r\n" % n for n in itertools.count()), seconds=DRIP)


def drip_one_field(connection: Connection) -> None:
    """A byte of one header field now and then."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nX: ")
    connection.drip(itertools.repeat(b"y"), seconds=DRIP)


def drip_interim_answers(connection: Connection) -> None:
    """100 Continue, again and again."""
    connection.read_request()
    connection.drip(itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), seconds=DRIP)


def stall(connection: Connection) -> None:
    """Read, and say nothing; asked over TLS, it never begins encryption."""
    connection.sock.settimeout(PATIENCE)
    connection.wait_until_left()


# --- answers without measure -------------------------------------------------------


def pouring(start: bytes, piece: bytes) -> Behaviour:
    """Send a piece again and again, as fast as the client takes it."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        while not connection.server.is_stopping.is_set():
            connection.send(piece)

    return behave


endless_body = pouring(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)
endless_chunks = pouring(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"2000\r\n" + b"x" * 0x2000 + b"\r\n",
)
endless_fields = pouring(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100)
endless_long_fields = pouring(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 1_000 + b"\r\n")
endless_trailers = pouring(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: y\r\n" * 100
)


@cache
def packed_zeros(size: int = 300_000_000) -> bytes:
    """A gzip stream of about a thousandth of its contents; made once."""
    return hostile_bodies.gzip_bomb(size)


@cache
def packed_twice() -> bytes:
    """The same, packed again: what is left is a few hundred bytes."""
    return gzip.compress(packed_zeros(), 9, mtime=0)


def bomb(status: int = 200, encoding: str = "gzip") -> Behaviour:
    """A small body that inflates to 300 MB."""

    def behave(connection: Connection) -> None:
        body = {
            "gzip": packed_zeros,
            "gzip, gzip": packed_twice,
            "deflate": _packed_by_deflate,
        }.get(encoding, _opaque)()
        fields = {"Content_Encoding": encoding, "Content_Type": "application/rss+xml"}
        if status in (301, 302):
            fields["Location"] = "/bomb-behind-302"
        while connection.read_request():
            connection.send(answer(status, body, **fields))

    return behave


@cache
def _packed_by_deflate() -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()


def _opaque() -> bytes:
    # Python packs neither br nor zstd; a client that never offered them must not try.
    return bytes.fromhex("28b52ffd") + b"\0" * 30_000


# --- answers that lead astray ------------------------------------------------------


def redirect_for_ever(connection: Connection) -> None:
    """Another address each time."""
    for turn in itertools.count():
        if not connection.read_request():
            return
        connection.send(redirect(f"?turn={turn}"))


def redirects_to(location: str, status: int = 302) -> Behaviour:
    """One redirect to somewhere."""

    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.send(redirect(location, status))

    return behave


TRAPS: Mapping[str, Behaviour] = {
    "drip-body": drip_body,
    "drip-chunks": drip_chunks,
    "drip-fields": drip_fields,
    "drip-one-field": drip_one_field,
    "drip-interim": drip_interim_answers,
    "stall": stall,
    "endless-body": endless_body,
    "endless-chunks": endless_chunks,
    "endless-fields": endless_fields,
    "endless-long-fields": endless_long_fields,
    "endless-trailers": endless_trailers,
    "bomb": bomb(),
    "bomb-deflate": bomb(encoding="deflate"),
    "bomb-twice": bomb(encoding="gzip, gzip"),
    "bomb-br": bomb(encoding="br"),
    "bomb-zstd": bomb(encoding="zstd"),
    "bomb-behind-302": bomb(302),
    "bomb-behind-404": bomb(404),
    "redirect-loop": redirect_for_ever,
    "redirect-to-file": redirects_to("file:///etc/passwd"),
    "redirect-to-gopher": redirects_to("gopher://127.0.0.1:70/"),
    "redirect-inside": redirects_to("http://127.0.0.1:1/"),
}


def everything(connection: Connection) -> None:
    """Behave as the path's name says; 404 with a list for others."""
    request = connection.peek_request()
    name = request.split(b" ", 2)[1].partition(b"?")[0].strip(b"/").decode("latin-1")
    if (trap := TRAPS.get(name)) is not None:
        trap(connection)
        return
    connection.read_request()
    connection.send(answer(404, "\n".join(_listed()).encode()))


def _listed() -> Iterator[str]:
    yield from (f"/{name}" for name in TRAPS)
