"""Decides: how an Arabic word is written together with the particles before it.

And, so, by, for, like and the article are written as one word with the next one (وبالجزائر);
after ل the alif of the article drops (الجزائر, للجزائر). The lists are closed; words that only
look as if they began with a particle are protected.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

ARTICLE = "ال"

_PROCLITICS = frozenset(
    [
        *("و", "ف", "ب", "ل", "ك", "س", "ال", "وال", "فال", "بال", "كال", "وبال", "فبال", "وكال"),
        *("لل", "ولل", "فلل", "وب", "ول", "وك", "فب", "فل", "فك", "بل"),
    ]
)
"""What is written together with the next word: and, so, by, for, like, the, and their sums."""

_PROTECTED = frozenset(
    [
        *("الم", "الف", "الاف", "اله", "الهه", "الي", "الا", "التي", "الذي", "الذين", "الان"),
        *("البانيا", "الباني", "البانيه", "المانيا", "الماني", "المانيه", "الماس", "الاسكا"),
        *("التزام", "التقاء", "التحاق", "التفاف", "التماس", "التهاب", "الغاء", "الحاق", "الهام"),
        *("الوان", "العاب", "القاب", "الحان", "البوم", "الكتروني", "الكترونيه", "الفا", "الزام"),
        *("الهي", "الماظ", "البرتا", "الينوي", "الكسندر", "وال", "وارسو", "وكاله", "وكيل"),
        *("ورق", "وجه", "وفد", "وزن", "وطن", "وعد", "ولد", "وقف", "فلسطين", "فلك", "فرق", "فلس"),
        *("بلد", "بلغ", "بلاد", "بنك", "بشار", "بلوك", "بلا", "بلي", "كمال", "كلام", "كتاب", "كرم"),
        *("لبنان", "ليبيا", "لسان", "لقاء", "لجان", "سلام", "سماء", "سلاح", "سوق", "سعر", "سلاحف"),
        *("كوريا", "كوبا", "كندا", "كينيا", "باريس", "بكين", "برلين", "بلجيكا", "بلغاريا"),
        *("باكستان", "بولندا", "فنلندا", "فرنسا", "فيتنام", "سوريا", "سودان", "سويسرا", "سنغافوره"),
        *("واشنطن", "فنزويلا", "بريطانيا", "لندن", "لاتفيا", "ليتوانيا", "لوكسمبورغ", "ليبيريا"),
    ]
)
"""Words, folded, that begin with letters of their own which look like a particle."""

_SHORTEST = 3
"""Letters: what is shorter is not looked for behind a particle, but for the article."""


def is_arabic(text: str) -> bool:
    """Whether its first letter is Arabic, so that a particle may stand before it."""
    return "\u0600" <= text[:1] <= "\u06ff"


def is_proclitic(letters: str, word: str) -> bool:
    """Whether the letters before a word's own are particles written together with it."""
    if letters not in _PROCLITICS:
        return False
    first = word.partition(" ")[0]
    return len(first) >= _SHORTEST and letters + first not in _PROTECTED


def bare(words: Iterable[str]) -> tuple[str, ...]:
    """The words without those that only have the article before another of them."""
    kept = dict.fromkeys(words)
    return tuple(
        word for word in kept if not (word.startswith(ARTICLE) and word[len(ARTICLE) :] in kept)
    )


def spellings(folded: str) -> tuple[str, ...]:
    """The ways in which a folded term is written, without what may stand before it.

    The second and later words may take the article (صفقة أسلحة, صفقة الأسلحة); after ل the
    alif of the article drops, so that the rest of the word is a spelling of its own.
    """
    first, *others = folded.split(" ")
    firsts = [first]
    if first.startswith(ARTICLE) and len(first) > len(ARTICLE) + 2 and first not in _PROTECTED:
        firsts.append("لل" + first[len(ARTICLE) :])
    choices = [
        [word] if word.startswith(ARTICLE) or not is_arabic(word) else [word, ARTICLE + word]
        for word in others[:4]
    ]
    return tuple(
        " ".join((head, *tail, *others[4:])) for head in firsts for tail in product(*choices)
    )
