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
from collections.abc import Sequence
from functools import cache
from typing import Any
from unicodedata import combining

import numpy as np
from numpy.typing import NDArray

BORDER = " "
_FIRST_MARK = "\u0300"
"""No mark that stands on another letter comes before it in Unicode."""

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


class Folded:
    """A text as its words: ``text`` for searching, ``span`` for pointing into what was given."""

    __slots__ = ("_places", "barred", "given", "text")

    def __init__(self, given: str, barred: str, places: Places | None) -> None:
        self.given = given
        self.barred = f" {barred} "
        self.text = self.barred.replace("|", BORDER)
        self._places = places
        """Where each letter was given; ``None``: in order; empty: to be worked out if asked for."""

    def place(self, position: int) -> int:
        """Where the character at a position of ``text`` stands in what was given."""
        if self._places is None:
            return position - 1
        if not len(self._places):
            _, self._places = spell(self.given)
        return int(self._places[position - 1])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """``text[start:end]`` in what was given, from its first letter to the marks on its last."""
        if self._places is None:
            first, after = start - 1, end - 1
        else:
            first, after = self.place(start), self.place(end - 1) + 1
        given = self.given
        while after < len(given) and given[after] >= _FIRST_MARK and combining(given[after]):
            after += 1
        return first, after

    def starts(self) -> list[int]:
        """Where each word begins in ``text``."""
        if self.text.isascii():
            is_blank = np.frombuffer(self.text.encode(), np.uint8) == ord(BORDER)
            begins = is_blank[:-1] & ~is_blank[1:]
        elif int((codes := _codes(self.text)).max()) < _FAR:
            is_blank = codes == ord(BORDER)
            begins = is_blank[:-1] & ~is_blank[1:]
        else:
            classes = _class_of(codes)
            is_word, is_alone = classes != _BLANK, classes == _ALONE
            begins = is_word[1:] & (~is_word[:-1] | is_alone[1:] | is_alone[:-1])
        starts: list[int] = (np.flatnonzero(begins) + 1).tolist()
        return starts


def fold(text: str) -> Folded:
    """Fold ``text`` once, for any number of searches in it.

    Most letters fold to one letter each, and most texts have few others: those are replaced in
    the string, and where each letter was given is worked out (by ``spell``) when somebody asks.
    """
    given: NDArray[Any]
    codes: NDArray[Any]
    if text.isascii():
        folded = text.encode().translate(_ASCII)
        if b"  " not in folded:
            return Folded(text, folded.decode(), None)
        given = codes = np.frombuffer(folded, np.uint8)
    else:
        given = _codes(text)
        codes = _folded(given)
    kept = None
    if doubled := _doubled(text, codes == ord(BORDER)):
        kept = np.delete(np.arange(len(codes)), doubled)
        given, codes = given[kept], codes[kept]
    found = _letters(given, codes)
    if found is None:
        return Folded(text, *spell(text))
    letters, places = found
    if kept is not None:
        if places is None:
            places = kept
        elif len(places):
            places = kept[places]
    return Folded(text, letters, places)


def fold_term(term: str) -> str:
    """A term in the shape of ``Folded.barred``, nothing at its ends; "" has no word.

    The same as ``fold``, by the letter: for a few of them that is quicker.
    """
    folded = "".join(map(_letter, term))
    if "  " in folded or (not folded.isascii() and max(folded) >= chr(_FAR)):
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

Codes = NDArray[np.uint32]
Places = Sequence[int] | NDArray[np.intp]


def _doubled(text: str, is_blank: NDArray[np.bool_]) -> list[int]:
    """Where a blank follows a blank and goes: a blank line stays, as the end of a paragraph.

    ``is_blank`` tells of each letter whether it folds to a blank.
    """
    return [
        place + 1
        for place in np.flatnonzero(is_blank[1:] & is_blank[:-1]).tolist()
        if text[place] in _BLANKS
        and text[place + 1] in _BLANKS
        and text[place : place + 2] != "\n\n"
    ]


_BLANKS = " \t\n\r\xa0"


def _letters(given: NDArray[Any], codes: NDArray[Any]) -> tuple[str, Places | None] | None:
    """The folded letters, and where each was given, as in ``Folded``; ``None``: the long way."""
    highest = int(codes.max(initial=0))
    if highest < _FAR:
        return _text(codes, highest), None
    if highest < _GONE or _blanks_meet(codes):
        return None
    is_odd = codes >= _GONE  # several letters, or none
    odd_places = np.flatnonzero(is_odd)
    odd_letters = given[odd_places]
    codes[odd_places] = 0
    highest = int(codes.max())
    odd = {chr(code): _letter(chr(code)) for code in set(odd_letters.tolist())}
    if highest >= _FAR or any(max(letters, default="") >= chr(_FAR) for letters in odd.values()):
        return None
    codes[odd_places] = odd_letters
    letters = _text(codes, int(codes.max()))
    for character, folded in odd.items():
        letters = letters.replace(character, folded)
    return letters, () if any(odd.values()) else np.flatnonzero(~is_odd)


def _blanks_meet(codes: Codes) -> bool:
    """Whether blanks come together once what folds to nothing is gone."""
    return _pairs_of_blanks(codes[codes != _GONE]) > _pairs_of_blanks(codes)


def _pairs_of_blanks(codes: Codes) -> int:
    is_blank = codes == ord(BORDER)
    return int(np.count_nonzero(is_blank[1:] & is_blank[:-1]))


def spell(text: str) -> tuple[str, Places]:
    """The folded letters, and where each was given: the long way of ``fold``."""
    codes, places = _respelled(text, _folded(_codes(text)))
    if int(codes.max(initial=0)) >= _FAR:
        codes, places = _parted(codes, places)
    given = _text(_codes(text)[places])
    doubled = _doubled(given, codes == ord(BORDER))
    return _text(np.delete(codes, doubled)), np.delete(places, doubled)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _text(codes: NDArray[Any], highest: int = 0x10FFFF) -> str:
    if highest < 0x100:
        return codes.astype(np.uint8).tobytes().decode("latin-1")
    return str(codes.data, "utf-32-le", "surrogatepass")


def _folded(given: Codes) -> Codes:
    """What each character folds to, where that is one letter."""
    codes = _FOLDED.take(given)
    if int(codes.max(initial=0)) == _UNKNOWN:
        for code in set(given[codes == _UNKNOWN].tolist()):
            _FOLDED[code] = _code_of(fold_character(chr(code)))
        codes = _FOLDED.take(given)
    return codes


def _code_of(folded: str) -> int:
    return _GONE if not folded else ord(folded) if len(folded) == 1 else _MANY


def _respelled(text: str, codes: Codes) -> tuple[Codes, NDArray[np.intp]]:
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


def _parted(codes: Codes, places: NDArray[np.intp]) -> tuple[Codes, NDArray[np.intp]]:
    """Put a blank between a script that has blanks and one that has none."""
    alone = _class_of(codes) == _ALONE
    letter = ~alone & (codes != ord(BORDER)) & (codes != ord("|"))
    seams = np.flatnonzero((alone[1:] & letter[:-1]) | (letter[1:] & alone[:-1])) + 1
    return np.insert(codes, seams, ord(BORDER)), np.insert(places, seams, places[seams])


def _class_of(codes: Codes) -> NDArray[np.uint8]:
    classes = _CLASSES.take(codes)
    if int(classes.max(initial=0)) == 0xFF:
        for code in set(codes[classes == 0xFF].tolist()):
            letter = chr(code)
            is_blank = letter in " |"
            _CLASSES[code] = _BLANK if is_blank else _LETTER if has_borders(letter) else _ALONE
        classes = _CLASSES.take(codes)
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
