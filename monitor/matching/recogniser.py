"""Mechanism: spaCy. Its sentence borders, on matched articles only, and the names its models find.

A blank pipeline knows the punctuation of every script, and needs no model. spaCy is imported when
the first article has matched: a command that has nothing to show does not pay for it. The
readers' server process has imported it before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from spacy.language import Language

_NEAR = 300
"""Characters before a mention in which its sentence mostly begins."""
_AROUND = 1_500
"""Characters on each side of a mention in which its sentence is looked for."""

_ABBREVIATIONS = """
Apr. Art. Aug. Bros. Capt. Co. Col. Corp. D. Dec. Dott. Dr. Dª. Dña. E.U. EE. Exmo. Feb.
Gen. Gov. Gén. Hon. Inc. Jan. Jr. Lt. Ltd. M. MM. Mar. Mr. Mrs. Ms. No. Nov. Nr. Oct.
On. Pr. Prof. Rep. Sen. Sept. Sgt. Sig. Sr. Sra. St. Ste. U.K. U.N. U.S. U.S.A. UU. Ud.
Uds. art. bzw. ca. cf. e.g. etc. févr. i.e. janv. juil. p. pp. vs. z.B. г. гг. им. млн.
млрд. т.д. т.п. тыс. أ. د. م.
"""
"""Words whose full stop ends no sentence, as newspapers of the pack's languages write them."""

_OPENING, _CLOSING = "\"'“«‘([", "\"'”»’)]"
_STOP = re.compile(rf"[.!?…؟。！？]+[{re.escape(_CLOSING)}]*(?:(?=\s)|(?<=[。！？]))")
_PLAIN_WORD = re.compile(
    rf"[{re.escape(_OPENING)}]*((?:[^\W_]+[-'’])*(?:[^\W_]|[\u064b-\u0652]){{2,}})[{re.escape(_CLOSING)}]*"
)
"""A word of two letters and more in quotation marks or brackets, or in none."""
_BACK = 48
"""Characters before a full stop in which its word begins."""
_KNOWN = frozenset(_ABBREVIATIONS.split())
_STOPS = 4
"""Full stops on each side of a mention: an abbreviation or two among them do no harm."""

LONGEST = 100_000
"""Characters of a text of which sentences and names are asked."""
_BATCH = 16
"""Passages that a model reads at once."""
_WINDOW = 60
"""Words of a passage: more would be read no better."""
_WORD, _LETTER = re.compile(r"\S+"), re.compile(r"[^\W\d_]")

PERSON, PLACE, ORGANISATION = "PER", "LOC", "ORG"
_LABELS = {"PERSON": PERSON, "GPE": PLACE, "NORP": "MISC"}
"""English models have labels of their own."""

_LONGEST_RUN = re.compile(r"\S{200}")
"""What no tokeniser should be asked to take apart: it would take seconds."""
_SHORT_WORDS = ("x" * 19 + " ") * 10
"""What it is given instead, just as long."""


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The first character of the sentence that holds ``text[start:end]``, and one past its last.

    A paragraph's end is a sentence's end. Where the nearest full stops are plain there is nothing
    to ask; else spaCy takes apart what stands between a few of them on both sides.
    """
    low = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    high = text.find("\n", end)
    high = min(len(text) if high < 0 else high, end + _AROUND)
    near = max(low, start - _NEAR)
    last = _first_end(text, reversed(list(_STOP.finditer(text, near, start))))
    if last is None and near > low:
        last = _first_end(text, reversed(list(_STOP.finditer(text, low, start))))
    next_ = _first_end(text, _STOP.finditer(text, end, high))
    if last is not _UNCLEAR and next_ is not _UNCLEAR:
        first = _after_blanks(text, last.end()) if last else low
        return min(first, start), max(next_.end() if next_ else high, end)
    before = [stop for stop in _STOP.finditer(text, low, start) if _may_end(text, stop)]
    may_end = (stop for stop in _STOP.finditer(text, end, high) if _may_end(text, stop))
    after = list(islice(may_end, _STOPS))
    low = before[-_STOPS].end() if len(before) >= _STOPS else low
    high = after[-1].end() if len(after) == _STOPS else high
    first, after_last = low, high
    for sentence_start, sentence_end in sentences(text[low:high]):
        if low + sentence_start <= start:
            first = low + sentence_start
        if low + sentence_end >= end:
            after_last = low + sentence_end
            break
    return first, after_last


_UNCLEAR: re.Match[str] = cast("re.Match[str]", re.match("", ""))
"""Instead of a full stop: there is one of which only spaCy can tell."""


def _first_end(text: str, stops: Iterable[re.Match[str]]) -> re.Match[str] | None:
    """The first full stop that ends a sentence; ``None``: none does."""
    for stop in stops:
        is_end = _is_end(text, stop)
        if is_end is None:
            return _UNCLEAR
        if is_end:
            return stop
    return None


def _may_end(text: str, stop: re.Match[str]) -> bool:
    return _is_end(text, stop) is not False


def _is_end(text: str, stop: re.Match[str]) -> bool | None:
    """Whether spaCy would end a sentence there, without a look any further; ``None``: who knows.

    It may not after initials (J. Smith), after what has stops inside (z.B.), and after a capital
    letter that follows a small one; after a known abbreviation it does not.
    """
    before = text[max(0, stop.start() - _BACK) : stop.start()].rsplit(None, 1)
    word = before[-1] if before else ""
    if f"{word.lstrip(_OPENING)}." in _KNOWN:
        return False if stop[0].rstrip(_CLOSING) == "." else None
    if not (word.isalpha() and len(word) > 1):
        found = _PLAIN_WORD.fullmatch(word)
        if found is None or f"{found[1]}." in _KNOWN:
            return None
        word = found[1]
    last = word[-1]
    is_split = word[-2:].isupper() if last.isupper() else last.isalpha() or last.isascii()
    return is_split or None


def _after_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def sentence_starts(text: str) -> list[int]:
    """Where each sentence of a text begins; a new line begins a new one."""
    starts = []
    at = 0
    for line in text[:LONGEST].split("\n"):
        if line:  # a text may have a hundred thousand empty ones
            starts += [at + start for start, _ in sentences(line)]
        at += len(line) + 1
    return starts


def sentences(passage: str) -> list[tuple[int, int]]:
    """Where they begin and end."""
    passage = _LONGEST_RUN.sub(_SHORT_WORDS, passage)
    doc = _splitter().within_bounds(len(passage))(passage)
    return [(one.start_char, one.end_char) for one in doc.sents]


_KEPT = 200_000
"""Characters: the words of as many are kept, up to 8 MB, and then forgotten."""


class _Splitter:
    """A pipeline inside one of spaCy's memory zones after the other: left alone it would keep each
    new word, 40 MB for a million characters of them; a zone for each sentence would make the commonest
    words anew each time, and take five times as long."""

    def __init__(self) -> None:
        self._nlp = _pipeline()
        self._zone = ExitStack()
        self._read = _KEPT

    def within_bounds(self, characters: int) -> Language:
        """The pipeline, for a passage of so many; what it made before is not to be used any more."""
        self._read += characters
        if self._read > _KEPT:
            self._zone.close()
            self._zone.enter_context(self._nlp.memory_zone())
            self._read = characters
        return self._nlp


@cache
def _splitter() -> _Splitter:
    return _Splitter()


class Recognised(NamedTuple):
    """A name that a statistical model found in a text."""

    label: str
    start: int
    end: int

    def covers(self, start: int, end: int) -> bool:
        """Whether it holds all of ``text[start:end]``."""
        return self.start <= start and end <= self.end

    def meets(self, other: Recognised) -> bool:
        """Whether they share a letter."""
        return self.start < other.end and other.start < self.end

    def is_wider(self, start: int, end: int) -> bool:
        """Whether it holds that and more."""
        return self.covers(start, end) and (self.start, self.end) != (start, end)


def passages(line: str) -> list[tuple[int, int]]:
    """What a model reads at once: the sentences of a line, long ones in pieces of 60 words."""
    found: list[tuple[int, int]] = []
    starts = [first for first, _ in sentences(line)]
    for first, last in pairwise([*starts, len(line)]):
        words = [word.span() for word in _WORD.finditer(line, first, last)]
        pieces = (words[at : at + _WINDOW] for at in range(0, len(words), _WINDOW))
        found += [(piece[0][0], piece[-1][1]) for piece in pieces]
    return [(low, high) for low, high in found if _LETTER.search(line, low, high)]


def recognise(
    text: str, language: str | None, where: Iterable[tuple[int, int]]
) -> list[tuple[Recognised, ...]]:
    """The names in each of these passages of a text; none where no model reads the language.

    What words were seen is forgotten.
    """
    nlp = _model(language or "")
    if nlp is None:
        return [() for _ in where]
    read = [(_LONGEST_RUN.sub(_SHORT_WORDS, text[low:high]), low) for low, high in where]
    with nlp.memory_zone():
        return [
            tuple(
                Recognised(
                    _LABELS.get(name.label_, name.label_),
                    low + name.start_char,
                    low + name.end_char,
                )
                for name in doc.ents
            )
            for doc, low in nlp.pipe(read, as_tuples=True, batch_size=_BATCH)
        ]


def prepare(languages: Iterable[str]) -> None:
    """Load the models of these languages now, so that no text waits for one."""
    for language in languages:
        _model(language)


def reads(language: str | None) -> bool:
    """Whether a model for the language is installed; spaCy is not imported for that."""
    return bool(language and _package(language))


def models(languages: Iterable[str]) -> dict[str, str]:
    """The installed models for these languages, each with its version."""
    packages = filter(None, map(_package, sorted(languages)))
    return {package: metadata.version(package) for package in packages}


_KINDS = ("core_news_md", "core_web_md", "core_news_sm", "core_web_sm")
"""Names of spaCy's models after the language, the better ones first."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@cache
def _package(language: str) -> str | None:
    if not _LANGUAGE.fullmatch(language):
        return None
    packages = (f"{language}_{kind}" for kind in _KINDS)
    return next((one for one in packages if find_spec(one) is not None), None)


@cache
def _model(language: str) -> Language | None:
    """The French one takes three seconds and 75 MB (230 MB with what is excluded)."""
    if (package := _package(language)) is None:
        return None
    from spacy.util import load_model  # noqa: PLC0415 - takes a second and 100 MB

    return load_model(package, exclude=_UNUSED)


_UNUSED = ("tagger", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer")
"""What models bring beside names."""


@cache
def _pipeline() -> Language:
    """One for all languages: the blank French one alone takes three seconds to make.

    What it would know beside punctuation are the abbreviations that end in a full stop.
    """
    import spacy  # noqa: PLC0415 - takes a second and 100 MB
    from spacy.symbols import ORTH  # noqa: PLC0415
    from spacy.tokenizer import Tokenizer  # noqa: PLC0415
    from spacy.util import compile_infix_regex  # noqa: PLC0415

    nlp = spacy.blank("xx")
    tokenizer = nlp.tokenizer
    assert isinstance(tokenizer, Tokenizer)
    nlp.add_pipe("sentencizer")
    infixes = [*(nlp.Defaults.infixes or ()), "[。！？]"]  # no blank follows them
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    for abbreviation in _ABBREVIATIONS.split():
        tokenizer.add_special_case(abbreviation, [{ORTH: abbreviation}])
    return nlp
