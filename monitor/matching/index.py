"""Mechanism: one Aho–Corasick pass that finds every term of every rule in a folded text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import normalize

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.matching.rules import ANY_LANGUAGE
from monitor.matching.words import (
    BORDER,
    Folded,
    arabic_variants,
    fold,
    fold_term,
    is_arabic,
    is_proclitic,
    written_words,
)

Key = tuple[str, str]
"""What a term stands for: ``("country", "DZ")``, ``("concept", "arms")``, ``("term", …)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A term to be found, and what finding it means."""

    key: Key
    text: str
    language: str = ANY_LANGUAGE
    kind: str = "term"
    is_exact: bool = False
    is_prefix: bool = False
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """Words ``first`` to ``last`` of a folded text are a term of ``key``."""

    key: Key
    first: int
    last: int
    kind: str
    is_ambiguous: bool


@dataclass(frozen=True, slots=True)
class _Meaning:
    entry: Entry
    written: tuple[str, ...]
    """The exact words, where case and accents count."""


class Index:
    """All terms of all rules, compiled; immutable."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        meanings: defaultdict[str, list[_Meaning]] = defaultdict(list)
        for entry in entries:
            folded = fold(entry.text)
            written = written_words(entry.text, folded) if entry.is_exact else ()
            for pattern in _patterns(entry):
                meanings[pattern].append(_Meaning(entry, written))
        self._meanings = tuple(tuple(found) for found in meanings.values())
        self._automaton = AhoCorasick(list(meanings), matchkind=MatchKind.Standard)

    def hits(self, text: str, folded: Folded, language: str | None) -> Iterator[Hit]:
        """Every term of the language, or safe in any, that stands in the text."""
        for number, start, end in self._automaton.find_matches_as_indexes(
            folded.text, overlapping=True
        ):
            for meaning in self._meanings[number]:
                entry = meaning.entry
                if entry.language not in (ANY_LANGUAGE, language):
                    continue
                if (words := _words_of(folded, start, end)) is None:
                    continue
                first, last = words
                if meaning.written and not _is_written(meaning.written, text, folded, first, last):
                    continue
                yield Hit(entry.key, first, last, entry.kind, entry.is_ambiguous)


def _patterns(entry: Entry) -> Iterable[str]:
    """What to search for: blanks at both ends are word borders; a prefix goes on at its end,
    and before an Arabic word a proclitic may stand, so that its border is judged at the hit."""
    pattern = fold_term(entry.text)
    if not pattern:
        return ()
    if is_arabic(pattern):
        variants: tuple[str, ...] = arabic_variants(pattern)
    else:
        variants = (pattern,)
    return {variant.rstrip() if entry.is_prefix else variant for variant in variants}


def _words_of(folded: Folded, start: int, end: int) -> tuple[int, int] | None:
    if folded.text[start] == BORDER:
        first = folded.word_at[start + 1]
    else:
        first = folded.word_around(start)
        if not is_proclitic(folded.text[folded.starts[first] : start]):
            return None
    return first, folded.word_around(end - 1)


def _is_written(words: tuple[str, ...], text: str, folded: Folded, first: int, last: int) -> bool:
    return len(words) == last - first + 1 and all(
        normalize("NFC", text[slice(*folded.spans[first + i])]) == word
        for i, word in enumerate(words)
    )
