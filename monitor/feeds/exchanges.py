"""Touches the world: has libcurl send requests and take the answers, many at once, on the event loop.

libcurl says for each of its sockets what it waits for, and when it wants to be called although
nothing has come. The sockets are watched by an epoll set of our own, and the event loop watches
nothing but that set, which is readable while one of them is (epoll(7)): whatever has come by then
is seen to in one turn.

The socket of a kept connection stays in the set while nobody uses it, and is found there by its next
request: to take it out and put it in again would cost a thirtieth of a poll that finds nothing new.
It goes when something comes on it, which is nearly always its end; one that is closed leaves the set
by itself, and the next that gets its number says that it is new.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import ssl
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pycurl

from monitor.feeds.failures import CurlCode
from monitor.feeds.http import Head
from monitor.feeds.transfer import Transfer
from monitor.models import FetchError

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

IDLE = timedelta(minutes=2)
"""After which libcurl uses no connection any more (CURLOPT_MAXAGE_CONN(3): 118 s); most servers have
closed it by then."""


class Exchanges:
    """The exchanges of one event loop, that which runs when the first begins.

    So many connections are kept to be used again; when there is one more, that goes which was not
    used for longest. None is used that was not for ``IDLE``.
    """

    def __init__(self, connect: timedelta, max_kept: int) -> None:
        self._trust = _trust()
        self._connect = connect
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poller = select.epoll()
        self._watched: set[int] = set()
        self._in_set: dict[int, int] = {}
        self._wanted_at: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._running: dict[Any, _Handle] = {}
        self._unused: list[_Handle] = []
        self._to_forget: list[str] = []
        self._is_closed = False
        self._error: Exception | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_kept)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    async def run(self, transfer: Transfer) -> tuple[Head, bytes] | FetchError:
        """Send a request and take its answer; cancelled, it is taken off the wire.

        Raises:
            RuntimeError: libcurl has failed, and nothing more can be asked.
        """
        loop = self._begun()
        handle = self._unused.pop() if self._unused else self._new_handle()
        try:
            handle.prepare(transfer, self._forgetting())
        except pycurl.error as error:  # a URL of megabytes, for one
            handle.easy.close()
            return transfer.result(error.args[0], now=time.monotonic())
        handle.ended = loop.create_future()
        self._running[handle.easy] = handle
        try:
            self._multi.add_handle(handle.easy)
        except pycurl.error as error:
            self._end_all(error)
        try:
            code = await handle.ended
        finally:
            self._release(handle)
            if transfer.addresses or handle.has_connected:
                self._to_forget.append(f"-{_place(transfer)}")
        return transfer.result(code, now=time.monotonic())

    def check(self) -> None:
        """Raise RuntimeError if nothing can be asked any more."""
        if self._is_closed:
            raise RuntimeError("the fetcher is closed") from self._error

    def close(self) -> None:
        """Cancel what is under way and close every connection; may be called again."""
        self._end_all(None)

    def _end_all(self, error: Exception | None) -> None:
        """Close everything; what waits is cancelled, or told of the error: nothing else would."""
        if self._is_closed:
            return
        self._is_closed, self._error = True, error
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._poller.fileno())
            for ended in (handle.ended for handle in self._running.values()):
                if error is None:
                    ended.cancel()
                elif not ended.done():
                    ended.set_exception(_failed(error))
        if self._alarm is not None:
            self._alarm.cancel()
        for handle in (*self._unused, *self._running.values()):
            handle.easy.close()
        self._unused.clear()
        self._running.clear()
        self._multi.close()
        self._poller.close()

    def _begun(self) -> asyncio.AbstractEventLoop:
        if self._error is not None:
            raise _failed(self._error)
        if self._is_closed:  # while this waited for its turn
            raise asyncio.CancelledError
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._poller.fileno(), self._on_ready)
        return self._loop

    def _forgetting(self) -> list[str]:
        """Have libcurl forget the addresses of hosts that have been asked.

        It goes through all that it knows for each new connection, and would know them for a
        minute; nobody asks again so soon, and who does brings the addresses along.
        """
        forgotten, self._to_forget = self._to_forget, []
        return forgotten

    def _new_handle(self) -> _Handle:
        handle = _Handle(self._connect, self._trust)
        handle.easy.setopt(pycurl.SOCKOPTFUNCTION, self._on_new_socket)
        return handle

    def _release(self, handle: _Handle) -> None:
        if self._running.pop(handle.easy, None) is not None:  # else all was closed meanwhile
            self._multi.remove_handle(handle.easy)
            self._unused.append(handle)
        del handle.transfer

    # --- what libcurl asks for, and what it gets ---

    def _on_new_socket(self, fd: int, _purpose: int) -> int:
        """Remember of a connection's socket that it is not in the set, whatever had its number."""
        self._in_set.pop(fd, None)
        return int(pycurl.SOCKOPT_OK)

    def _on_watch(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            return
        self._watched.add(fd)
        events = _WATCHED[what]
        if self._in_set.get(fd) == events:
            return
        try:
            self._poller.modify(fd, events)
        except FileNotFoundError:
            self._poller.register(fd, events)
        self._in_set[fd] = events

    def _on_timer(self, milliseconds: int) -> None:
        """Remember when libcurl wants to be called; an alarm that comes too early is set again."""
        if milliseconds < 0:
            self._wanted_at = None
            return
        self._wanted_at = time.monotonic() + milliseconds / 1000
        if self._alarm is None or self._wanted_at < self._alarm.when():
            self._set_alarm(self._wanted_at)

    def _set_alarm(self, at: float) -> None:
        assert self._loop is not None
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(at, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        if self._wanted_at is None:
            return
        if time.monotonic() < self._wanted_at:
            self._set_alarm(self._wanted_at)
            return
        self._wanted_at = None
        self._go_on([(pycurl.SOCKET_TIMEOUT, 0)])

    def _on_ready(self) -> None:
        seen = []
        for fd, events in self._poller.poll(0):
            if fd in self._watched:
                seen.append((fd, _seen(events)))
            else:
                self._poller.unregister(fd)
                del self._in_set[fd]
        self._go_on(seen)

    def _go_on(self, seen: Iterable[tuple[int, int]]) -> None:
        """Tell libcurl what has come, and wake those whose exchanges have ended."""
        try:
            for fd, events in seen:
                self._multi.socket_action(fd, events)
        except pycurl.error as error:
            self._end_all(error)
            return
        _, done, failed = self._multi.info_read()
        for easy in done:
            self._end(easy, CurlCode.OK)
        for easy, code, _ in failed:
            self._end(easy, code)

    def _end(self, easy: Any, code: int) -> None:
        ended = self._running[easy].ended
        if not ended.done():
            ended.set_result(code)


def _failed(error: Exception) -> RuntimeError:
    failure = RuntimeError("libcurl has failed")
    failure.__cause__ = error
    return failure


def _seen(events: int) -> int:
    """What epoll saw, as libcurl is told."""
    seen = pycurl.CSELECT_IN if events & select.EPOLLIN else 0
    if events & select.EPOLLOUT:
        seen |= pycurl.CSELECT_OUT
    return seen or pycurl.CSELECT_IN | pycurl.CSELECT_OUT  # an error: it finds out by itself


class _Handle:
    """One of libcurl's handles, for one transfer after another.

    Set by their absence: cookies, Referer, netrc, HTTP/0.9, Alt-Svc, HSTS, following redirects.
    """

    transfer: Transfer
    """What it is used for; none while it is not."""
    has_connected: bool
    """Whether that took a new connection."""
    ended: asyncio.Future[int]

    def __init__(self, connect: timedelta, trust: tuple[int, str] | None) -> None:
        self.easy = easy = pycurl.Curl()
        only_http = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
        easy.setopt(pycurl.PROTOCOLS, only_http)
        easy.setopt(pycurl.REDIR_PROTOCOLS, only_http)
        easy.setopt(pycurl.PROXY, "")  # not from the environment, either
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(connect.total_seconds()))
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._on_socket)
        easy.setopt(pycurl.HEADERFUNCTION, self._on_header)
        easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
        if trust is not None:
            easy.setopt(*trust)

    def prepare(self, transfer: Transfer, forgotten: list[str]) -> None:
        """Set whatever a transfer has of its own: each of these, for each transfer."""
        self.transfer = transfer
        self.has_connected = False
        resolve = forgotten
        if transfer.addresses:  # "+": to be forgotten after a minute
            resolve = [*forgotten, f"+{_place(transfer)}:{','.join(transfer.addresses)}"]
        self.easy.setopt(pycurl.URL, transfer.target.url)
        self.easy.setopt(pycurl.HTTPHEADER, transfer.headers)
        self.easy.setopt(pycurl.TIMEOUT_MS, _milliseconds(transfer.deadline - time.monotonic()))
        self.easy.setopt(pycurl.RESOLVE, resolve)

    # --- what libcurl tells of it: only while it has a transfer ---

    def _on_socket(self, _purpose: int, wanted: Any) -> _Handed | int:
        self.has_connected = True
        sock = self.transfer.on_socket(wanted)
        return int(pycurl.SOCKET_BAD) if sock is None else _Handed(sock)

    def _on_header(self, line: bytes) -> int | None:
        return self.transfer.on_header(line)

    def _on_body(self, chunk: bytes) -> int | None:
        return self.transfer.on_body(chunk)


def _milliseconds(seconds: float) -> int:
    """As libcurl is told them: 0 would mean for ever."""
    return max(1, int(seconds * 1000))


def _place(transfer: Transfer) -> str:
    """Under which name libcurl remembers a host's addresses."""
    return f"{transfer.target.host}:{transfer.target.port}"


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
