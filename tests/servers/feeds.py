"""Touches the world: a real HTTP feed server on loopback, for tests, the demo and for playing.

In a test::

    with FeedServer() as server:
        server.set_feed("/hoggar.xml", [first], title="Hoggar", language="fr")
        ...                                   # poll server.url("/hoggar.xml")
        server.add("/hoggar.xml", second)     # on top, as publishers do
        assert server.counts("/hoggar.xml").not_modified == 3

By hand, any RSS or Atom files of a folder, read again at each request::

    python -m tests.servers.feeds --port 8080 --dir some/folder

A feed answers with a strong ETag and a Last-Modified that change exactly when its bytes do,
honours If-None-Match and If-Modified-Since (RFC 9110, 13.1 and 13.2.2) and packs with gzip
where the client accepts it. Paths are compared as sent, query included; others are a 404,
and every request is counted, also that one.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import signal
import socket
import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from tests.servers.feedxml import Item, Kind, render

__all__ = ["Behaviour", "Counts", "FeedServer", "Item", "Kind", "Request"]

Behaviour = Callable[[BaseHTTPRequestHandler], None]
"""Answers one request by itself: status line, headers, body and pace are its own."""

_CONTENT_TYPES: Mapping[Kind, str] = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came; ``headers`` are keyed in lower case, ``at`` is monotonic seconds."""

    method: str
    path: str
    headers: Mapping[str, str]
    at: float

    @property
    def is_conditional(self) -> bool:
        """Whether it named a version that the client has."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often a path was asked for."""

    requests: int = 0
    conditional: int = 0
    not_modified: int = 0
    """How many 304s went out."""


# --- what stands at a path ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A body that can be asked for conditionally."""

    body: bytes
    content_type: str
    changed_at: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    @property
    def packed_etag(self) -> str:
        """Other bytes on the wire need another strong validator (RFC 9110, 8.8.3.3)."""
        return f'{self.etag[:-1]}-gzip"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    items: tuple[Item, ...]
    kind: Kind
    title: str
    language: str
    document: _Document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def _accepts_gzip(header: str) -> bool:
    for offer in header.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in {"gzip", "x-gzip", "*"}:
            return re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight) is None
    return False


def _is_fresh(headers: Mapping[str, str], etag: str, changed_at: datetime) -> bool:
    """Whether the client's version is this one; an ETag, where given, decides alone."""
    if (known := headers.get("if-none-match")) is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return etag in tags or "*" in tags
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return changed_at <= since.replace(tzinfo=since.tzinfo or UTC)


# --- the server --------------------------------------------------------------------


class FeedServer:
    """Feeds over HTTP on loopback, from ``with`` to its end; all methods are thread-safe.

    Args:
        host: An address of the machine, 127.0.0.1 or another 127.x.y.z to look like another host.
        port: 0 takes a free one.
        directory: Where to look for ``*.xml`` at paths that no method has set.
        on_request: Called with each request as it comes.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        directory: Path | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self._places: dict[str, _Feed | _Raw | Behaviour] = {}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._requests: list[Request] = []
        self._changed = threading.Condition(threading.RLock())
        self._clock = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self._directory = directory
        self._on_request = on_request
        self._http = _HTTPServer((host, port), self)
        self._thread = threading.Thread(
            # How often the thread looks whether to stop: the price of leaving the `with`.
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="feed server",
            daemon=True,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    @property
    def stopping(self) -> threading.Event:
        """Set when the ``with`` ends; a behaviour that dawdles should wait on it."""
        return self._http.stopping

    @property
    def host(self) -> str:
        """The address it listens on."""
        return str(self._http.server_address[0])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    def url(self, path: str = "/") -> str:
        """Where a client finds ``path``."""
        return f"http://{self.host}:{self.port}{path}"

    def set_feed(
        self,
        path: str,
        articles: Iterable[Item],
        *,
        kind: Kind = "rss",
        title: str = "",
        language: str = "",
    ) -> None:
        """Put a feed at ``path``, in the order given; equal bytes keep their validators."""
        items = tuple(articles)
        body = render(items, kind=kind, title=title, language=language, url=self.url(path))
        with self._changed:
            before = self._places.get(path)
            if isinstance(before, _Feed) and before.document.body == body:
                return
            # One second later at each change, and always in the past: two changes within one
            # real second still get two dates.
            self._clock += timedelta(seconds=1)
            document = _Document(
                body=body, content_type=_CONTENT_TYPES[kind], changed_at=self._clock
            )
            self._places[path] = _Feed(
                items=items, kind=kind, title=title, language=language, document=document
            )

    def add(self, path: str, item: Item) -> None:
        """Put a new article on top of the feed at ``path``.

        Raises:
            KeyError: where no feed stands.
        """
        with self._changed:
            feed = self._places[path]
            if not isinstance(feed, _Feed):
                raise KeyError(path)
            self.set_feed(
                path,
                (item, *feed.items),
                kind=feed.kind,
                title=feed.title,
                language=feed.language,
            )

    def set_raw(
        self,
        path: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        """Answer exactly this; a Content-Length is added unless the headers say how it ends."""
        with self._changed:
            self._places[path] = _Raw(status=status, headers=dict(headers or {}), body=body)

    def set_behaviour(self, path: str, behaviour: Behaviour) -> None:
        """Let a function answer; it gets the standard library's handler, request line read."""
        with self._changed:
            self._places[path] = behaviour

    def remove(self, path: str) -> None:
        """Make ``path`` a 404 again; its counts stay."""
        with self._changed:
            self._places.pop(path, None)

    def counts(self, path: str) -> Counts:
        """How often ``path`` was asked for."""
        with self._changed:
            return Counts(**{name.name: self._seen[path, name.name] for name in fields(Counts)})

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request, the oldest first."""
        with self._changed:
            return tuple(self._requests)

    def wait_for_requests(self, path: str, number: int, timeout: float = 10.0) -> None:
        """Wait (seconds) until ``path`` was asked for so often.

        Raises:
            TimeoutError: it was not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.counts(path).requests >= number, timeout):
                raise TimeoutError(f"{path}: {self.counts(path)}, waited for {number} requests")

    # What follows is called by the handler, on its own thread.

    def _record(self, request: Request) -> None:
        with self._changed:
            self._requests.append(request)
            self._seen[request.path, "requests"] += 1
            self._seen[request.path, "conditional"] += request.is_conditional
            self._changed.notify_all()
        if self._on_request:
            self._on_request(request)

    def _record_not_modified(self, path: str) -> None:
        with self._changed:
            self._seen[path, "not_modified"] += 1

    def _find(self, path: str) -> _Document | _Raw | Behaviour:
        with self._changed:
            place = self._places.get(path)
        if isinstance(place, _Feed):
            return place.document
        if place is not None:
            return place
        return self._read(path) or _Raw(status=404, headers={}, body=b"no such feed\n")

    def _read(self, path: str) -> _Document | None:
        """The file of that name; asked of the folder's own list, so no path leads out of it."""
        files = {f"/{file.name}": file for file in _xml_files(self._directory)}
        if (file := files.get(path)) is None:
            return None
        changed_at = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
        return _Document(
            body=file.read_bytes(), content_type="application/xml", changed_at=changed_at
        )


def _xml_files(directory: Path | None) -> list[Path]:
    return sorted(directory.glob("*.xml")) if directory else []


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], feeds: FeedServer) -> None:
        self.feeds = feeds
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The standard one asks the name service for 127.x.y.z, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = (
            str(self.server_address[0]),
            int(self.server_address[1]),
        )

    def process_request(self, request: object, client_address: object) -> None:
        with self._lock:
            self._open.add(request)  # type: ignore[arg-type]
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def close_connections(self) -> None:
        """End the connections that clients keep open, and with them their threads."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that hangs up on a hostile body is what many tests are about.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _HTTPServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.path = self.requestline.split()[1]  # as sent: the standard one folds "//" into "/"
        headers = {name.lower(): value for name, value in self.headers.items()}
        feeds = self.server.feeds
        feeds._record(
            Request(method=self.command, path=self.path, headers=headers, at=time.monotonic())
        )
        match feeds._find(self.path):
            case _Document() as document:
                self._answer_document(document, headers)
            case _Raw() as raw:
                self._answer(raw.status, raw.headers, raw.body)
            case behaviour:
                self.close_connection = True
                behaviour(self)

    do_HEAD = do_GET  # noqa: N815

    def _answer_document(self, document: _Document, headers: Mapping[str, str]) -> None:
        packed = _accepts_gzip(headers.get("accept-encoding", ""))
        etag = document.packed_etag if packed else document.etag
        validators = {
            "ETag": etag,
            "Last-Modified": format_datetime(document.changed_at, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        if _is_fresh(headers, etag, document.changed_at):
            self.server.feeds._record_not_modified(self.path)
            self._answer(304, validators, b"")
            return
        described = validators | {"Content-Type": document.content_type}
        if packed:
            described["Content-Encoding"] = "gzip"
        body = gzip.compress(document.body, mtime=0) if packed else document.body
        self._answer(200, described, body)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        said = {name.lower() for name in headers}
        if status != 304 and not said & {"content-length", "transfer-encoding"}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: tests read ``requests``, the command line prints them."""


# --- for people who want to play ---------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the ``*.xml`` files of a folder until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers.feeds",
        description="Serve the *.xml files of a folder as feeds, read again at each request.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--dir", type=Path, default=Path(), help="the folder (default: here)")
    options = parser.parse_args(arguments)
    if not options.dir.is_dir():
        parser.error(f"--dir: {options.dir} is not a folder")
    with FeedServer(
        options.host, options.port, directory=options.dir, on_request=_print_request
    ) as server:
        names = [f"/{file.name}" for file in _xml_files(options.dir)] or ["/"]
        print("\n".join(server.url(name) for name in names), flush=True)
        # A shell starts what runs in its background with SIGINT ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            server.stopping.wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _print_request(request: Request) -> None:
    kind = "conditional" if request.is_conditional else "unconditional"
    agent = request.headers.get("user-agent", "")
    print(f"{request.method} {request.path!r} {kind} {agent!r}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
