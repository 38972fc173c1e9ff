"""Decides: whether two articles, of two outlets, plainly tell one story.

Only what is plain by the headlines alone: the same words, or nearly all of them. What is the same
in other words, or another language, is not found here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

OVERLAP = 0.9
"""Shared words by all words of two headlines, from which they count as one: a word more in nine.
One more of fewer may be *not*."""
ENOUGH_WORDS = 4
"""Headlines with fewer say too little: *Breaking news*."""

_WORD = re.compile(r"\w+")
_OUTLET = re.compile(r"\s[-–—|]\s+(?P<name>[^-–—|]{1,40})$")


def is_same(title: str, language: str | None, other_title: str, other_language: str | None) -> bool:
    """Whether two headlines are equal but for case, punctuation and the outlet's name at their end,
    or are of one language and share nearly all of their words, and all numbers."""
    one, other = _words(title), _words(other_title)
    if len(one) < ENOUGH_WORDS or len(other) < ENOUGH_WORDS:
        return False
    if one == other:
        return True
    if language != other_language:
        return False
    first, second = frozenset(one), frozenset(other)
    if {word for word in first ^ second if any(map(str.isdigit, word))}:
        return False
    return len(first & second) >= OVERLAP * len(first | second)


@lru_cache(4_096)
def _words(title: str) -> tuple[str, ...]:
    plain = folded(title[:500])
    headline = words_in(_OUTLET.sub("", plain))
    return headline if len(headline) >= ENOUGH_WORDS else words_in(plain)


def folded(text: str) -> str:
    """The text with its case and its ways of coding the same letter levelled."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_in(plain: str) -> tuple[str, ...]:
    """The words of a folded text, without punctuation."""
    return tuple(_WORD.findall(plain))
