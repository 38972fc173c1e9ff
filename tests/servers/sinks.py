"""Touches the world: a real SMTP and a real webhook server on loopback that keep what they get.

In a test::

    with SmtpSink() as smtp, WebhookSink() as webhook:
        ...                                   # mailto://127.0.0.1:{smtp.port}, json://…
        (mail,) = smtp.wait_for(1)            # parsed: mail["Subject"], mail.get_body(("html",))
        webhook.answer = 500                  # from now on; also "hang" and "drip"
        assert webhook.bodies == [...]

By hand, each message into a file of its own, on disk before it is acknowledged::

    python -m tests.servers.sinks --smtp 2525 --webhook 8081 --dir some/folder

It prints the ports in one line of JSON (a port 0 is chosen by the system), and ends at SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

__all__ = ["Post", "SmtpSink", "WebhookSink"]

Answer = int | Literal["hang", "drip"]
"""An HTTP status; or nothing at all; or a byte a second, for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request to the webhook; ``headers`` are keyed in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _Kept:
    """What a sink received, in memory and, where there is a folder, on disk."""

    def __init__(self, directory: Path | None, prefix: str, suffix: str) -> None:
        self._directory = directory
        self._prefix, self._suffix = prefix, suffix
        self._items: list[Any] = []
        self._arrived = threading.Condition()
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self._before = len(list(directory.glob(f"{prefix}-*{suffix}"))) if directory else 0

    def keep(self, item: Any, content: bytes) -> None:
        """Add a message; it is on disk when this returns."""
        with self._arrived:
            number = self._before + len(self._items) + 1
            if self._directory is not None:
                _write(self._directory / f"{self._prefix}-{number:06}{self._suffix}", content)
            self._items.append(item)
            self._arrived.notify_all()

    def items(self) -> list[Any]:
        with self._arrived:
            return list(self._items)

    def wait_for(self, count: int, timeout: float) -> list[Any]:
        """Return the messages once there are so many.

        Raises:
            AssertionError: if there are fewer when the time (seconds) is up.
        """
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._items) >= count, timeout)
            got = len(self._items)
            assert got >= count, f"{got} of {count} messages came within {timeout} s"
            return list(self._items)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, or not at all, whatever happens next."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SmtpSink:
    """An SMTP server that takes every mail, from anyone, with any password, to anyone.

    With ``tls`` it speaks nothing else from the first byte, or, where it is to be asked for it, from
    STARTTLS on; with a ``login`` it takes mail from nobody else.
    """

    def __init__(
        self,
        port: int = 0,
        directory: Path | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        is_asked_for_tls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.port = port
        self._tls, self._is_asked_for_tls, self._only = tls, is_asked_for_tls, login
        self.answer = "250 OK"
        """To each mail; ``554 no`` refuses it, and "hang" never answers."""
        self.recipients: list[tuple[str, ...]] = []
        """Of each mail's envelope, in the order of ``mails``."""
        self.logins: list[tuple[str, str]] = []
        self._kept = _Kept(directory, "mail", ".eml")
        self._protocols: list[SMTP] = []
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def mails(self) -> list[EmailMessage]:
        return self._kept.items()

    def wait_for(self, count: int, timeout: float = 10) -> list[EmailMessage]:
        return self._kept.wait_for(count, timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_ready.wait(10), "the SMTP server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_over = asyncio.Event()
        at_once = None if self._is_asked_for_tls else self._tls
        server = await self._loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=at_once)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._is_over.wait()
        server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            self,
            hostname="sink.example",
            tls_context=self._tls if self._is_asked_for_tls else None,
            require_starttls=self._is_asked_for_tls,
            auth_require_tls=self._is_asked_for_tls,
            authenticator=self._login,
        )
        self._protocols.append(protocol)
        return protocol

    def _login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=self._only in (None, login))

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd asks for
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self._only is not None and not session.authenticated:
            return "530 5.7.0 who are you?"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd asks for
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.answer == "hang":
            await self._is_over.wait()
        if self.answer.startswith("2"):
            content = bytes(envelope.content or b"")
            self.recipients.append(tuple(envelope.rcpt_tos))
            self._kept.keep(message_from_bytes(content, policy=policy.default), content)
        return self.answer


class WebhookSink:
    """An HTTP server that takes every POST; it answers ``answer`` to each."""

    def __init__(self, port: int = 0, directory: Path | None = None) -> None:
        self.answer: Answer = 200
        self.location = ""
        """Sent with every answer, if there is one."""
        self.asked = 0
        """How many requests came, answered or not."""
        self._kept = _Kept(directory, "hook", ".json")
        self._is_over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def posts(self) -> list[Post]:
        """Every request that was answered with a 2xx."""
        return self._kept.items()

    @property
    def bodies(self) -> list[Any]:
        """The JSON of each of them."""
        return [post.json() for post in self.posts]

    def wait_for(self, count: int, timeout: float = 10) -> list[Post]:
        return self._kept.wait_for(count, timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sink._take(self)

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        self.asked += 1
        if self.answer == "hang":
            self._is_over.wait()
            return
        if self.answer == "drip":
            self._drip(request)
            return
        if 200 <= self.answer < 300:
            headers = {name.lower(): value for name, value in request.headers.items()}
            post = Post(method=request.command, path=request.path, headers=headers, body=body)
            self._kept.keep(post, body)
        request.send_response(self.answer)
        if self.location:
            request.send_header("Location", self.location)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        """Send a header that does not end: no timeout between two reads ever strikes."""
        try:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self._is_over.wait(1):
                request.wfile.write(b".")
        except OSError:
            pass  # whoever asked has given up


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--smtp", type=int, default=0, metavar="PORT")
    parser.add_argument("--webhook", type=int, default=0, metavar="PORT")
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with (
        SmtpSink(options.smtp, options.dir) as smtp,
        WebhookSink(options.webhook, options.dir) as webhook,
    ):
        print(json.dumps({"smtp": smtp.port, "webhook": webhook.port}), flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
