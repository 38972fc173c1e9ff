"""Mechanism: one HTTP exchange as libcurl's callbacks see it, guarded and bounded.

The callbacks answer ``None`` to go on and ``HANG_UP`` to end the exchange.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from monitor.feeds.addresses import AllowList, is_public
from monitor.feeds.failures import CurlCode, failure, no_connection
from monitor.feeds.http import NOT_MODIFIED, OK, Head, Target, read_head
from monitor.models import FailureReason, FetchError

HANG_UP = 0

_CLOCKS_DIFFER = 0.02
"""Seconds by which libcurl's timer, in whole milliseconds, may be early. A timeout earlier than
that was the one for connecting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one answer may cost."""

    total: timedelta = timedelta(seconds=30)
    """From the first look-up to the last byte, across all redirects; connecting to one host may
    take half of it."""
    max_bytes: int = 10_000_000
    """Of the body as it comes, compressed."""
    max_header_bytes: int = 65_536
    """Of every line before and after the body, interim answers included; for each hop."""
    max_redirects: int = 5

    @property
    def connect(self) -> timedelta:
        """How long connecting to one host may take, encryption included."""
        return self.total / 2


class WantedSocket(Protocol):
    """What libcurl is about to connect to."""

    family: int
    socktype: int
    protocol: int
    addr: tuple[str, int]


@dataclass(slots=True, kw_only=True, eq=False)
class Transfer:
    """One request, and what has come of it so far."""

    target: Target
    addresses: Sequence[str]
    """Of the target's host; none if the host is itself an address."""
    headers: list[bytes]
    limits: Limits
    allow: AllowList
    deadline: float
    """On the monotonic clock."""

    _lines: list[bytes] = field(default_factory=list)
    _header_bytes: int = 0
    _head: Head | None = None
    _body: bytearray = field(default_factory=bytearray)
    _failure: FetchError | None = None

    def on_socket(self, wanted: WantedSocket) -> socket.socket | None:
        """Open a socket for a connection, unless its address is forbidden.

        This is the guard: libcurl asks for each connection, with the address it goes to.
        """
        host, address, port = self.target.host, *wanted.addr[:2]
        if not (is_public(address) or self.allow.permits(host, address, port)):
            found = host if host == address else f"{host} leads to {address}, which"
            self._fail(FailureReason.FORBIDDEN_ADDRESS, f"{found} is not a public address")
            return None
        try:
            return socket.socket(wanted.family, wanted.socktype, wanted.protocol)
        except OSError as error:
            self._fail(FailureReason.UNREACHABLE, f"no socket for {host}: {error.strerror}")
            return None

    def on_header(self, line: bytes) -> int | None:
        """Take a line of a head, or of the trailer after the body."""
        self._header_bytes += len(line)
        if self._header_bytes > self.limits.max_header_bytes:
            return self._fail(
                FailureReason.TOO_LARGE,
                f"the head of the answer is over {self.limits.max_header_bytes:,} bytes",
            )
        if self._head is not None:  # a trailer: counted, not believed
            return None
        if line.strip(b"\r\n"):
            self._lines.append(line)
            return None
        return self._on_head(read_head(self._lines))

    def _on_head(self, head: Head) -> int | None:
        self._lines.clear()
        if head.status < OK:  # an interim answer; the real one follows
            return None
        self._head = head
        if head.status == OK:
            return self._too_large() if head.content_length > self.limits.max_bytes else None
        # Only a 200's body is of use. Hanging up costs the connection; reading on could cost
        # all the time there is. A 304 has no body, so its connection stays.
        return None if head.status == NOT_MODIFIED else HANG_UP

    def on_body(self, chunk: bytes) -> int | None:
        """Keep a piece of the body, up to the limit."""
        if len(self._body) + len(chunk) > self.limits.max_bytes:
            return self._too_large()
        self._body += chunk
        return None

    def result(self, code: int, *, now: float) -> tuple[Head, bytes] | FetchError:
        """Say what came of it, when libcurl has ended it with ``code``; ``now`` is monotonic."""
        if self._head is not None and (self._head.status != OK or code == CurlCode.OK):
            return self._head, bytes(self._body)
        if self._failure is not None:
            return self._failure
        host, port = self.target.host, self.target.port
        if code == CurlCode.OPERATION_TIMEDOUT and now < self.deadline - _CLOCKS_DIFFER:
            return no_connection(host=host, port=port, within=self.limits.connect)
        return failure(code, host=host, port=port, within=self.limits.total)

    def _too_large(self) -> int:
        return self._fail(
            FailureReason.TOO_LARGE, f"the body is over {self.limits.max_bytes:,} bytes"
        )

    def _fail(self, reason: FailureReason, detail: str) -> int:
        self._failure = FetchError(reason=reason, detail=detail)
        return HANG_UP
