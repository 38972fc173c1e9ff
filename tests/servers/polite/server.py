"""Touches the world: the score server's publishers over HTTP, each at a loopback address of its own.

In a test the clock is the caller's. By hand, or for a reader in another language, it is set over
HTTP, at any of the addresses::

    GET  /-/feeds            the feeds' addresses, one a line
    GET  /-/clock            the server's time
    POST /-/clock            set it: an ISO time, or "+3600" for an hour on
    GET  /-/score?minimum=900&restart=2026-03-02T08:00:00Z
    GET  /-/log              JSON Lines

Control requests are not in the log.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs

from tests.servers.polite.office import Office, log_lines
from tests.servers.polite.score import as_values, score
from tests.servers.polite.values import Answer

_LONGEST_HEAD = 65_536
_CONTROL = "/-/"


@dataclass(slots=True)
class Clock:
    """A clock that is set, and goes on from there at so many times the pace of real time."""

    at: datetime
    pace: float = 0.0
    """0: it stands still."""
    _set_at: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        """The time."""
        return self.at + timedelta(seconds=self.pace * (time.monotonic() - self._set_at))

    def set(self, at: datetime) -> None:
        """Set it."""
        self.at, self._set_at = at, time.monotonic()


def listen_on_loopback(port: int = 0) -> socket.socket:
    """A listening socket at every address of 127/8, and reachable over loopback alone.

    Raises:
        PermissionError: the kernel (before 5.7) binds to a device for root only.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        listener.bind(("0.0.0.0", port))
        listener.listen(2_048)
    except OSError:
        listener.close()
        raise
    return listener


class ScoreServer:
    """An office open to the world from ``with`` to its end, on a thread of its own."""

    def __init__(
        self, office: Office, *, port: int = 0, set_clock: Callable[[datetime], None] | None = None
    ) -> None:
        self.office = office
        self._set_clock = set_clock
        self._listener = listen_on_loopback(port)
        self.port = int(self._listener.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._main, name="score server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def urls(self) -> tuple[str, ...]:
        """Where a reader finds each feed, in the order of their numbers."""
        return tuple(f"http://{feed.host}:{self.port}{feed.path}" for feed in self.office.feeds)

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await self._talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass  # the client has gone, or speaks no HTTP
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(talk, sock=self._listener, limit=_LONGEST_HEAD)
        await self._stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(writer.get_extra_info("sockname")[0])
        is_open = True
        while is_open:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head[:-4].decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
            }
            is_open = headers.get("connection", "").lower() != "close"
            if target.startswith(_CONTROL):
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                writer.write(written(self._control(method, target, body), method))
                continue
            with self.office.answering(method, host, target, headers) as answer:
                if answer.takes:
                    await asyncio.sleep(answer.takes.total_seconds())
                writer.write(written(answer, method))

    def _control(self, method: str, target: str, body: bytes) -> Answer:
        path, _, query = target.removeprefix(_CONTROL).partition("?")
        match method, path:
            case "GET", "feeds":
                return _text("\n".join(self.urls()))
            case "GET", "log":
                return _text("\n".join(log_lines(self.office.log)))
            case "GET", "score":
                return self._score(parse_qs(query))
            case "GET", "clock":
                return _text(self.office.clock().isoformat())
            case "POST", "clock" if self._set_clock is not None:
                try:
                    self._set_clock(self._instant(body.decode("ascii").strip()))
                except ValueError as error:
                    return _text(str(error), status=400)
                return _text(self.office.clock().isoformat())
        return _text("no such control", status=404)

    def _score(self, query: Mapping[str, list[str]]) -> Answer:
        try:
            minimum = timedelta(seconds=float(query.get("minimum", ["900"])[0]))
            restarts = sorted(map(self._instant, query.get("restart", [])))
        except ValueError as error:
            return _text(str(error), status=400)
        rows = score(
            self.office.log,
            self.office.feeds,
            minimum=minimum,
            ended_at=self.office.clock(),
            restarts=restarts,
        )
        return _text(json.dumps(as_values(rows), indent=1))

    def _instant(self, text: str) -> datetime:
        if text.startswith("+"):
            return self.office.clock() + timedelta(seconds=float(text))
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(text: str, status: int = 200) -> Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    return Answer(status=status, headers=headers, body=f"{text}\n".encode())


def written(answer: Answer, method: str = "GET") -> bytes:
    """An answer as HTTP/1.1 on a connection that stays open."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status != 304:
        lines.append(f"Content-Length: {len(answer.body)}")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head if method == "HEAD" else head + answer.body
