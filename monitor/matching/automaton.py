"""Mechanism: daachorse, which finds many patterns of bytes in one pass (Aho and Corasick 1975).

Its double array can be laid out for what it will read, so that the states which texts visit lie
together. Where it has no wheel (Linux on ARM), ahocorasick_rs finds the same, slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Place = tuple[int, int, int]
"""Where a pattern begins and ends, and its number."""

Search = Callable[[bytes], Sequence[Place]]

try:
    from daachorse import DoubleArrayAhoCorasick
except ImportError:
    is_laid_out = False
else:
    is_laid_out = True
"""Whether what was read makes a search for it quicker."""


def quickest(patterns: Sequence[bytes], read: Sequence[bytes] = ()) -> Search:
    """A search that reports every place of every pattern, be they inside one another.

    ``read`` are texts like those to be searched in.
    """
    if not is_laid_out:
        return portable(patterns)
    built = DoubleArrayAhoCorasick(list(patterns), corpus=list(read) or None)
    search: Search = built.find_overlapping
    return search


def portable(patterns: Sequence[bytes]) -> Search:
    """The same, by the library that has wheels for every machine."""
    from ahocorasick_rs import BytesAhoCorasick, MatchKind  # noqa: PLC0415 - may not be there

    found = BytesAhoCorasick(patterns, matchkind=MatchKind.Standard).find_matches_as_indexes

    def search(text: bytes) -> list[Place]:
        return [(start, end, number) for number, start, end in found(text, overlapping=True)]

    return search
