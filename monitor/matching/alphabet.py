"""Decides: by which byte a letter is written where every letter takes one.

An automaton over such bytes has a state a letter, in any script, and its hits need no counting
from bytes back to letters. Letters beyond 254 kinds (Chinese) share bytes: what is found may be
another word, and who finds it compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np

_OTHER = 0
"""Letters that no pattern has."""
_ALONE, _MOST = 127, 255
"""How many of the commonest letters share their byte with none, and how many bytes there are."""


class Alphabet:
    """The letters of some patterns, a byte each; the commonest have theirs to themselves."""

    def __init__(self, patterns: Iterable[str]) -> None:
        counts = Counter(chain.from_iterable(patterns))
        letters = sorted(counts, key=lambda letter: (-counts[letter], letter))
        codes = np.array([ord(letter) for letter in letters], np.uint32)
        self._bytes = np.full(int(codes.max(initial=0)) + 2, _OTHER, np.uint8)
        self.is_shared = len(codes) > _MOST
        """Whether some letters have a byte together."""
        number = np.arange(len(codes))
        shared = _ALONE + (number - _ALONE) % (_MOST - _ALONE)
        self._bytes[codes] = np.where(number < _ALONE, number, shared) + 1
        self._ascii = self._bytes.take(np.arange(256), mode="clip").tobytes()

    def spell(self, text: str) -> bytes:
        """As many bytes as the text has letters."""
        if text.isascii():
            return text.encode().translate(self._ascii)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._bytes.take(codes, mode="clip").tobytes()
