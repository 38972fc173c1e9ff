"""Orders: which sentences of a text the recogniser reads: those that are asked about, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from monitor.matching import recogniser
from monitor.matching.recogniser import LONGEST, Recognised

MOST_READ = 100
"""How many sentences of a text are read for one question, the first ones."""


class Names:
    """The names in a text, for one article and one thread.

    A sentence is read by itself, so that what is found in it does not depend on which others
    are asked for.
    """

    def __init__(self, text: str, language: str | None) -> None:
        self._text = text[:LONGEST]
        self._language = language
        self._passages: dict[int, list[tuple[int, int]]] = {}
        self._read: dict[tuple[int, int], tuple[Recognised, ...]] = {}

    def around(self, places: Iterable[tuple[int, int]]) -> tuple[Recognised, ...]:
        """Those in the sentences that touch these places of the text."""
        if not recogniser.reads(self._language):
            return ()
        return self._in(chain.from_iterable(self._touching(*place) for place in places))

    def everywhere(self) -> tuple[Recognised, ...]:
        """Those in all sentences."""
        if not recogniser.reads(self._language):
            return ()
        return self._in(chain.from_iterable(map(self._line, self._lines())))

    def _in(self, passages: Iterable[tuple[int, int]]) -> tuple[Recognised, ...]:
        wanted = tuple(islice(dict.fromkeys(passages), MOST_READ))
        unread = [one for one in wanted if one not in self._read]
        found = recogniser.recognise(self._text, self._language, unread)
        self._read.update(zip(unread, found, strict=True))
        return tuple(chain.from_iterable(self._read[one] for one in wanted))

    def _touching(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        for low, high in self._line(self._text.rfind("\n", 0, start) + 1):
            if low < end and start < high:
                yield low, high

    def _lines(self) -> Iterator[int]:
        yield 0
        for place, letter in enumerate(self._text):
            if letter == "\n":
                yield place + 1

    def _line(self, first: int) -> list[tuple[int, int]]:
        """The passages of the line that begins here."""
        if (found := self._passages.get(first)) is None:
            line = self._text[first:].partition("\n")[0]
            found = [(first + low, first + high) for low, high in recogniser.passages(line)]
            self._passages[first] = found
        return found
