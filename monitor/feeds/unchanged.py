"""Decides: which entries of a document are byte for byte those of the last one, and need no reading.

A feed with one new entry has forty-nine that were read at the poll before. A document is cut at
its entries, and each has a fingerprint: of its text, of what stands before all entries but for
dates (bases, namespaces, the feed's own link), and of whether its guid is its own. An entry whose
fingerprint was there last time would become the article that it became then.

Where it is not plain that the pieces are the entries, nothing is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import unescape

from monitor.feeds import blocks

SIZE = 8
"""Bytes of a fingerprint: of a feed's own entries no two meet by chance, and no others are asked."""

_DATED = re.compile(
    r"<!--.{0,20000}?-->"
    r"|<((?:[\w.-]{1,50}:)?(?:lastBuildDate|pubDate|updated|modified|date))\b[^<>]{0,500}>"
    r"[^<>]{0,500}</\1\s{0,20}>",
    re.DOTALL,
)
"""What may change before the entries without a meaning for them."""
_GUID = re.compile(
    r"""<(?:[\w.-]{1,50}:)?(?:guid|id)\b[^<>]{0,500}>(?:\s*<!\[CDATA\[)?([^<>]{0,2000}?)(?:\]\]>\s*)?</"""
    r"""|a(?<!\wa)bout\s*=\s*["']([^"'<>]{0,2000})["']"""
)
"""Each of the two begins with a letter of its own: a search leaps from one such letter to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A document without the entries that were there last time."""

    text: str
    entries: int
    """How many there are in the whole document; 0 where it cannot be told."""
    unchanged: int
    """How many of them were left out."""
    fingerprints: bytes
    """Of all entries, for the next time; empty where nothing can be left out."""


def fresh(text: str, url: str, known: bytes) -> Fresh:
    """A well-formed document without the entries whose fingerprints are known."""
    head, pieces, tail = blocks.split(text)
    marks = _fingerprints(head, pieces, url)
    seen = {known[at : at + SIZE] for at in range(0, len(known), SIZE)}
    kept = [piece for piece, mark in zip(pieces, marks, strict=True) if mark not in seen]
    if not all(map(blocks.is_whole, kept)):  # those that are known have been found to be so
        return Fresh(text=text, entries=0, unchanged=0, fingerprints=b"")
    return Fresh(
        text=text if len(kept) == len(pieces) else head + "".join(kept) + tail,
        entries=len(pieces),
        unchanged=len(pieces) - len(kept),
        fingerprints=b"".join(marks),
    )


def _fingerprints(head: str, pieces: Sequence[str], url: str) -> list[bytes]:
    around = blake2b(f"{url}\n{_DATED.sub('', head)}".encode(), digest_size=SIZE).digest()
    guids = list(map(_guid, pieces))
    times = Counter(guids)
    return [
        blake2b(
            piece.rstrip().encode(),
            digest_size=SIZE,
            key=around,
            person=b"shared" if times[guid] > 1 else b"",
        ).digest()
        for piece, guid in zip(pieces, guids, strict=True)
    ]


def _guid(piece: str) -> str:
    found = _GUID.search(piece)
    return unescape(found[1] or found[2] or "").strip() if found else ""
