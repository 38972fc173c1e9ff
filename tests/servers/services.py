"""Touches the world: the hosts of chat services, played by one server that keeps what they get.

Whoever posts must go through it as a proxy, and trust its authority::

    with Services() as services:
        services.adopt(monkeypatch.setenv, tmp_path)   # HTTPS_PROXY, HTTP_PROXY, a CA bundle
        ...                                            # slack://…, unmodified
        (call,) = services.calls                       # call.host, call.path, call.json()

It takes ``CONNECT host:443``, answers with a certificate of its own for that host, and then for the
service as a friendly one would. No name is looked up and nothing leaves the machine.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

import trustme

from tests.servers.sinks import Post

ANSWERS = {
    "hooks.slack.com": b"ok",
    "api.telegram.org": b'{"ok": true, "result": {"message_id": 1, "chat": {"id": 1}}}',
}
_OTHERS = b'{"id": "1", "ok": true, "status": 1, "result": "success"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Post):
    """One request, and the host that it was meant for."""

    host: str

    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


class Services:
    """Every host there is, over TLS and without."""

    def __init__(self) -> None:
        self.status: int | Literal["hang"] = 200
        """Of every answer from now on; with a 429 goes a Retry-After."""
        self.retry_after = "30"
        self.authority = trustme.CA()
        self._is_over = threading.Event()
        self._context = cache(self._made_context)
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def adopt(self, setenv: Callable[[str, str], None], folder: Path) -> None:
        """Make the HTTP clients of this process, and of its children, come here."""
        for name, value in self.environment(folder).items():
            setenv(name, value)

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What does so for another process."""
        bundle = folder / "authority.pem"
        self.authority.cert_pem.write_to_path(str(bundle))
        proxies = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
        nowhere = dict.fromkeys(("NO_PROXY", "no_proxy"), "")
        return {
            **dict.fromkeys(proxies, self.url),
            **nowhere,
            "REQUESTS_CA_BUNDLE": str(bundle),
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _made_context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(context)
        return context

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        services = self

        class Handler(BaseHTTPRequestHandler):
            host = ""

            def do_CONNECT(self) -> None:
                self.host = self.path.rpartition(":")[0]
                self.send_response(200)
                self.end_headers()
                with services._lock:
                    context = services._context(self.host)
                try:
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                except OSError:  # whoever asked does not trust us, or has gone
                    self.close_connection = True
                    return
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", 0)
                self.close_connection = False

            def do_POST(self) -> None:
                services._take(self, self.host)

            do_GET = do_PUT = do_POST  # noqa: N815

            def finish(self) -> None:
                try:
                    super().finish()
                finally:
                    self.connection.close()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _take(self, request: BaseHTTPRequestHandler, host: str) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        parts = urlsplit(request.path)
        call = Call(
            method=request.command,
            path=parts.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            host=host or parts.hostname or "",
        )
        with self._lock:
            self._calls.append(call)
        if self.status == "hang":
            self._is_over.wait()
            return
        answer: Any = ANSWERS.get(call.host, _OTHERS)
        request.send_response(self.status)
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            request.send_header("Retry-After", self.retry_after)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(answer)))
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(answer)
        request.close_connection = True
