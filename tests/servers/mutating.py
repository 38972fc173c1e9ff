"""Decides: a feed as damage would leave it: bytes and a number in, other bytes out.

The same bytes and number always give the same damage, so a number is a bug report.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_TOKENS: Sequence[bytes] = (
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"&#0;",
    b"&#xD800;",
    b"&#99999999;",
    b"&nosuch;",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\r",
    b'"',
    b"</item>",
    b"<item>",
    b"</channel>",
    b"<entry>",
    b"<title>",
    b"<pubDate>0000-00-00</pubDate>",
    b"<pubDate>Mon, 31 Feb 10000 25:61:61 +9999</pubDate>",
    b'<guid isPermaLink="maybe"></guid>',
    b"<link>javascript:alert(1)</link>",
    b'<?xml version="1.1" encoding="utf-16"?>',
    b'<!DOCTYPE a [<!ENTITY b "c">]>',
    "\u202e\u0000\U0010ffff".encode(),
)

Damage = Callable[[random.Random, bytearray], None]


def mutated(body: bytes, number: int, most: int = 8) -> bytes:
    """Return the body with one to ``most`` damages."""
    chance = random.Random(number)
    found = bytearray(body)
    for _ in range(chance.randint(1, most)):
        chance.choice(_DAMAGES)(chance, found)
    return bytes(found)


def _place(chance: random.Random, body: bytearray) -> int:
    return chance.randrange(len(body) + 1)


def _flip(chance: random.Random, body: bytearray) -> None:
    if body:
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)


def _insert(chance: random.Random, body: bytearray) -> None:
    at = _place(chance, body)
    body[at:at] = chance.choice(_TOKENS) * chance.choice((1, 1, 1, 50))


def _cut(chance: random.Random, body: bytearray) -> None:
    at = _place(chance, body)
    del body[at : at + chance.choice((1, 10, 300))]


def _end(chance: random.Random, body: bytearray) -> None:
    del body[_place(chance, body) :]


def _repeat(chance: random.Random, body: bytearray) -> None:
    at = _place(chance, body)
    piece = body[at : at + chance.choice((10, 300, 3_000))]
    body[at:at] = piece * chance.choice((1, 2, 20))


def _swap(chance: random.Random, body: bytearray) -> None:
    first, second = sorted((_place(chance, body), _place(chance, body)))
    body[:] = body[second:] + body[first:second] + body[:first]


def _recode(chance: random.Random, body: bytearray) -> None:
    text = bytes(body[:100_000]).decode("utf-8", "replace")
    body[:] = text.encode(chance.choice(("utf-16", "latin-1", "utf-32", "cp1256")), "replace")


_DAMAGES: Sequence[Damage] = (
    _flip,
    _flip,
    _insert,
    _insert,
    _cut,
    _repeat,
    _end,
    _swap,
    _recode,
)
