"""Decides: what the words of a text are, and when two of them are the same.

Letters are compared after Unicode NFKC, case folding, and the folding of accents and of
Arabic letter variants, harakat and tatweel. A text and a term go through the same steps, and
each word keeps its place in the text as given, for the evidence.

In a folded text a blank stands for each blank, hyphen and apostrophe, a bar for any other sign
between words; ``text`` has blanks for the bars too, so that "these words in order, on word
borders" is a plain substring, and ``barred`` tells whether a sign stood between them::

    L'Algérie, dit-il   ->   " l algerie| dit il "

Scripts written without blanks (Chinese, Japanese, Thai …) have a word a character, and no
borders: there a term matches anywhere.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

BORDER = " "

_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF)),
    *((0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
"""Code points of scripts written without blanks: each character is a word."""
_INDIC = (0x0900, 0x0DFF)
"""Where vowel signs, which are no letters to Unicode, belong to the word."""
_JOINTS = frozenset("-\u2010\u2011\u2013'\u2019\u02bc\u00ad")
"""With blanks, what may stand between the words of one term."""

_ARABIC_VARIANTS = str.maketrans("أإآٱىةکی", "ااااي\u0647كي")
_INVISIBLE = frozenset("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u0640") | frozenset(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A text as its words: ``text`` for searching, ``span`` for pointing into what was given."""

    given: str
    text: str
    barred: str
    places: NDArray[np.intp] | None
    """Where each character of ``text`` but the first was given; ``None``: in order, one for one."""

    def place(self, position: int) -> int:
        """Where the character at a position of ``text`` stands in what was given."""
        return position - 1 if self.places is None else int(self.places[position - 1])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """``text[start:end]`` in what was given, from its first letter to the marks on its last."""
        first, after = self.place(start), self.place(end - 1) + 1
        while after < len(self.given) and unicodedata.combining(self.given[after]):
            after += 1
        return first, after

    def starts(self) -> list[int]:
        """Where each word begins in ``text``: a hundred microseconds, asked for once a text."""
        classes = _class_of(np.frombuffer(self.text.encode("utf-32-le"), np.uint32))
        is_word = classes != _BLANK
        begins = is_word[1:] & (~is_word[:-1] | (classes[1:] == _ALONE) | (classes[:-1] == _ALONE))
        return (np.flatnonzero(begins) + 1).tolist()


def fold(text: str) -> Folded:
    """Fold ``text`` once, for any number of searches in it."""
    places = None
    if text.isascii():
        barred = text.encode().translate(_ASCII).decode()
    else:
        barred, places = _fold_letters(text)
    if "  " in barred and _has_runs(text):
        barred, places = _without_runs(text, barred, places)
    barred = f" {barred} "
    return Folded(text, barred.replace("|", BORDER), barred, places)


def fold_term(term: str) -> str:
    """A term in the shape of ``Folded.barred``, nothing at its ends; "" has no word.

    The same as ``fold``, by the letter: for a few of them that is quicker.
    """
    folded = "".join(map(_letter, term))
    if _has_runs(term) or (not folded.isascii() and max(folded) >= chr(_FAR)):
        folded = fold(term).barred
    return folded.strip(" |")


def has_borders(letter: str) -> bool:
    """Whether words of this letter's script are written apart."""
    return not any(low <= ord(letter) <= high for low, high in _UNSPACED)


# --- letters -----------------------------------------------------------------------

_BLANK, _LETTER, _ALONE = 0, 1, 2
_GONE, _MANY, _UNKNOWN = 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_FAR = 0x0E00
"""From here on there are scripts without blanks."""

# Tables over all of Unicode, filled in as characters are first seen.
_FOLDED = np.full(0x110000, _UNKNOWN, np.uint32)
_CLASSES = np.full(0x110000, 0xFF, np.uint8)


def _has_runs(text: str) -> bool:
    """Whether blanks follow each other; a blank line is no run, but the end of a paragraph."""
    return any(run in text for run in _RUNS)


_RUNS = ("  ", "\n ", " \n", "\t", "\r", "\xa0")


def _fold_letters(text: str) -> tuple[str, NDArray[np.intp] | None]:
    """The folded letters, and each one's place in ``text`` where that is not in order."""
    given = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = _FOLDED[given]
    highest = int(codes.max(initial=0))
    if highest == _UNKNOWN:
        for code in set(given[codes == _UNKNOWN].tolist()):
            _FOLDED[code] = _code_of(fold_character(chr(code)))
        codes = _FOLDED[given]
        highest = int(codes.max(initial=0))
    places = None
    if highest >= _GONE:
        codes, places = _respelled(text, codes)
        highest = int(codes.max(initial=0))
    if highest >= _FAR:
        codes, places = _parted(codes, places)
    return codes.tobytes().decode("utf-32-le"), places


def _code_of(folded: str) -> int:
    return _GONE if not folded else ord(folded) if len(folded) == 1 else _MANY


Letters = tuple[NDArray[np.uint32], NDArray[np.intp]]
"""Code points, and where each was given."""


def _respelled(text: str, codes: NDArray[np.uint32]) -> Letters:
    """Spell out what is several letters, leave out what is none."""
    places = np.arange(len(codes))
    many = np.flatnonzero(codes == _MANY)
    if many.size:
        spelled = [[ord(letter) for letter in fold_character(text[i])] for i in many]
        lengths = np.ones(len(codes), np.intp)
        lengths[many] = [len(letters) for letters in spelled]
        ends = np.cumsum(lengths)
        codes, places = np.repeat(codes, lengths), np.repeat(places, lengths)
        for i, letters in zip(many, spelled, strict=True):
            codes[ends[i] - lengths[i] : ends[i]] = letters
    kept = codes != _GONE
    return codes[kept], places[kept]


def _without_runs(
    text: str, barred: str, places: NDArray[np.intp] | None
) -> tuple[str, NDArray[np.intp]]:
    """Leave one of several blanks, and two of a blank line."""
    if places is None:
        places = np.arange(len(barred))
    given = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)[places]
    is_blank = np.isin(given, _BLANKS)
    is_line = given == ord("\n")
    kept = np.ones(len(given), bool)
    kept[1:] &= ~(is_blank[1:] & is_blank[:-1] & ~(is_line[1:] & is_line[:-1]))
    codes = np.frombuffer(barred.encode("utf-32-le"), np.uint32)[kept]
    return codes.tobytes().decode("utf-32-le"), places[kept]


_BLANKS = np.array([ord(blank) for blank in " \t\n\r\xa0"], np.uint32)


def _parted(codes: NDArray[np.uint32], places: NDArray[np.intp] | None) -> Letters:
    """Put a blank between a script that has blanks and one that has none."""
    if places is None:
        places = np.arange(len(codes))
    alone = _class_of(codes) == _ALONE
    letter = ~alone & (codes != ord(BORDER)) & (codes != ord("|"))
    seams = np.flatnonzero((alone[1:] & letter[:-1]) | (letter[1:] & alone[:-1])) + 1
    return np.insert(codes, seams, ord(BORDER)), np.insert(places, seams, places[seams])


def _class_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    classes = _CLASSES[codes]
    if int(classes.max(initial=0)) == 0xFF:
        for code in set(codes[classes == 0xFF].tolist()):
            letter = chr(code)
            is_blank = letter in " |"
            _CLASSES[code] = _BLANK if is_blank else _LETTER if has_borders(letter) else _ALONE
        classes = _CLASSES[codes]
    return classes


@cache
def _letter(character: str) -> str:
    return fold_character(character)


def fold_character(character: str) -> str:
    """What a character is compared as: nothing, a letter, or several."""
    if character in _INVISIBLE:
        return ""
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character.isspace() or character in _JOINTS:
        return BORDER
    letters = unicodedata.normalize("NFKC", character).translate(_ARABIC_VARIANTS).casefold()
    if letters == "ı":
        return "i"
    parts = unicodedata.normalize("NFKD", letters)
    kept = "".join(part for part in parts if not _is_accent(part))
    if kept.isdecimal() and not kept.isascii():
        kept = "".join(str(unicodedata.decimal(digit)) for digit in kept)
    # What has no accent goes back together: Korean syllables come apart in NFKD.
    whole = unicodedata.normalize("NFC", kept).translate(_ARABIC_VARIANTS)
    return _barred(whole) if kept or not letters else ""


def _barred(letters: str) -> str:
    """Bars for what is no letter; one for all, where there is none."""
    if not any(map(_is_letter, letters)):
        return "|"
    return "".join(letter if _is_letter(letter) else "|" for letter in letters)


def _is_letter(character: str) -> bool:
    return character.isalnum() or _INDIC[0] <= ord(character) <= _INDIC[1]


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


_ASCII = bytes(ord(fold_character(chr(code)) or BORDER) if code < 128 else 0 for code in range(256))
