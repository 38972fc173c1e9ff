"""Touches the world: a name server on loopback whose names change their address.

::

    with Resolver(["198.51.100.7"], ["127.0.0.1"]) as resolver:
        ask("feeds.example", resolver.port)      # 198.51.100.7 the first time
        ask("feeds.example", resolver.port)      # 127.0.0.1 ever after

It answers A and AAAA questions for any name over UDP, to be remembered for no time (RFC 1035).
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

_HEAD = struct.Struct("!HHHHHH")
_ANSWER, _NO_ERROR, _QUERY = 0x8400, 0x8180, 0x0100
_A, _AAAA, _IN = 1, 28, 1
_POINTER = 0xC00C  # to the name in the question


class Resolver:
    """Answers the n-th question for a name and type with the n-th set; the last one stays."""

    def __init__(self, *turns: Sequence[str], port: int = 0) -> None:
        self._turns = [[ip_address(one) for one in turn] for turn in turns]
        self._asked: Counter[tuple[str, int]] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.port = int(self._socket.getsockname()[1])
        self.questions: list[str] = []
        self._thread = threading.Thread(target=self._serve, name="resolver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))  # an empty datagram ends it
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(4_096)
            if not question:
                return
            try:
                reply = self._reply(question)
            except (IndexError, struct.error, UnicodeDecodeError):
                continue  # no question that could be answered
            self._socket.sendto(reply, client)

    def _reply(self, question: bytes) -> bytes:
        number, _, count, _, _, _ = _HEAD.unpack_from(question)
        name, end = _read_name(question, _HEAD.size)
        kind, _ = struct.unpack_from("!HH", question, end)
        turn = self._asked[name, kind]
        self._asked[name, kind] += 1
        self.questions.append(name)
        addresses = self._turns[min(turn, len(self._turns) - 1)]
        wanted = IPv6Address if kind == _AAAA else IPv4Address
        records = [
            struct.pack("!HHHIH", _POINTER, kind, _IN, 0, len(one.packed)) + one.packed
            for one in addresses
            if isinstance(one, wanted)
        ]
        head = _HEAD.pack(number, _ANSWER | _NO_ERROR, count, len(records), 0, 0)
        return head + question[_HEAD.size : end + 4] + b"".join(records)


def ask(name: str, port: int, kind: int = _A, timeout: float = 5.0) -> list[str]:
    """Ask a name server on loopback for a name's addresses.

    Raises:
        TimeoutError: it did not answer.
    """
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout)
        question = _HEAD.pack(7, _QUERY, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)
        asking.sendto(question, ("127.0.0.1", port))
        reply = asking.recv(4_096)
    _, _, _, count, _, _ = _HEAD.unpack_from(reply)
    _, at = _read_name(reply, _HEAD.size)
    at += 4
    found = []
    for _ in range(count):
        *_, size = struct.unpack_from("!HHHIH", reply, at)
        at += struct.calcsize("!HHHIH")
        found.append(str(ip_address(reply[at : at + size])))
        at += size
    return found


def _read_name(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels), at + 1
