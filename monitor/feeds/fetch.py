"""Touches the world: HTTP, by libcurl on a thread of its own.

::

    fetch(request)                                    on the event loop
        for each hop, all within one deadline but for the waiting:
            read the address        http.parse_target     scheme, host, port
            wait for the host       turns.turn            one at a time, a moment apart
            wait for a free place
            look the name up        names.look_up         a thread for each
            exchange                _Engine               the libcurl thread
                each connection     Transfer.on_socket    may it go to this address?
                each line, chunk    Transfer.on_…         is it within the limits?
            a redirect? next hop    http.next_target
        read the answer             http.read_answer      Response | NotModified | FetchError

Open connections are kept and used again (fewer handshakes for publishers with many feeds). That
cannot get round the guard: libcurl reuses a connection only for the same scheme, host name and
port, and the guard's verdict depends on nothing but these and the address, which an open
connection has already passed with.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import pycurl

from monitor.feeds.addresses import AllowList
from monitor.feeds.failures import CurlCode, failure, no_connection
from monitor.feeds.http import (
    PERMANENT,
    Head,
    Target,
    conditions,
    next_target,
    parse_target,
    read_answer,
)
from monitor.feeds.names import Lookup, look_up, system_lookup
from monitor.feeds.transfer import Limits, Transfer
from monitor.feeds.turns import Turns
from monitor.models import FailureReason, FetchError, NotModified, Response, Trail, Validators

__all__ = ["Fetcher", "Limits", "Request"]

_ACCEPT = (
    b"Accept: application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9,"
    b" */*;q=0.8"
)
_ACCEPT_ENCODING = b"Accept-Encoding: gzip, deflate"
"""As a plain header: libcurl then leaves the body as it came, and the reader inflates it with a
bound."""

_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_WATCHED = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A feed to ask for, and what the publisher said of the version that is known."""

    url: str = field(repr=False)
    validators: Validators = field(default_factory=Validators)
    at: datetime | None = None
    """What time it is, where the clock is another's; dates in the answer are read against it."""
    accept: bytes = _ACCEPT
    """The header that says what is wanted: feeds, unless said otherwise."""
    patience: timedelta | None = None
    """How long it may wait for a host's turn; ``None``: as long as for the whole answer."""


class Fetcher:
    """Asks for feeds; many at once, from one event loop.

    ``allow`` names what may be asked although it is not public. ``lookup`` finds the addresses
    of a host name. With a ``host_gap`` each host gets one request at a time, and that between two;
    a request waits for its turn as long as it has patience. Without one, hosts are not told apart.
    Beyond ``max_in_flight`` those whose turn it is wait for a place. No waiting counts towards the
    deadline.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        user_agent: str,
        allow: AllowList,
        max_in_flight: int = 64,
        host_gap: timedelta | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        if not (user_agent and user_agent.isascii() and user_agent.isprintable()):
            raise ValueError("a User-Agent is printable ASCII")
        self._limits = limits
        self._allow = allow
        self._lookup = lookup
        self._agent = b"User-Agent: " + user_agent.encode("ascii")
        self._places = asyncio.Semaphore(max_in_flight)
        self._turns = None if host_gap is None else Turns(host_gap)
        self._engine = _Engine(max_in_flight)

    async def fetch(self, request: Request) -> Response | NotModified | FetchError:
        """Ask for a feed; whatever the network does comes back as a value.

        Validators go along to every hop: they belong to the resource at the end of the redirects,
        and the same address leads there each time; a server that only redirects ignores them
        (RFC 9110, 13.2.1).

        Raises:
            RuntimeError: the fetcher is closed, or its thread has died.
        """
        self._engine.check()
        return await self._follow(request, time.monotonic() + self._limits.total.total_seconds())

    def busy_hosts(self, within: timedelta) -> frozenset[str]:
        """The hosts that have a request in flight, or may not be asked again within that time."""
        return frozenset() if self._turns is None else self._turns.busy(within)

    async def ping(self) -> None:
        """Return as soon as the libcurl thread comes round; for the watchdog.

        Raises:
            RuntimeError: the fetcher is closed, or its thread has died.
        """
        self._engine.check()
        await self._engine.ping()

    def close(self) -> None:
        """Stop the thread and cancel every fetch that is under way; may be called again."""
        self._engine.close()

    async def _follow(
        self, request: Request, deadline: float
    ) -> Response | NotModified | FetchError:
        asked = conditions(request.validators)
        headers = [request.accept, *asked]
        target = parse_target(request.url)
        trail = Trail()
        is_permanent = True
        for _ in range(self._limits.max_redirects + 1):
            if isinstance(target, FetchError):
                return replace(target, trail=trail)
            host = target.authority
            trail = Trail(host=trail.host or host, end_host=host, moved_to=trail.moved_to)
            came = time.monotonic()
            try:
                async with self._turn(target, request.patience), self._places:
                    deadline += time.monotonic() - came
                    answer = await self._exchange(target, headers, deadline)
            except TimeoutError:
                return replace(_no_turn(target), trail=trail)
            if isinstance(answer, FetchError):
                return replace(answer, trail=trail)
            head, body = answer
            if head.location is None:
                now = request.at or datetime.now(UTC)
                return read_answer(
                    head, body, url=target.url, is_conditional=bool(asked), now=now, trail=trail
                )
            target = next_target(target, head.location)
            is_permanent = is_permanent and head.status in PERMANENT
            if is_permanent and isinstance(target, Target):
                trail = replace(trail, moved_to=target.url)
        return FetchError(
            reason=FailureReason.TOO_MANY_REDIRECTS,
            detail=f"more than {self._limits.max_redirects} redirects",
            trail=trail,
        )

    def _turn(
        self, target: Target, patience: timedelta | None
    ) -> AbstractAsyncContextManager[None]:
        if self._turns is None:
            return nullcontext()
        return self._turns.turn(target.authority, patience or self._limits.total)

    async def _exchange(
        self, target: Target, own: Sequence[bytes], deadline: float
    ) -> tuple[Head, bytes] | FetchError:
        """Send one request and take its answer, whatever its status."""
        addresses = await self._addresses(target, deadline)
        if isinstance(addresses, FetchError):
            return addresses
        headers = [self._agent, _ACCEPT_ENCODING, *own]
        if target.authorization is not None:
            headers.append(b"Authorization: " + target.authorization)
        transfer = Transfer(
            target=target,
            addresses=addresses,
            headers=headers,
            limits=self._limits,
            allow=self._allow,
            deadline=deadline,
        )
        return await self._engine.run(transfer)

    async def _addresses(self, target: Target, deadline: float) -> Sequence[str] | FetchError:
        host, port = target.host, target.port
        if target.is_numeric:
            return ()
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                addresses = await look_up(host, port, self._lookup)
        except TimeoutError:
            return no_connection(host=host, port=port, within=self._limits.total)
        except OSError as error:
            known = failure(
                CurlCode.COULDNT_RESOLVE_HOST, host=host, port=port, within=self._limits.total
            )
            return replace(known, detail=f"{known.detail}: {error.strerror or 'look-up failed'}")
        return addresses


class _Engine:
    """A ``CurlMulti`` and the thread that drives it; orders come through a queue and a bell."""

    def __init__(self, max_connections: int) -> None:
        self._max_idle = max_connections
        self._trust = _trust()
        self._lock = threading.Lock()  # for the next four
        self._orders: list[Callable[[], None]] = []
        self._waiting: set[asyncio.Future[Any]] = set()
        self._has_ended = False
        self._error: BaseException | None = None
        self._bell, self._ringer = socket.socketpair()
        self._poller = select.epoll()
        self._poller.register(self._bell, select.EPOLLIN)
        self._timer_at: float | None = None
        self._running: dict[Any, tuple[Transfer, asyncio.Future[Any]]] = {}
        self._idle: list[Any] = []
        self._told: list[tuple[asyncio.Future[Any], Any]] = []
        self._is_closing = False
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._thread = threading.Thread(target=self._main, name="libcurl", daemon=True)
        self._thread.start()

    # --- called from the event loop ---

    def check(self) -> None:
        """Raise RuntimeError if nothing can be asked any more."""
        if self._has_ended or self._is_closing:
            raise RuntimeError("the fetcher is closed") from self._error

    async def run(self, transfer: Transfer) -> tuple[Head, bytes] | FetchError:
        """Have a request sent, and its answer taken."""
        return await self.ask(partial(self._start, transfer))

    async def ping(self) -> None:
        """Wait until the thread has come round."""
        await self.ask(lambda future: self._tell(future, None))

    async def ask(self, order: Callable[[asyncio.Future[_T]], None]) -> _T:
        """Have the thread do something, and wait until it settles the future.

        Cancelling this takes the future's transfer off the wire.
        """
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        if not self._order(partial(order, future)):
            self._give_up(future)
        try:
            return await future
        except asyncio.CancelledError:
            self._order(partial(self._drop, future))
            raise
        finally:
            self._waiting.discard(future)

    def close(self) -> None:
        """Stop the thread; what waits is cancelled."""
        self._is_closing = True
        self._order(lambda: None)
        self._thread.join()

    def _order(self, order: Callable[[], None]) -> bool:
        with self._lock:
            if self._has_ended:
                return False
            if not self._orders:  # else it has rung already
                self._ringer.send(b"\0")
            self._orders.append(order)
            return True

    def _give_up(self, future: asyncio.Future[Any]) -> None:
        if self._error is None:
            future.cancel()
        elif not future.done():
            error = RuntimeError("the libcurl thread has died")
            error.__cause__ = self._error
            future.set_exception(error)

    # --- the thread ---

    def _main(self) -> None:
        try:
            while not self._is_closing:
                self._turn()
        except Exception as error:  # noqa: BLE001 - raised again in everything that waits
            self._error = error
        with self._lock:
            self._has_ended = True
            self._ringer.close()
        for future in tuple(self._waiting):
            with suppress(RuntimeError):  # its event loop has gone
                future.get_loop().call_soon_threadsafe(self._give_up, future)
        for easy in (*self._running, *self._idle):
            easy.close()
        self._multi.close()
        self._poller.close()
        self._bell.close()

    def _turn(self) -> None:
        wait = None if self._timer_at is None else max(0.0, self._timer_at - time.monotonic())
        for fd, events in self._poller.poll(wait):
            if fd != self._bell.fileno():
                self._multi.socket_action(fd, _seen(events))
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        for order in self._take_orders():
            order()
        _, done, failed = self._multi.info_read()
        for easy in done:
            self._settle(easy, CurlCode.OK)
        for easy, code, _ in failed:
            self._settle(easy, code)
        self._tell_all()

    def _take_orders(self) -> Iterable[Callable[[], None]]:
        with self._lock:
            if not self._orders:
                return ()
            self._bell.recv(1)  # it rang for the first of them
            orders, self._orders = self._orders, []
        return orders

    def _on_watch(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        events = _WATCHED.get(what)
        try:
            if events is None:
                self._poller.unregister(fd)
            else:
                self._poller.modify(fd, events)
        except OSError:  # a new one; or gone: what is closed is watched no more
            if events is not None:
                self._poller.register(fd, events)

    def _on_timer(self, milliseconds: int) -> None:
        self._timer_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _start(self, transfer: Transfer, future: asyncio.Future[Any]) -> None:
        if future.done():  # cancelled before its turn
            return
        easy = self._idle.pop() if self._idle else pycurl.Curl()
        try:
            _prepare(easy, transfer, self._trust)
        except pycurl.error as error:  # a URL of megabytes, for one
            easy.close()
            self._tell(future, transfer.result(error.args[0], now=time.monotonic()))
            return
        self._running[easy] = (transfer, future)
        self._multi.add_handle(easy)

    def _tell(self, future: asyncio.Future[_T], answer: _T) -> None:
        """Settle a future at the end of this turn."""
        self._told.append((future, answer))

    def _tell_all(self) -> None:
        """Settle what was told in this turn, with one call for each event loop."""
        if not self._told:
            return
        told, self._told = self._told, []
        for loop in {future.get_loop() for future, _ in told}:
            ones = [one for one in told if one[0].get_loop() is loop]
            with suppress(RuntimeError):  # the event loop has gone
                loop.call_soon_threadsafe(_settle_all, ones)

    def _drop(self, future: asyncio.Future[Any]) -> None:
        for easy, (_, waiting) in tuple(self._running.items()):
            if waiting is future:
                self._release(easy)

    def _settle(self, easy: Any, code: int) -> None:
        transfer, future = self._running[easy]
        self._release(easy)
        self._tell(future, transfer.result(code, now=time.monotonic()))

    def _release(self, easy: Any) -> None:
        del self._running[easy]
        self._multi.remove_handle(easy)
        if len(self._idle) < self._max_idle:
            easy.reset()
            self._idle.append(easy)
        else:
            easy.close()


def _no_turn(target: Target) -> FetchError:
    return FetchError(
        reason=FailureReason.TIMEOUT,
        detail=f"too many of our own requests wait for {target.authority}",
    )


def _settle_all(told: Iterable[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in told:
        if not future.done():
            future.set_result(answer)


def _seen(events: int) -> int:
    """What epoll saw, as libcurl is told."""
    seen = pycurl.CSELECT_IN if events & select.EPOLLIN else 0
    if events & select.EPOLLOUT:
        seen |= pycurl.CSELECT_OUT
    return seen or pycurl.CSELECT_IN | pycurl.CSELECT_OUT  # an error: it finds out by itself


def _prepare(easy: Any, transfer: Transfer, trust: tuple[int, str] | None) -> None:
    """Set every option; a handle from the pool comes reset.

    Set by their absence: cookies, Referer, netrc, HTTP/0.9, Alt-Svc, HSTS, following redirects.
    """
    target = transfer.target
    left = max(1, int((transfer.deadline - time.monotonic()) * 1000))  # 0 would mean for ever
    connect = int(transfer.limits.connect.total_seconds() * 1000)
    only_http = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    easy.setopt(pycurl.URL, target.url)
    easy.setopt(pycurl.PROTOCOLS, only_http)
    easy.setopt(pycurl.REDIR_PROTOCOLS, only_http)
    easy.setopt(pycurl.PROXY, "")  # not from the environment, either
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.HTTPHEADER, transfer.headers)
    easy.setopt(pycurl.TIMEOUT_MS, left)
    easy.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, min(left, connect)))
    easy.setopt(pycurl.OPENSOCKETFUNCTION, partial(_on_socket, transfer))
    easy.setopt(pycurl.HEADERFUNCTION, transfer.on_header)
    easy.setopt(pycurl.WRITEFUNCTION, transfer.on_body)
    if transfer.addresses:  # "+": to be forgotten after a minute
        numbers = ",".join(transfer.addresses)
        easy.setopt(pycurl.RESOLVE, [f"+{target.host}:{target.port}:{numbers}"])
    if trust is not None:
        easy.setopt(*trust)


def _on_socket(transfer: Transfer, _purpose: int, wanted: Any) -> _Handed | int:
    sock = transfer.on_socket(wanted)
    return int(pycurl.SOCKET_BAD) if sock is None else _Handed(sock)


class _Handed:
    """A socket on its way to libcurl: pycurl duplicates the descriptor and lets go of this."""

    __slots__ = ("_fd",)

    def __init__(self, sock: socket.socket) -> None:
        self._fd = sock.detach()

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


def _trust() -> tuple[int, str] | None:
    """Find the system's root certificates: the libcurl in pycurl's wheel knows one place only.

    A file first: libcurl reads it once for all connections, a directory for each.
    """
    paths = ssl.get_default_verify_paths()  # minds SSL_CERT_FILE and SSL_CERT_DIR
    for file in (paths.cafile, *_CA_FILES):
        if file and os.path.isfile(file):
            return pycurl.CAINFO, file
    return (pycurl.CAPATH, paths.capath) if paths.capath else None
