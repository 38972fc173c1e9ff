"""Decides: what stands where in an article: a page of mentions, made as conditions ask for them.

Title and body share one line of numbered words, the title first; other fields are lines of
their own. A mention is a hit that counts: not inside an excepted phrase, and, where its word
is ambiguous, with support.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from monitor.matching import expressions, recogniser
from monitor.matching.index import Hit, Index, Key, Scan
from monitor.matching.names import Names as RecognisedNames
from monitor.matching.placenames import is_only_a_country, may_be_a_person
from monitor.matching.recogniser import Recognised
from monitor.matching.rules import EVERYWHERE, Field, Names, Scope, Term, Unit
from monitor.matching.words import Folded, fold
from monitor.models import Article, Evidence

MAIN = "main"
"""The line that the title and the body share."""

MENTIONS = 200
"""How many mentions of one thing are kept: more say nothing new."""

SUPPORT = 12
"""Words within which another country's name supports an ambiguous one."""

ACRONYM = 3
"""Letters of those acronyms (US, USA) that are also words when capitals say nothing."""

MASK, COUNTRY, NAMED = "mask:", "country:", "named:"
LISTED = {f"{label}:": label for label in (recogniser.PERSON, recogniser.ORGANISATION)}
"""With what the keys of names in entity files begin, and the label that they have."""

_BETWEEN = "\n|\n"
"""What parts the title from the body, so that no term reaches across."""


class Mention(NamedTuple):
    """One place where a term stands; ``first`` and ``last`` number the words of its line."""

    line: str
    first: int
    last: int
    key: Key
    kind: str
    field: Field
    start: int
    end: int
    term: Term | None = None

    def covers(self, other: Mention) -> bool:
        """Whether its words hold all of the other's."""
        return self.line == other.line and self.first <= other.first and other.last <= self.last


class Dropped(NamedTuple):
    """A mention that does not count, and why."""

    mention: Mention
    why: str


class RuleTooSlow(Exception):
    """A rule took longer over one article than it may."""


class _Line(NamedTuple):
    name: str
    field: Field
    folded: Folded
    scan: Scan
    starts: list[int]


class Page:
    """An article in a language, as the engine sees it; worked out bit by bit, for one thread."""

    def __init__(
        self, article: Article, language: str | None, index: Index, fields: frozenset[Field]
    ) -> None:
        self.article = article
        self.language = language
        main = f"{article.title}{_BETWEEN}{article.text}"
        self._body = len(article.title) + len(_BETWEEN)
        self._texts: dict[str, tuple[Field, str]] = {MAIN: (Field.BODY, main)}
        for field in _OTHERS:
            if field in fields and (text := _text_beside(article, field)):
                self._texts[field.value] = field, text
        self._folded = {name: fold(text) for name, (_, text) in self._texts.items()}
        self._scans = {name: index.scan(folded, language) for name, folded in self._folded.items()}
        self.counts = _sums(scan.counts() for scan in self._scans.values())
        """How often each thing is mentioned at most; what is left out is not."""
        self._mentions: dict[Key, tuple[Mention, ...]] = {}
        self._dropped: dict[Key, tuple[Dropped, ...]] = {}
        self._expressions: dict[str, tuple[Mention, ...]] = {}
        self._sentences: list[tuple[Field, int, int]] = []
        # Leaves by identity: the same one is asked for by many rules.
        self.answers: dict[int, tuple[object, Any]] = {}
        self.chosen: dict[int, tuple[object, tuple[Mention, ...]]] = {}
        self.places: dict[int, tuple[object, float]] = {}
        self.shown: dict[tuple[str, int], tuple[Mention, Evidence]] = {}
        self.is_late: Callable[[], bool] = lambda: False
        """Whether the rule in hand has had its time."""

    # --- words -----------------------------------------------------------------------

    @cached_property
    def _lines(self) -> Mapping[str, _Line]:
        return {
            name: _Line(
                name, field, self._folded[name], self._scans[name], self._folded[name].starts()
            )
            for name, (field, _) in self._texts.items()
        }

    @cached_property
    def title_words(self) -> int:
        """How many words the title has."""
        return self._words_before(self._lines[MAIN], self._body)

    @cached_property
    def words(self) -> int:
        """How many words title and body have."""
        return len(self._lines[MAIN].starts)

    def is_in(self, mention: Mention, scope: Scope) -> bool:
        """Whether a mention stands where a condition asks for it."""
        if scope is EVERYWHERE or not scope.fields:
            return mention.line == MAIN
        return mention.field in scope.fields or (
            Field.LEAD in scope.fields
            and mention.line == MAIN
            and mention.first < self.title_words + scope.first_words
        )

    @cached_property
    def lead_words(self) -> int:
        """How many words title and lead have."""
        return self.title_words + EVERYWHERE.first_words

    def unit_of(self, line: str, word: int, unit: Unit) -> int:
        """The number of the sentence or paragraph that a word stands in."""
        return _count_up_to(self._borders(line, unit), word)

    def check_time(self) -> None:
        """Give up on the rule in hand when its time is over.

        Raises:
            RuleTooSlow: it is.
        """
        if self.is_late():
            raise RuleTooSlow

    # --- mentions ----------------------------------------------------------------------

    def mentions(self, key: Key) -> tuple[Mention, ...]:
        """All mentions that count, in the order of their words."""
        if key not in self.counts:
            return ()
        if (kept := self._mentions.get(key)) is None:
            kept = self._sift(key)
        return kept

    def dropped(self, key: Key) -> tuple[Dropped, ...]:
        """The mentions that do not count, and why."""
        self.mentions(key)
        return self._dropped.get(key, ())

    def matches(self, pattern: str) -> tuple[Mention, ...]:
        """Where a regular expression matches.

        Raises:
            RuleTooSlow: it took too long.
        """
        if (found := self._expressions.get(pattern)) is None:
            found = self._expressions[pattern] = tuple(self._match(pattern))
        return found

    def named(self, label: str, text: str) -> tuple[Mention, ...]:
        """The names of a label, with these words in them: the recogniser's, and entity files'."""
        line = self._lines[MAIN]
        hits = islice(line.scan.hits(NAMED + text), MENTIONS)
        places = [line.folded.span(hit.start, hit.end) for hit in hits]
        names = self._recognised.around(places) if text else self._recognised.everywhere()
        return tuple(
            self._spread(line, label, name.start, name.end)
            for name in self._with_listed(names)
            if name.label == label and (not text or any(name.covers(*place) for place in places))
        )

    def text_of(self, field: Field) -> str:
        """The text of one of the article's fields."""
        match field:
            case Field.TITLE:
                return self.article.title
            case Field.BODY | Field.LEAD:
                return self.article.text
            case _:
                return self._texts[field.value][1]

    def sentence(self, mention: Mention) -> tuple[int, int]:
        """The first character of a mention's sentence in its field, and one past its last."""
        for field, first, last in self._sentences:
            if field is mention.field and first <= mention.start and mention.end <= last:
                return first, last
        first, last = recogniser.sentence_around(
            self.text_of(mention.field), mention.start, mention.end
        )
        self._sentences.append((mention.field, first, last))
        return first, last

    def _sift(self, key: Key) -> tuple[Mention, ...]:
        kept: list[Mention] = []
        dropped: list[Dropped] = []
        masks = self.mentions(MASK + key)
        is_country = key.startswith(COUNTRY)
        for hit, line in self._hits(key):
            if len(kept) == MENTIONS:
                break
            mention = self._mention(hit, line)
            if masks and any(mask.covers(mention) for mask in masks):
                dropped.append(Dropped(mention, "inside an excepted phrase"))
            elif (is_country or hit.entry.is_ambiguous) and (
                why := self._why_not(hit, line, mention)
            ):
                dropped.append(Dropped(mention, why))
            else:
                kept.append(mention)
        self._dropped[key] = tuple(dropped)
        self._mentions[key] = found = tuple(sorted(kept))
        return found

    def _hits(self, key: Key) -> Iterator[tuple[Hit, _Line]]:
        for line in self._lines.values():
            for hit in line.scan.hits(key):
                yield hit, line

    def _mention(self, hit: Hit, line: _Line) -> Mention:
        entry, first_letter, after = hit
        name, field, folded, _, starts = line
        first = bisect_right(starts, first_letter) - 1
        last = bisect_left(starts, after, first + 1) - 1
        start, end = folded.span(first_letter, after)
        if folded.given.startswith(".", end):
            end = _with_stop(folded.given, start, end)
        if name == MAIN:
            field, shift = self._part(start)
            start, end = start - shift, end - shift
        key, kind, term = entry.key, entry.kind, entry.term
        return Mention(name, first, last, key, kind, field, start, end, term)

    def _part(self, start: int) -> tuple[Field, int]:
        """Of the main line: the field at one of its places, and where that begins."""
        return (Field.TITLE, 0) if start < self._body else (Field.BODY, self._body)

    # --- ambiguous words -----------------------------------------------------------------

    def _is_doubtful(self, hit: Hit, line: _Line) -> bool:
        """Whether a word counts only with support: as its pack says, or as an acronym where all
        words are in capitals (TELL US MORE)."""
        entry = hit.entry
        if entry.is_ambiguous or not (entry.is_exact and entry.key.startswith(COUNTRY)):
            return entry.is_ambiguous
        if len(entry.text) > ACRONYM:
            return False
        first, end = line.folded.span(hit.start, hit.end)
        return is_shouted(line.folded.given, first, end)

    def _why_not(self, hit: Hit, line: _Line, mention: Mention) -> str:
        """Why a word does not count though no phrase excepts it; "" if it does.

        Inside the name of a person no country's name counts, be it ambiguous or not.
        """
        if not hit.entry.key.startswith(COUNTRY):
            return self._why_unsupported(mention, set()) if hit.entry.is_ambiguous else ""
        alone: set[str] = set()
        if self._may_be_named(line) and (names := self._names_over(hit, line)):
            place = line.folded.span(hit.start, hit.end)
            if any(one.label == recogniser.PERSON and one.is_wider(*place) for one in names):
                return "part of a person's name"
            alone = {one.label for one in names if (one.start, one.end) == place}
            if not is_only_a_country(hit.entry, line.folded.given[place[0]]):
                alone.discard(recogniser.PLACE)
        return self._why_unsupported(mention, alone) if self._is_doubtful(hit, line) else ""

    def _why_unsupported(self, mention: Mention, alone: set[str]) -> str:
        """Why an ambiguous word does not count; "" if it does.

        A sure word for the same country anywhere supports it, or the name or capital of another
        close by; but not if it may as well be that other's (عمان, of Jordan and Oman). ``alone``
        is what the recogniser takes the word by itself for: a person is no country, and a
        place supports it.
        """
        if any(other.key == mention.key for other in self._sure):
            return ""
        rivals = self._doubtful.get((mention.line, mention.first, mention.last), set())
        if likelier := [other.key for other in self._sure if other.key in rivals]:
            return f"more likely {likelier[0].removeprefix(COUNTRY)}"
        if recogniser.PERSON in alone:
            return "a person's name"
        if any(_is_beside(other, mention) for other in self._sure):
            return ""
        if recogniser.PLACE in alone and len(rivals) == 1:
            return ""
        return "ambiguous, and nothing supports it"

    def _may_be_named(self, line: _Line) -> bool:
        """Whether there is anything that knows names which a country's word may be in."""
        return line.name == MAIN and bool(self._is_read or self._listed)

    def _names_over(self, hit: Hit, line: _Line) -> tuple[Recognised, ...]:
        """The names that a country's word may be in."""
        found = self._names_around(hit.entry.key) if self._is_asked(hit, line) else ()
        return self._with_listed(found)

    def _with_listed(self, found: tuple[Recognised, ...]) -> tuple[Recognised, ...]:
        """What the recogniser found, but where the entity files know better."""
        rest = (one for one in found if not any(one.meets(other) for other in self._listed))
        return (*self._listed, *rest)

    @cached_property
    def _listed(self) -> tuple[Recognised, ...]:
        """The names in title and body that stand in entity files."""
        return tuple(
            Recognised(label, shift + mention.start, shift + mention.end)
            for begins, label in LISTED.items()
            for key in sorted(self.counts)
            if key.startswith(begins)
            for mention in self.mentions(key)
            if mention.line == MAIN
            for shift in (self._body if mention.field is Field.BODY else 0,)
        )

    def _names_around(self, key: Key) -> tuple[Recognised, ...]:
        """The names in the sentences of those of a country's words that they matter for."""
        if (found := self._asked.get(key)) is None:
            line = self._lines[MAIN]
            found = self._asked[key] = self._recognised.around(
                line.folded.span(hit.start, hit.end)
                for hit in islice(line.scan.hits(key), MENTIONS)
                if self._is_asked(hit, line)
            )
        return found

    @cached_property
    def _asked(self) -> dict[Key, tuple[Recognised, ...]]:
        return {}

    def _is_asked(self, hit: Hit, line: _Line) -> bool:
        """Whether there is a recogniser, and it matters what it says of a word.

        A word may be two: ambiguous as such, and sure with just these letters (paris, Paris).
        """
        if not self._is_read:
            return False
        place = line.folded.span(hit.start, hit.end)
        return may_be_a_person(hit.entry, line.folded.given, *place) or (
            self._is_doubtful(hit, line)
            and (hit.start, hit.end) not in self._sure_places(hit.entry.key)
        )

    @cached_property
    def _is_read(self) -> bool:
        return recogniser.reads(self.language)

    def _sure_places(self, key: Key) -> set[tuple[int, int]]:
        if (found := self._sure_of.get(key)) is None:
            line = self._lines[MAIN]
            found = self._sure_of[key] = {
                (hit.start, hit.end)
                for hit in line.scan.hits(key)
                if not self._is_doubtful(hit, line)
            }
        return found

    @cached_property
    def _sure_of(self) -> dict[Key, set[tuple[int, int]]]:
        return {}

    @cached_property
    def _recognised(self) -> RecognisedNames:
        return RecognisedNames(self._folded[MAIN].given, self.language)

    @cached_property
    def _doubtful(self) -> Mapping[tuple[str, int, int], set[Key]]:
        """The countries that each ambiguous word may stand for."""
        found: defaultdict[tuple[str, int, int], set[Key]] = defaultdict(set)
        for key in self.counts:
            if key.startswith(COUNTRY):
                for hit, line in self._hits(key):
                    if hit.entry.is_ambiguous:
                        one = self._mention(hit, line)
                        found[one.line, one.first, one.last].add(key)
        return found

    @cached_property
    def _sure(self) -> tuple[Mention, ...]:
        """The unambiguous words for any country."""
        return tuple(
            mention
            for key in self.counts
            if key.startswith(COUNTRY)
            for hit, line in self._hits(key)
            if not self._is_doubtful(hit, line)
            for mention in (self._mention(hit, line),)
            if not any(mask.covers(mention) for mask in self.mentions(MASK + key))
        )

    # --- what is not in the index ----------------------------------------------------------

    def _match(self, pattern: str) -> Iterator[Mention]:
        for line in self._lines.values():
            for start, end in expressions.find(pattern, line.folded.given, MENTIONS):
                yield self._spread(line, f"regex:{pattern}", start, end)

    def _spread(self, line: _Line, kind: str, start: int, end: int) -> Mention:
        """A stretch of a line's text as given, as the words that it touches."""
        first = max(self._words_before(line, start + 1) - 1, 0)
        last = max(self._words_before(line, end) - 1, first)
        field, shift = self._part(start) if line.name == MAIN else (line.field, 0)
        return Mention(line.name, first, last, kind, kind, field, start - shift, end - shift)

    def _words_before(self, line: _Line, place: int) -> int:
        """How many words of a line begin before a place of its text as given."""
        return bisect_left(line.starts, place, key=line.folded.place)

    def _borders(self, line: str, unit: Unit) -> list[int]:
        """The number of each sentence's, or paragraph's, first word."""
        known = self._units.get((line, unit))
        if known is None:
            at = self._lines[line]
            given = at.folded.given
            begins = (
                recogniser.sentence_starts(given)
                if unit is Unit.SENTENCE
                else [place + 1 for place, letter in enumerate(given) if letter == "\n"]
            )
            if line == MAIN:
                begins = [*begins, self._body]
            known = sorted({0, *(self._words_before(at, place) for place in begins)})
            self._units[line, unit] = known
        return known

    @cached_property
    def _units(self) -> dict[tuple[str, Unit], list[int]]:
        return {}


_OTHERS = (Field.URL, Field.AUTHOR, Field.CATEGORY)
"""In this order, so that a page is the same each time it is made."""


def _text_beside(article: Article, field: Field) -> str:
    match field:
        case Field.URL:
            return article.url
        case Field.AUTHOR:
            return article.author
        case _:
            return " | ".join(article.categories)


def _sums(counts: Iterable[dict[Key, int]]) -> dict[Key, int]:
    first, *others = counts
    for other in others:
        for key, count in other.items():
            first[key] = first.get(key, 0) + count
    return first


def _count_up_to(starts: list[int], position: int) -> int:
    """The number of the last that begins at or before a position."""
    return bisect_right(starts, position) - 1


def _with_stop(text: str, start: int, end: int) -> int:
    """The full stop at its end belongs to a dotted acronym: U.S., EE. UU."""
    return end + 1 if "." in text[start:end] else end


_SHOUTED = re.compile(r"[^\W\d_]{2,}")


def is_shouted(text: str, start: int, end: int) -> bool:
    """Whether the words around are all in capitals, so that capitals say nothing."""
    following = text[end : end + 40].partition("\n")[0]
    nearest = _SHOUTED.search(following)
    if nearest is not None and not nearest[0].isupper():
        return False
    before = _SHOUTED.findall(text[max(0, start - 40) : start].rpartition("\n")[2])[-2:]
    after = _SHOUTED.findall(following)[:2]
    around = before + after
    return len(around) > 1 and all(word.isupper() for word in around)


def _is_beside(other: Mention, ambiguous: Mention) -> bool:
    """The name or capital of another country, close by."""
    return (
        other.kind != Names.DEMONYM
        and other.line == ambiguous.line
        and abs(other.first - ambiguous.first) <= SUPPORT
    )
