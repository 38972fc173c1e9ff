"""Decides: what the words of a text are, and when two of them are the same.

Letters are compared after Unicode NFKC, case folding, and the folding of accents and of
Arabic letter variants, harakat and tatweel. A text and a term go through the same steps, and
each word keeps its place in the text as given, for the evidence.

A folded text is one string in which every word stands between blanks, and a bar stands where
more than a blank, a hyphen or an apostrophe parts two words::

    L'Algérie, dit-il   ->   " l algerie | dit il "

so that "these words in order, on word borders" is a plain substring. Scripts written without
blanks (Chinese, Japanese, Thai …) give one word a character: there a term matches anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import product

BORDER = " "
_BARRIER = " | "

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# The ranges of vowel signs keep the words of Indic scripts whole: `\w` leaves them out.
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[\u0900-\u0dff])+")
_JOINT = re.compile(r"[\s\-\u2010\u2011\u2013'\u2019\u02bc\u00ad]*")

_ARABIC_VARIANTS = str.maketrans("أإآٱىةکی", "ااااي\u0647كي")
_INVISIBLE = frozenset("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u0640") | frozenset(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)

_PROCLITICS = frozenset(
    [
        "و",
        "ف",
        "ب",
        "ل",
        "ك",
        "س",
        "ال",
        "وال",
        "فال",
        "بال",
        "كال",
        "وبال",
        "فبال",
        "وكال",
        "لل",
        "ولل",
        "فلل",
        "وب",
        "ول",
        "وك",
        "فب",
        "فل",
        "فك",
        "بل",
    ]
)
"""What Arabic writes together with the next word: and, so, by, for, like, the, and their sums."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as its words: ``text`` for searching, ``spans`` for pointing.

    ``starts[i]`` is where word ``i`` begins in ``text``; ``spans[i]`` is its first character
    and the one after its last in the text as given.
    """

    text: str = BORDER
    starts: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    word_at: dict[int, int] = field(default_factory=dict)
    """From a word's start in ``text`` to its number."""

    def word_around(self, position: int) -> int:
        """The number of the word that stands at ``position`` of ``text``."""
        return bisect_right(self.starts, position) - 1


def fold(text: str) -> Folded:
    """Fold ``text`` once, for any number of searches in it."""
    letters, places = _fold_letters(text)
    pieces: list[str] = [BORDER]
    starts: list[int] = []
    spans: list[tuple[int, int]] = []
    at, previous_end = 1, 0
    for word in _WORD.finditer(letters):
        start, end = word.span()
        if starts:
            gap = letters[previous_end:start]
            joint = BORDER if gap == BORDER or _JOINT.fullmatch(gap) else _BARRIER
            pieces.append(joint)
            at += len(joint)
        pieces.append(word.group())
        starts.append(at)
        spans.append((start, end) if places is None else _span(text, places, start, end))
        at += end - start
        previous_end = end
    pieces.append(BORDER)
    return Folded(
        "".join(pieces), tuple(starts), tuple(spans), {start: i for i, start in enumerate(starts)}
    )


def _span(text: str, places: list[int], start: int, end: int) -> tuple[int, int]:
    """From the first letter of a word to the marks on its last."""
    after = places[end - 1] + 1
    while after < len(text) and unicodedata.combining(text[after]):
        after += 1
    return places[start], after


def fold_term(term: str) -> str:
    """A term in the shape of ``Folded.text``, blanks at both ends included; "" has no word."""
    folded = fold(term)
    return folded.text if folded.starts else ""


def written_words(text: str, folded: Folded) -> tuple[str, ...]:
    """The words as given, with their case and accents (NFC)."""
    return tuple(unicodedata.normalize("NFC", text[start:end]) for start, end in folded.spans)


def is_arabic(pattern: str) -> bool:
    """Whether the first word is in the Arabic script, and so may carry proclitics."""
    first = pattern.lstrip()[:1]
    return "\u0600" <= first <= "\u06ff"


def is_proclitic(letters: str) -> bool:
    """Whether these letters before an Arabic word are written-together particles, or nothing."""
    return not letters or letters in _PROCLITICS


def arabic_variants(pattern: str) -> tuple[str, ...]:
    """The ways in which a folded Arabic term is written, without what may stand before it.

    The second and later words may take the article (صفقة أسلحة, صفقة الأسلحة); after ل the
    alif of the article drops (الجزائر, للجزائر), so that the rest of the word is a variant.
    """
    first, *others = pattern.split()
    firsts = [first]
    if first.startswith("ال") and len(first) > len("الxx"):
        firsts.append("لل" + first[2:])
    choices = [
        [word] if word.startswith("ال") or not is_arabic(word) else [word, "ال" + word]
        for word in others[:4]
    ]
    return tuple(
        " ".join((head, *tail, *others[4:])) + BORDER
        for head in firsts
        for tail in product(*choices)
    )


# --- letters -----------------------------------------------------------------------


class _Table(dict[int, str]):
    """What each character is compared as, worked out when first seen."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if character in _INVISIBLE:
        return ""
    letters = unicodedata.normalize("NFKC", character).translate(_ARABIC_VARIANTS).casefold()
    if letters == "ı":
        return "i"
    if letters.isspace():
        return BORDER
    parts = unicodedata.normalize("NFKD", letters)
    kept = "".join(part for part in parts if not _is_accent(part))
    if kept.isdecimal() and not kept.isascii():
        kept = "".join(str(unicodedata.decimal(digit)) for digit in kept)
    # What has no accent goes back together: Korean syllables come apart in NFKD.
    return unicodedata.normalize("NFC", kept).translate(_ARABIC_VARIANTS)


def _is_accent(mark: str) -> bool:
    """Marks of Latin, Greek, Cyrillic, Hebrew and Arabic; in other scripts a mark is a letter."""
    code = ord(mark)
    return (
        0x0300 <= code <= 0x036F
        or 0x0591 <= code <= 0x05C7
        or 0x0610 <= code <= 0x061A
        or 0x064B <= code <= 0x065F
        or code == 0x0670
        or 0x06D6 <= code <= 0x06ED
    )


_TABLE = _Table()


def _fold_letters(text: str) -> tuple[str, list[int] | None]:
    """The folded letters, and each one's place in ``text``; ``None``: all are where they were."""
    if text.isascii():
        return text.lower(), None
    if all(len(_TABLE[ord(character)]) == 1 for character in set(text)):
        return text.translate(_TABLE), None
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        folded = _TABLE[ord(character)]
        letters.append(folded)
        places.extend([place] * len(folded))
    return "".join(letters), places
