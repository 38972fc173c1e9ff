"""Decides: what the name of a country or a capital may be besides: a person's, or another place's."""

from __future__ import annotations

import re

from monitor.matching.index import Entry
from monitor.matching.rules import Names
from monitor.matching.words import fold_term

_PLACES = (Names.NAME, Names.CAPITAL)
_LONGEST_NAME = 30
_BEFORE, _AFTER = re.compile(r"([^\W\d_])[\w.'’-]{2,} $"), re.compile(r" ([^\W\d_])")
"""A word and a blank; a blank and a letter. Shorter words are no names: En Italie, Le Chili."""


def may_be_a_person(entry: Entry, text: str, start: int, end: int) -> bool:
    """Whether a name at ``text[start:end]`` may be a person's: Gaston Paris, Salvador Dalí.

    The word before or after then begins with a capital letter, and only a blank parts them.
    """
    if entry.kind not in _PLACES:
        return False
    before = _BEFORE.search(text, max(0, start - _LONGEST_NAME), start)
    after = _AFTER.match(text, end)
    return any(beside is not None and beside[1].isupper() for beside in (before, after))


def is_only_a_country(entry: Entry, first: str) -> bool:
    """Whether an ambiguous name is that of its country or capital, if it is a place's at all.

    ``first`` is its first letter in the text: a small one is no name's.
    """
    return (
        entry.is_ambiguous
        and entry.kind in _PLACES
        and not first.islower()
        and fold_term(entry.text) not in _SHARED
    )


_LISTED = """
America, Amérique, América, Америка, Antigua, Ascension, Cayman, Congo, Конго, Dominica, Formosa,
Формоза, Georgetown, Georgia, Géorgie, Geórgia, Guernsey, Guinea, Guiné, Hexagone, Jersey, Kingston,
Кингстон, La Paz, La Valette, Macedonia, Macédoine, Macedónia, Moldau, Montserrat, Nassau, Нассау,
Nevis, Palau, Philipsburg, Polinesia, Polynesien, Porto Novo, Praia, Roseau, Saint George's,
St. George's, Saint Helena, St Helena, Sainte-Hélène, Saint John's, Saint Martin, St Martin,
Saint-Barthélemy, Sainte-Lucie, Salvador, San José, San Juan, San Salvador, São Salvador, Santiago,
Santo Domingo, Сантьяго, Sucre, Timor, Trinidad, Тринидад, Tripoli, Trípoli, Триполи, Vienne,
Virgin Islands, îles Vierges, Washington, Wellington, Веллингтон, Zentralafrika
"""
"""Ambiguous names of the packs that another place has, too, by an atlas: Georgia is a state of the
United States, Vienne a French river, Santiago where pilgrims go."""
_SHARED = frozenset(fold_term(" ".join(name.split())) for name in _LISTED.split(","))
