"""Touches the world: HTTP servers on loopback that answer as no server should.

``serving(behave)`` runs ``behave(connection)`` on a thread of its own for each connection and
counts them. A behaviour is any function of a ``Connection``; ``replies`` makes the plain ones.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OK_EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Connection:
    """One accepted connection, as a behaviour sees it."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self._peeked = b""

    def peek_request(self) -> bytes:
        """Look at the next request, and leave it to be read."""
        self._peeked = self._receive()
        return self._peeked

    def read_request(self) -> bytes:
        """Take one request up to its blank line; ``b""`` if the client has gone."""
        request, self._peeked = self._peeked or self._receive(), b""
        if request:
            self.server.requests.append(request)
        return request

    def _receive(self) -> bytes:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            piece = self.sock.recv(65_536)
            if not piece:
                return b""
            request += piece
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, pieces: Iterator[bytes], *, seconds: float) -> None:
        """Send a piece every so often until the client has gone or the server stops."""
        for piece in pieces:
            self.sock.sendall(piece)
            if self.server.is_stopping.wait(seconds):
                return

    def wait_until_left(self) -> None:
        """Read on without an answer until the client hangs up."""
        while self.sock.recv(65_536):
            pass
        self.server.left.set()


Behaviour = Callable[[Connection], None]


class Server:
    """A listening socket, and what has come to it."""

    def __init__(self, listener: socket.socket, scheme: str) -> None:
        self.listener = listener
        self.host, self.port = listener.getsockname()[:2]
        netloc = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"{scheme}://{netloc}:{self.port}/"
        self.connections = 0
        self.requests: list[bytes] = []
        self.left = threading.Event()
        """A client hung up while it waited."""
        self.is_stopping = threading.Event()

    def headers(self, index: int = -1) -> dict[bytes, bytes]:
        """Fields of a request, names in lower case."""
        lines = self.requests[index].split(b"\r\n")[1:-2]
        pairs = (line.partition(b": ") for line in lines)
        return {name.lower(): value for name, _, value in pairs}


@contextmanager
def serving(
    behave: Behaviour,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """Listen on loopback until the block ends; no thread and no socket is left behind."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2_048) as listener:
        server = Server(listener, "https" if tls else "http")
        threads: list[threading.Thread] = []
        socks: list[socket.socket] = []

        def talk(sock: socket.socket) -> None:
            with suppress(OSError), sock:
                if tls is None:
                    behave(Connection(server, sock))
                else:
                    with tls.wrap_socket(sock, server_side=True) as wrapped:
                        behave(Connection(server, wrapped))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    server.connections += 1
                    sock.settimeout(10)
                    socks.append(sock)
                    thread = threading.Thread(target=talk, args=(sock,), daemon=True)
                    threads.append(thread)
                    thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            server.is_stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join(10)
            for sock in socks:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)


def replies(*answers: bytes) -> Behaviour:
    """Answer the requests of a connection with these in turn, then with the last for ever."""

    def behave(connection: Connection) -> None:
        turn = 0
        while connection.read_request():
            connection.send(answers[min(turn, len(answers) - 1)])
            turn += 1

    return behave


def routes(answers: dict[str, bytes]) -> Behaviour:
    """Answer each path with its own bytes."""

    def behave(connection: Connection) -> None:
        while request := connection.read_request():
            path = request.split(b" ", 2)[1].decode("ascii")
            connection.send(answers.get(path, answer(404)))

    return behave


def answer(status: int, body: bytes = b"", **fields: str) -> bytes:
    """Write a whole answer; ``_`` in a field's name stands for ``-``."""
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n"
    for name, value in fields.items():
        head += f"{name.replace('_', '-')}: {value}\r\n"
    return head.encode("latin-1") + b"\r\n" + body


def redirect(location: str, status: int = 302) -> bytes:
    return answer(status, b"elsewhere", Location=location)


def self_signed(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for localhost and 127.0.0.1 with the openssl command.

    Raises:
        FileNotFoundError: there is no such command.
    """
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-keyout",
            str(key),
            "-addext",
            f"subjectAltName=DNS:{name},IP:127.0.0.1",
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
