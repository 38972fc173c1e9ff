"""Decides: which words stand inside which, and so repeat, share or only look like each other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, product

from monitor.matching.packs import Word
from monitor.matching.rules import ANY_LANGUAGE, Names
from monitor.matching.words import fold_term

_SHORTEST_PREFIX = 4

Tokens = tuple[str, ...]


class Book:
    """Numbered words, and which of them stand in a text of their language.

    The plain twin of the engine's index: whole words, in order; of an Arabic word also what
    the article or an "and" was written together with.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._found: defaultdict[Tokens, list[int]] = defaultdict(list)
        self._prefixes: defaultdict[Tokens, list[int]] = defaultdict(list)
        for number, word in enumerate(words):
            into = self._prefixes if word.is_prefix else self._found
            into[_tokens(word.text)].append(number)

    def inside(self, text: str) -> Iterator[tuple[int, range]]:
        """The number of each word that stands in the text, and which of its words it is."""
        tokens = _tokens(text)
        for first in range(len(tokens)):
            for last in range(first, len(tokens)):
                for run in product(*map(_readings, tokens[first : last + 1])):
                    for number in self._at(run):
                        if not self._words[number].is_exact or _is_written(
                            self._words[number].text, text
                        ):
                            yield number, range(first, last + 1)

    def all_of(self, text: str) -> Iterator[int]:
        """The number of each word that is the text, or that finds it."""
        everything = range(len(_tokens(text)))
        return (number for number, place in self.inside(text) if place == everything)

    def _at(self, run: Tokens) -> Iterator[int]:
        yield from self._found.get(run, ())
        *before, final = run
        for length in range(_SHORTEST_PREFIX, len(final) + 1):
            yield from self._prefixes.get((*before, final[:length]), ())


_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\s|\u3400-\u9fff\uf900-\ufaff]+|\|")


@cache
def _tokens(text: str) -> Tokens:
    """The folded words; a Chinese character is a word, and so is a sign between words."""
    return tuple(_TOKEN.findall(fold_term(text).strip(" |")))


@cache
def _readings(token: str) -> Tokens:
    """The word, and in Arabic the word without what is written together with it."""
    readings = [token]
    for particle in ("و", "ال"):
        readings += [
            reading.removeprefix(particle)
            for reading in readings
            if reading.startswith(particle) and len(reading) > len(particle) + 2
        ]
    return tuple(readings)


def _is_written(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def one_form_each(words: Sequence[Word]) -> list[Word]:
    """The words without those that another word of the country and kind finds as well.

    The first one stays of those that are the same after folding; in Arabic the one without
    its article, and of a prefix and what begins with it the prefix.
    """
    book = Book(words)
    finders = {
        number: {other for other in book.all_of(word.text) if _says_as_much(words[other], word)}
        for number, word in enumerate(words)
    }
    return [
        word
        for number, word in enumerate(words)
        if not any(
            other < number or number not in finders[other] for other in finders[number] - {number}
        )
    ]


def _says_as_much(other: Word, word: Word) -> bool:
    """Whether wherever ``word`` counts, ``other`` counts, if it stands there."""
    return (
        (other.country, other.kind) == (word.country, word.kind)
        and other.is_prefix >= word.is_prefix
        and other.is_exact <= word.is_exact
        and other.is_ambiguous <= word.is_ambiguous
        and (other.language == ANY_LANGUAGE or word.language != ANY_LANGUAGE)
    )


_NESTED = ({"DG", "IO"}, {"AC", "SH"}, {"TA", "SH"}, {"EA", "ES"}, {"IC", "ES"})
"""Codes of which one is a part of the other: their common words mean both."""


def marked_if_shared(words: Sequence[Word], language: str) -> tuple[list[Word], list[str]]:
    """The words, ambiguous if they are also another country's; and a note for each of those.

    Where a word is marked in one of two countries, somebody thought of both, and it stays sure
    in the other: "Congolese" is of Kinshasa unless something says Brazzaville.
    """
    book = Book(words)
    shared: dict[int, str] = {}
    for number, word in enumerate(words):
        for other in book.all_of(word.text):
            pair = {words[other].country, word.country}
            if len(pair) == 1 or pair in _NESTED:
                continue
            if not (word.is_ambiguous or words[other].is_ambiguous):
                shared[number] = words[other].country
                shared[other] = word.country
    notes = [
        f"{language}: {words[number].text} is {words[number].country} and {country}"
        for number, country in sorted(shared.items())
    ]
    marked = [
        replace(word, is_ambiguous=True) if number in shared else word
        for number, word in enumerate(words)
    ]
    return marked, notes


def longer_names(
    words: Sequence[Word], others: Iterable[str], own: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    """For each country the names of others that a word of its own is only a part of.

    Guinée in Guinée équatoriale, Congo in République démocratique du Congo, America in Latin
    America: there the word does not mean its country. It does in "Mali and Algeria", and
    beside the other's demonym or plain (CLDR) name: "the French island of Guadeloupe".
    """
    book = Book(words)
    for text, owner in chain(
        ((word.text, word.country) for word in words),
        ((name, "") for name in others),
    ):
        inside = [(words[number], place) for number, place in book.inside(text)]
        names = [
            place
            for word, place in inside
            if word.country == owner
            and (word.kind == Names.DEMONYM or fold_term(word.text) in own[owner])
        ]
        meant = {owner} | {words[number].country for number in book.all_of(text)}
        for side in _sides(text):
            meant.update(words[number].country for number in book.all_of(side))
        for country in sorted({word.country for word, _ in inside} - meant):
            places = [place for word, place in inside if word.country == country]
            if not any(set(name).isdisjoint(chain(*places)) for name in names):
                yield country, text


_AND = re.compile(r" (?:and|et|und|y|e|ed|и|ve|ile|و) | و")


def _sides(text: str) -> list[str]:
    """What an "and" joins in a phrase."""
    sides = _AND.split(text)
    return sides if len(sides) > 1 else []
