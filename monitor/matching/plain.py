"""Decides: the same verdicts as the engine, by the shortest way from their definition.

Every rule is asked, every term is compared with every word, the recogniser reads every sentence,
and a combination of conditions is every combination of their places. It is slow, and there to be agreed with: a property test holds
the engine to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from unicodedata import combining, normalize

from monitor.matching import recogniser
from monitor.matching.arabic import bare, is_arabic, is_proclitic, spellings
from monitor.matching.evaluate import all_leaves, keys_of
from monitor.matching.index import GLUED, Entry, Forms, most_forms, with_signs, words_in
from monitor.matching.page import ACRONYM, COUNTRY, LISTED, MASK, NAMED, SUPPORT, is_shouted
from monitor.matching.placenames import is_only_a_country, may_be_a_person
from monitor.matching.recogniser import PERSON, PLACE, Recognised
from monitor.matching.rules import (
    ANY_LANGUAGE,
    NEARBY,
    All,
    Any,
    AtLeast,
    Condition,
    Count,
    Country,
    Field,
    Group,
    Leaf,
    Named,
    Names,
    Near,
    Not,
    NotNear,
    Same,
    Scope,
    Score,
    Unit,
)
from monitor.matching.words import fold_character, has_borders
from monitor.models import Article

Place = tuple[int, int]
"""The first and the last word of something, in title and body together."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    given: str
    gap: str
    """What stands before it: "" or " " for a joint."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mention:
    entry: Entry
    place: Place


class PlainPage:
    """The words of an article's title and body, and the terms that are looked for in them."""

    def __init__(
        self, article: Article, entries: Sequence[Entry], languages: frozenset[str], forms: Forms
    ) -> None:
        self._spoken = article.language
        known = article.language if article.language in languages else ANY_LANGUAGE
        self._language = known or ANY_LANGUAGE
        self._forms = forms
        self._entries = [one for one in entries if one.language in (ANY_LANGUAGE, self._language)]
        self.text = f"{article.title}\n|\n{article.text}"
        self.words = _words(self.text)
        self.title_words = len(_words(article.title))
        self.paragraph = _paragraphs(article)

    def mentions(self, key: str) -> list[_Mention]:
        """The mentions that count."""
        masks = [one.place for one in self._all(MASK + key)]
        kept = [
            one
            for one in self._all(key)
            if not any(first <= one.place[0] and one.place[1] <= last for first, last in masks)
            and not self._is_in_a_person(one)
        ]
        return [one for one in kept if not self._is_doubtful(one) or self._is_supported(one)]

    def _is_in_a_person(self, mention: _Mention) -> bool:
        if not mention.entry.key.startswith(COUNTRY):
            return False
        start, end = self._span(mention)
        is_asked = may_be_a_person(mention.entry, self.text, start, end) or not any(
            other.place == mention.place and not self._is_doubtful(other)
            for other in self._all(mention.entry.key)
        )
        names = self.names if is_asked else self._listed
        return any(one.label == PERSON and one.is_wider(start, end) for one in names)

    @cached_property
    def names(self) -> list[Recognised]:
        """Every name in entity files, and that the recogniser finds in the whole text elsewhere."""
        return self._listed + [
            one for one in self._recognised() if not any(one.meets(each) for each in self._listed)
        ]

    @cached_property
    def _listed(self) -> list[Recognised]:
        return [
            Recognised(label, *self._span(one))
            for begins, label in LISTED.items()
            for key in {one.key for one in self._entries if one.key.startswith(begins)}
            for one in self.mentions(key)
        ]

    def _recognised(self) -> list[Recognised]:
        found: list[Recognised] = []
        at = 0
        for line in self.text.split("\n"):
            where = [(at + low, at + high) for low, high in recogniser.passages(line)]
            for names in recogniser.recognise(self.text, self._spoken, where):
                found += names
            at += len(line) + 1
        return found

    def named(self, label: str, text: str) -> list[Place]:
        """The words of every name of a label, and with these words in it."""
        wanted = [self._span(one) for one in self._all(NAMED + text)]
        return [
            (numbers[0], numbers[-1])
            for one in self.names
            if one.label == label and (not text or any(one.covers(*place) for place in wanted))
            for numbers in ([n for n, word in enumerate(self.words) if _meets(word, one)],)
            if numbers
        ]

    def _span(self, mention: _Mention) -> tuple[int, int]:
        first, last = mention.place
        return self.words[first].start, self.words[last].end

    def _is_doubtful(self, mention: _Mention) -> bool:
        entry = mention.entry
        if entry.is_ambiguous or not (entry.is_exact and entry.key.startswith(COUNTRY)):
            return entry.is_ambiguous
        if len(entry.text) > ACRONYM:
            return False
        first, last = mention.place
        return is_shouted(self.text, self.words[first].start, self.words[last].end)

    def _is_supported(self, mention: _Mention) -> bool:
        keys = {one.key for one in self._entries if one.key.startswith(COUNTRY)}
        sure: list[_Mention] = []
        rivals: set[str] = set()
        for key in keys:
            masks = [one.place for one in self._all(MASK + key)]
            for other in self._all(key):
                if other.entry.is_ambiguous and other.place == mention.place:
                    rivals.add(key)
                if not self._is_doubtful(other) and not any(
                    first <= other.place[0] and other.place[1] <= last for first, last in masks
                ):
                    sure.append(other)
        if any(other.entry.key == mention.entry.key for other in sure):
            return True
        if any(other.entry.key in rivals for other in sure):
            return False
        start, end = self._span(mention)
        alone = {one.label for one in self.names if (one.start, one.end) == (start, end)}
        if PERSON in alone:
            return False
        if any(
            other.entry.kind != Names.DEMONYM and abs(other.place[0] - mention.place[0]) <= SUPPORT
            for other in sure
        ):
            return True
        is_only = is_only_a_country(mention.entry, self.text[start])
        return PLACE in alone and len(rivals) == 1 and is_only

    def _all(self, key: str) -> list[_Mention]:
        return [
            _Mention(entry, place)
            for entry in self._entries
            if entry.key == key
            for place in sorted(set(self._places(entry)))
        ]

    def _places(self, entry: Entry) -> Iterator[Place]:
        term = _words(entry.text)
        if not term:
            return
        for words in self._spelled(entry, term):
            for first in range(len(self.words) - len(words) + 1):
                last = first + len(words) - 1
                if self._is_at(entry, term, words, first) and self._is_written(
                    entry, term, first, last
                ):
                    yield first, last
        letters = entry.text
        if entry.is_exact and letters.isupper() and letters.isalpha() and 1 < len(letters) <= 5:
            yield from self._dotted(letters)
        glued = "".join(word.text for word in term)
        if entry.kind == "name" and is_arabic(glued) and len(term) > 1 and len(glued) >= GLUED:
            for number, word in enumerate(self.words):
                if glued in word.text:
                    yield number, number

    def _spelled(self, entry: Entry, term: Sequence[_Word]) -> list[list[str]]:
        """The term's words in all their forms, folded."""
        own = [word.text for word in term]
        spelled = [own]
        is_barred = any("|" in word.gap for word in term[1:])
        if not (entry.is_exact or entry.is_prefix or entry.is_inflected or is_barred):
            choices = [
                [
                    [part.text for part in _words(form)]
                    for form in bare(map(_joined, self._forms(word, self._language)))
                ]
                for word in words_in(entry.text)
            ]
            for number, chosen in enumerate(product(*choices)):
                if number == most_forms(self._language):
                    break
                spelled.append([word for words in chosen for word in words])
        if not is_arabic(own[0]):
            return spelled
        return [variant.split(" ") for words in spelled for variant in spellings(" ".join(words))]

    def _is_at(self, entry: Entry, term: Sequence[_Word], words: Sequence[str], first: int) -> bool:
        gaps = [word.gap for word in term[1:]]
        is_joined = not any("|" in gap for gap in gaps)
        signs = with_signs(_folded(term))
        for number, wanted in enumerate(words):
            word = self.words[first + number]
            is_last = number == len(words) - 1
            if number:
                if is_joined and word.gap not in ("", " "):
                    return False
                allowed = {
                    spelled[number - 1].replace("|", " ")
                    for spelled in ([word.gap for word in _words(one)[1:]] for one in signs)
                }
                if not is_joined and word.gap.replace("|", " ") not in allowed:
                    return False
            if number == 0 and is_arabic(wanted):
                rest = word.text
                if entry.is_prefix and is_last:
                    cut = rest.find(wanted)
                    while cut >= 0 and not (cut == 0 or is_proclitic(rest[:cut], rest[cut:])):
                        cut = rest.find(wanted, cut + 1)
                    if cut < 0:
                        return False
                elif not rest.endswith(wanted) or (
                    rest != wanted and not is_proclitic(rest[: -len(wanted)], wanted)
                ):
                    return False
            elif entry.is_prefix and is_last:
                if not word.text.startswith(wanted):
                    return False
            elif word.text != wanted:
                return False
        return True

    def _is_written(self, entry: Entry, term: Sequence[_Word], first: int, last: int) -> bool:
        given = [word.given for word in self.words[first : last + 1]]
        wanted = [word.given for word in term]
        if entry.is_exact:
            after = self.words[last].end
            return given == wanted and self.text[after : after + 1] not in ("$", "€", "£", "¥")
        if entry.has_accents:
            return [one.casefold() for one in given] == [one.casefold() for one in wanted]
        return True

    def _dotted(self, letters: str) -> Iterator[Place]:
        for first in range(len(self.words) - len(letters) + 1):
            words = self.words[first : first + len(letters)]
            if [word.given for word in words] == list(letters) and all(
                word.gap == "|" for word in words[1:]
            ):
                yield first, first + len(letters) - 1


def holds(condition: Condition, page: PlainPage) -> bool:
    """Whether a condition holds on the article."""
    return bool(places(condition, page))


NOWHERE: Place = (-1, -1)
"""The place of what holds by what is not there."""


def places(condition: Condition, page: PlainPage) -> set[Place]:  # noqa: PLR0912 - one a kind
    """Every place of at most so many words as needed where the condition holds."""
    match condition:
        case All(of=of, within=words):
            return {
                place
                for chosen in product(*(places(one, page) for one in of))
                for place in (_span(chosen),)
                if words is None or place == NOWHERE or _width(place) <= words
            }
        case Near(of=of, words=words, ordered=is_ordered):
            return {
                place
                for chosen in product(*(places(one, page) for one in of))
                for place in (_span(chosen),)
                if place != NOWHERE
                and _width(place) <= words
                and (not is_ordered or _is_ordered(chosen))
            }
        case Same(of=of, unit=unit):
            assert unit is Unit.PARAGRAPH, "sentences are spaCy's to tell"
            return {
                place
                for chosen in product(*(places(one, page) for one in of))
                for place in (_span(chosen),)
                if place != NOWHERE and page.paragraph[place[0]] == page.paragraph[place[1]]
            }
        case Any(of=of):
            return set().union(*(places(one, page) for one in of))
        case AtLeast(n=n, of=of):
            options = [[*places(one, page), None] for one in of]
            return {
                _span([one for one in chosen if one is not None])
                for chosen in product(*options)
                if sum(one is not None for one in chosen) >= n
            }
        case Not(of=one):
            return set() if places(one, page) else {NOWHERE}
        case NotNear(of=one, to=other, words=words):
            near = _smallest(places(other, page) - {NOWHERE})
            return {
                place
                for place in places(one, page)
                if place == NOWHERE or not any(_is_close(place, each, words) for each in near)
            }
        case Count(of=one, min=least, short_words=short, short_min=short_least):
            found = places(one, page)
            is_short = short and len(page.words) <= short
            return found if _many(found) >= (short_least if is_short else least) else set()
        case Score(of=weights, threshold=threshold):
            sum_ = 0.0
            found = set()
            for each in weights:
                there = places(each.of, page)
                gained = each.weight * max(_many(there), 1) if there else 0.0
                if each.most is not None:
                    gained = max(min(gained, each.most), -abs(each.most))
                sum_ += gained
                if each.weight > 0:
                    found |= there
            return (found or {NOWHERE}) if sum_ >= threshold else set()
        case _:
            return _widest(set(_leaf(condition, page)))


def _leaf(leaf: Leaf, page: PlainPage) -> Iterator[Place]:
    if isinstance(leaf, Named):
        yield from (
            place
            for place in page.named(leaf.label, leaf.text)
            if _is_in(place[0], leaf.scope, page)
        )
        return
    for key in keys_of(leaf):
        for mention in page.mentions(key):
            is_named = isinstance(leaf, Country | Group) and key.startswith(COUNTRY)
            if is_named and mention.entry.kind not in leaf.by:  # type: ignore[union-attr]
                continue
            if not _is_in(mention.place[0], leaf.scope, page):
                continue
            if (term := mention.entry.term) is not None:
                if term.only_near and not any(
                    _is_beside(one, mention.place, page) for one in term.only_near
                ):
                    continue
                if any(_is_beside(one, mention.place, page) for one in term.unless_near):
                    continue
            yield mention.place


def _is_beside(condition: Condition, place: Place, page: PlainPage) -> bool:
    others = _smallest(places(condition, page) - {NOWHERE})
    return any(_is_close(other, place, NEARBY) and other != place for other in others)


def _is_in(first: int, scope: Scope, page: PlainPage) -> bool:
    if not scope.fields:
        return True
    is_title = first < page.title_words
    return (
        (Field.TITLE in scope.fields and is_title)
        or (Field.BODY in scope.fields and not is_title)
        or (Field.LEAD in scope.fields and first < page.title_words + scope.first_words)
    )


def _span(chosen: Sequence[Place]) -> Place:
    there = [place for place in chosen if place != NOWHERE]
    if not there:
        return NOWHERE
    return min(first for first, _ in there), max(last for _, last in there)


def _width(place: Place) -> int:
    return place[1] - place[0] + 1


def _is_ordered(chosen: Sequence[Place]) -> bool:
    there = [place for place in chosen if place != NOWHERE]
    return all(one[1] < other[0] for one, other in pairwise(there))


def _is_close(one: Place, other: Place, words: int) -> bool:
    return _width(_span([one, other])) <= words


def _many(found: set[Place]) -> int:
    return len(_smallest(found - {NOWHERE}))


def _widest(found: set[Place]) -> set[Place]:
    """Of words inside one another only the widest: "fighter jets", not "jets" again."""
    return {
        one
        for one in found
        if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in found)
    }


def _smallest(found: set[Place]) -> set[Place]:
    return {
        one
        for one in found
        if not any(other != one and one[0] <= other[0] and other[1] <= one[1] for other in found)
    }


def used_entries(condition: Condition, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that a condition's verdict can depend on."""
    keys = {key for leaf in all_leaves(condition) for key in keys_of(leaf)}
    return [
        one
        for one in entries
        if one.key in keys or one.key.removeprefix(MASK) in keys or COUNTRY in one.key
    ]


def _folded(term: Sequence[_Word]) -> str:
    return "".join(word.gap * (number > 0) + word.text for number, word in enumerate(term))


def _joined(form: str) -> str:
    return " ".join(word.text for word in _words(form))


def _meets(word: _Word, name: Recognised) -> bool:
    return word.start < name.end and name.start < word.end


# --- words -------------------------------------------------------------------------------


def _words(text: str) -> list[_Word]:
    """The words of a text, letter by letter."""
    words: list[_Word] = []
    letters, given, gap = "", "", ""
    is_alone = False
    before = ""

    first = last = 0

    def end() -> None:
        nonlocal letters, given, gap
        if letters:
            words.append(_Word(letters, normalize("NFC", given), gap, first, last))
            letters, given, gap = "", "", ""

    for place, character in enumerate(text):
        folded = fold_character(character)
        if character in " \t\n\r\xa0" and before:
            if character == "\n" == before:
                gap += " "
            before = character
            continue
        if folded:
            before = character if character in " \t\n\r\xa0" else ""
        for letter in folded or "":
            if letter in " |":
                end()
                gap += letter
                continue
            alone = not has_borders(letter)
            if letters and (alone or is_alone):
                end()
            is_alone = alone
            first = place if not letters else first
            letters += letter
        is_mark = not folded and letters and combining(character)
        if is_mark or (folded and not set(folded) <= {" ", "|"}):
            given += character
            last = place + 1
    end()
    return words


def _paragraphs(article: Article) -> list[int]:
    """The number of each word's paragraph; the title is one."""
    numbers = []
    for number, line in enumerate(f"{article.title}\n|\n{article.text}".split("\n")):
        numbers += [number] * len(_words(line))
    return numbers
