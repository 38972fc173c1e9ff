"""Mechanism: one Aho–Corasick pass that finds every term of every rule in a folded text.

There is an automaton a language, made when a text of that language first comes: it knows the
language's own terms in all their forms, and those that are safe in any. It reads letters of a byte
each, an alphabet of its own. Finding is a superset: whether a hit counts (letters that share a
byte, borders of Arabic words, exact letters, what stands between the words) is looked at when
somebody asks for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice, product
from typing import Any, NamedTuple
from unicodedata import normalize

from monitor.matching import automaton
from monitor.matching.alphabet import Alphabet
from monitor.matching.arabic import bare, is_arabic, is_proclitic, spellings
from monitor.matching.automaton import Place
from monitor.matching.rules import ANY_LANGUAGE, Term
from monitor.matching.words import BORDER, Folded, fold, fold_term, has_borders

Key = str
"""What a term stands for: ``country:DZ``, ``concept:arms``, ``term:…``."""

Forms = Callable[[str, str], tuple[str, ...]]
"""The inflected forms of a word in a language, the word itself among them."""

_MOST_FORMS, _MOST_ARABIC = 200, 48
GLUED = 8
"""Letters from which on a name of several words is also found without its blanks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A term to be found, and what finding it means."""

    key: Key
    text: str
    language: str = ANY_LANGUAGE
    kind: str = "term"
    is_exact: bool = False
    is_prefix: bool = False
    has_accents: bool = False
    is_ambiguous: bool = False
    is_inflected: bool = False
    """Its forms are listed already: it stands for itself alone."""
    term: Term | None = None
    """Where it has conditions of its own (``only_near``)."""

    @property
    def is_written(self) -> bool:
        """Whether it matters how its letters are written, or how its word goes on."""
        return self.is_exact or self.is_prefix or self.has_accents


class Hit(NamedTuple):
    """A term at ``text[start:end]`` of a folded text; both ends are letters."""

    entry: Entry
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Meaning:
    entry: Entry
    is_plain: bool = False
    """A word that counts wherever its letters stand between borders."""
    is_joined: bool = True
    """Only joints stand between its words, in the term and so in the text."""
    is_dotted: bool = False
    """Found only with full stops between its letters: U.S. for US."""
    is_glued: bool = False


class Scan:
    """What one pass over a text found."""

    __slots__ = ("_automaton", "_by_key", "_folded", "_found")

    def __init__(self, terms: _Automaton, folded: Folded) -> None:
        self._automaton = terms
        self._folded = folded
        self._found = terms.search(folded.text)
        self._by_key: dict[Key, list[Place]] | None = None

    def counts(self) -> dict[Key, int]:
        """How many hits each key has at most; those left out have none."""
        keys = self._automaton.keys
        counts: dict[Any, int] = {}
        for _, _, number in self._found:
            key = keys[number]
            counts[key] = counts.get(key, 0) + 1
        for several in [key for key in counts if isinstance(key, tuple)]:
            count = counts.pop(several)
            for key in several:
                counts[key] = counts.get(key, 0) + count
        return counts

    def hits(self, key: Key) -> Iterator[Hit]:
        """The hits that count, in the order of their ends."""
        if self._by_key is None:
            self._by_key = self._sorted()
        patterns, meanings = self._automaton.patterns, self._automaton.meanings
        is_sure, folded = self._automaton.is_sure, self._folded
        for start, end, number in self._by_key.get(key, ()):
            if is_sure or patterns[number] == folded.text[start:end]:
                for meaning in meanings[number]:
                    entry = meaning.entry
                    if entry.key == key:
                        if meaning.is_plain:
                            yield Hit(entry, start + 1, end - 1)
                        elif hit := _hit(meaning, folded, start, end):
                            yield hit

    def _sorted(self) -> dict[Key, list[Place]]:
        keys = self._automaton.keys
        by_key: dict[Any, list[Place]] = defaultdict(list)
        for place in self._found:
            by_key[keys[place[2]]].append(place)
        for several in [key for key in by_key if isinstance(key, tuple)]:
            places = by_key.pop(several)
            for key in dict.fromkeys(several):
                by_key[key] = sorted(by_key.get(key, []) + places, key=_end)
        return by_key


def _end(place: Place) -> int:
    return place[1]


class Terms:
    """Entries by language, and the patterns that they are looked for by, made once a language.

    ``listed`` gives the entries of one language (``any``: those that are safe in each);
    ``knows`` tells whether a language has any.
    """

    def __init__(
        self,
        listed: Callable[[str], Iterable[Entry]],
        knows: Callable[[str], bool],
        forms: Forms,
    ) -> None:
        self.knows = knows
        self._listed = listed
        self._forms = forms
        self._patterns: dict[str, dict[str, list[_Meaning]]] = {}

    @staticmethod
    def of(entries: Iterable[Entry], forms: Forms) -> Terms:
        """Those of these entries."""
        by_language: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_language[entry.language].append(entry)
        return Terms(
            lambda language: by_language.get(language, ()), by_language.__contains__, forms
        )

    def patterns(self, language: str) -> Mapping[str, Sequence[_Meaning]]:
        """What to search for in a text of the language, and what each pattern means."""
        if (found := self._patterns.get(language)) is None:
            found = defaultdict(list)
            for spoken in dict.fromkeys((ANY_LANGUAGE, language)):
                for entry in self._listed(spoken):
                    for pattern, meaning in _patterns(entry, language, self._forms):
                        found[pattern].append(meaning)
            self._patterns[language] = found
        return found


MOST_LANGUAGES = 24
"""Of how many languages the automata are kept: a feed may claim to be in any."""


class Index:
    """All terms of all rules; grows by an automaton when a language is first met."""

    def __init__(self, *terms: Terms) -> None:
        self._terms = terms
        self._automata: dict[str, _Automaton] = {}

    def scan(self, folded: Folded, language: str | None) -> Scan:
        """Every term of the language, or safe in any, that may stand in the text."""
        is_known = language and any(terms.knows(language) for terms in self._terms)
        name = language if language and is_known else ANY_LANGUAGE
        if (known := self._automata.get(name)) is None:
            if len(self._automata) >= MOST_LANGUAGES:
                del self._automata[next(iter(self._automata))]
            known = self._automata[name] = self._build(name)
        return Scan(known, folded)

    def prepare(self, languages: Iterable[str]) -> None:
        """Make the automata of these languages now, so that no text waits for one."""
        for language in languages:
            self.scan(fold(""), language)

    def _build(self, language: str) -> _Automaton:
        meanings: defaultdict[str, list[_Meaning]] = defaultdict(list)
        for terms in self._terms:
            for pattern, found in terms.patterns(language).items():
                meanings[pattern].extend(found)
        return _Automaton(meanings)


class _Automaton:
    """Patterns by number, sorted, and the search for them: laid out again for the first texts."""

    def __init__(self, meanings: Mapping[str, Sequence[_Meaning]]) -> None:
        self.patterns = sorted(meanings)
        self.meanings = [tuple(meanings[pattern]) for pattern in self.patterns]
        self.keys = [_one_or_several(found) for found in self.meanings]
        """What each pattern stands for: a key, or a tuple of several."""
        self._alphabet = Alphabet(self.patterns)
        self.is_sure = not self._alphabet.is_shared
        """Whether what is found is what was looked for."""
        self._read: list[bytes] | None = [] if automaton.is_laid_out else None
        """The first texts, until there are enough of them."""
        self._search = self._quickest()

    def search(self, text: str) -> Sequence[Place]:
        """The patterns that may stand in a folded text."""
        spelled = self._alphabet.spell(text)
        if self._read is not None:
            self._learn(spelled)
        return self._search(spelled)

    def _learn(self, spelled: bytes) -> None:
        if self._read is not None and len(spelled) > _SHORT:
            self._read.append(spelled[:_LONG])
            if len(self._read) == _ENOUGH:
                self._search = self._quickest(self._read)
                self._read = None

    def _quickest(self, read: Sequence[bytes] = ()) -> automaton.Search:
        return automaton.quickest(list(map(self._alphabet.spell, self.patterns)), read)


_ENOUGH = 4
"""After how many texts it is known well enough what texts visit: twenty say little more."""
_SHORT, _LONG = 400, 10_000
"""Letters of a text that says something, and of the part of it that is looked at."""


def _one_or_several(meanings: Sequence[_Meaning]) -> Key | tuple[Key, ...]:
    keys = tuple(meaning.entry.key for meaning in meanings)
    return keys[0] if len(keys) == 1 else keys


# --- from a term to what is searched for ----------------------------------------------


def _patterns(entry: Entry, language: str, forms: Forms) -> Iterator[tuple[str, _Meaning]]:
    """Blanks at both ends are word borders; a prefix goes on at its end, before an Arabic word
    a particle may stand, and scripts without blanks have no borders at all."""
    folded = fold_term(entry.text)
    if not folded:
        return
    meaning = _Meaning(entry, is_joined="|" not in folded)
    plain = None if entry.is_written else replace(meaning, is_plain=True)
    for spelling in dict.fromkeys(_spellings(entry, folded, language, forms)):
        pattern = _bordered(spelling, entry)
        is_word = pattern.count(BORDER) == 2 and pattern[0] == pattern[-1] == BORDER
        yield pattern, (plain if plain and is_word else meaning)
    if entry.is_exact and entry.text.isalpha() and entry.text.isupper() and " " not in folded:
        dotted = BORDER.join(folded)
        if 1 < len(folded) <= 5:
            yield f" {dotted} ", _Meaning(entry, is_joined=False, is_dotted=True)
    glued = folded.replace(" ", "")
    if entry.kind == "name" and is_arabic(folded) and glued != folded and len(glued) >= GLUED:
        yield glued, _Meaning(entry, is_glued=True)


def other_forms(entry: Entry, forms: Forms) -> list[str]:
    """In what other spellings an entry is looked for, folded, particles aside."""
    own = fold_term(entry.text)
    spelled = dict.fromkeys(_spellings(entry, own, entry.language, forms))
    return [one for one in spelled if one != own]


def _spellings(entry: Entry, folded: str, language: str, forms: Forms) -> Iterable[str]:
    if "|" in folded:
        spelled: Iterable[str] = with_signs(folded)
    elif entry.is_exact or entry.is_prefix or entry.is_inflected:
        spelled = (folded,)
    else:
        words = words_in(entry.text)
        choices = [bare(dict.fromkeys(map(fold_term, forms(word, language)))) for word in words]
        spelled = chain([folded], map(" ".join, islice(product(*choices), most_forms(language))))
    if is_arabic(folded):
        return chain.from_iterable(map(spellings, spelled))
    return spelled


def with_signs(folded: str) -> tuple[str, ...]:
    """A term that has signs between its words, with blanks after them and without: EE. UU."""
    return folded, _SIGN.sub("|", folded), _SIGN.sub("| ", folded)


_SIGN = re.compile(r"\|[| ]*")


def most_forms(language: str) -> int:
    """In how many combinations of its words' forms one term is looked for; in Arabic each is
    looked for with and without articles."""
    return _MOST_ARABIC if language == "ar" else _MOST_FORMS


def words_in(term: str) -> list[str]:
    """The words of a term, as it is written."""
    return [word for word in _JOINTS.split(term) if word]


_JOINTS = re.compile(r"[\s\-\u2010\u2011\u2013'\u2019\u02bc]+")


def _bordered(pattern: str, entry: Entry) -> str:
    """The pattern with the borders that its script has."""
    pattern = pattern.replace("|", BORDER)
    before = BORDER if has_borders(pattern[0]) and not is_arabic(pattern) else ""
    after = BORDER if has_borders(pattern[-1]) and not entry.is_prefix else ""
    return before + pattern + after


# --- from what was found to a hit ------------------------------------------------------


def _hit(meaning: _Meaning, folded: Folded, start: int, end: int) -> Hit | None:
    text, entry = folded.text, meaning.entry
    if text[start] == BORDER:
        start += 1
    if entry.is_prefix and has_borders(text[end - 1]):
        end = text.index(BORDER, end)
    elif text[end - 1] == BORDER:
        end -= 1
    if meaning.is_glued:
        return Hit(entry, start, end)
    if is_arabic(text[start]):
        first = text.rindex(BORDER, 0, start) + 1
        if first < start and not is_proclitic(text[first:start], text[start:end]):
            return None
        start = first
    if meaning.is_joined and folded.barred.find("|", start, end) >= 0:
        return None
    if meaning.is_dotted:
        return Hit(entry, start, end) if _is_dotted(entry.text, folded, start, end) else None
    if entry.is_exact and not _is_exactly(entry.text, folded, start, end):
        return None
    if entry.has_accents and not _is_accented(entry.text, folded, start, end):
        return None
    return Hit(entry, start, end)


def _is_exactly(term: str, folded: Folded, start: int, end: int) -> bool:
    """Whether these are the term's letters, no currency (US$), no part of a longer U.S.S.R."""
    first, after = folded.span(start, end)
    if folded.given[after : after + 1] in _CURRENCIES:
        return False
    if "." in term and is_inside_dots(folded.given, first, after):
        return False
    return folded.given[first:after] == term or _is_written(term, folded, start, end)


_CURRENCIES = ("$", "€", "£", "¥")


def is_inside_dots(text: str, start: int, end: int) -> bool:
    """Whether letters with full stops go on before or after a dotted acronym."""
    before, after = text[max(0, start - 2) : start], text[end : end + 3]
    return (before[-1:] == "." and before[:1].isalpha()) or bool(_MORE_DOTS.match(after))


_MORE_DOTS = re.compile(r"\.[^\W\d_](?![^\W\d_])")


def _is_written(term: str, folded: Folded, start: int, end: int) -> bool:
    """Whether the words have exactly these letters; what stands between them is not compared."""
    return _written(folded, start, end) == _written_words(term)


@cache
def _written_words(term: str) -> tuple[str, ...]:
    folded = fold(term)
    return _written(folded, 1, len(folded.text) - 1)


def _written(folded: Folded, start: int, end: int) -> tuple[str, ...]:
    """The words as they were given, but for how their accents are coded."""
    spans = _word_spans(folded, start, end)
    return tuple([normalize("NFC", folded.given[first:after]) for first, after in spans])


def _word_spans(folded: Folded, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for word in folded.text[start:end].split(BORDER):
        if word:
            yield folded.span(position, position + len(word))
        position += len(word) + 1


def _is_dotted(term: str, folded: Folded, start: int, end: int) -> bool:
    """Whether these are the acronym's letters, with full stops between them."""
    first, last = folded.span(start, end)
    given = folded.given[first:last]
    return given == ".".join(term) and not is_inside_dots(folded.given, first, last)


def _is_accented(term: str, folded: Folded, start: int, end: int) -> bool:
    first, last = folded.span(start, end)
    return (
        normalize("NFC", folded.given[first:last]).casefold() == normalize("NFC", term).casefold()
    )
