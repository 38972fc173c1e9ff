"""Touches the world: the country packs, data files that ship with the program, and CLDR.

A pack is ``packs/countries/XX.yaml``, each key but ``code`` holding a list of words per
language (``any`` = safe in every one); all inflected forms are listed::

    code: DZ
    names:       besides those of CLDR, which Babel gives in every language it knows
    demonyms:    nouns, adjectives, and the combining form (algéro-)
    capitals:
    government:  seats and houses that the news name for the state
    acronyms:    compared letter by letter, case and accents included
    ambiguous:   which of all these words count only with support, see ``engine``
    except:      phrases inside which none of these words counts (Latin America, US dollar)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Required

from babel import Locale, UnknownLocaleError
from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from monitor.matching.rules import ANY_LANGUAGE, Names
from monitor.matching.words import fold_term
from monitor.matching.yamlnodes import plain_yaml

_Listed = dict[str, list[str]]


_Pack = TypedDict(
    "_Pack",
    {
        "code": Required[str],
        "names": _Listed,
        "demonyms": _Listed,
        "capitals": _Listed,
        "government": _Listed,
        "acronyms": _Listed,
        "ambiguous": _Listed,
        "except": _Listed,
    },
    total=False,
)
_PACK = TypeAdapter(with_config(ConfigDict(extra="forbid"))(_Pack))


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One way in which one language names a country."""

    country: str
    language: str
    text: str
    kind: Names
    is_exact: bool = False
    is_ambiguous: bool = False


@cache
def territories() -> Mapping[str, str]:
    """Every country code that a rule may name, with its English name (CLDR)."""
    names = Locale("en").territories
    return {
        code: name for code, name in names.items() if len(code) == 2 and code not in _NOT_COUNTRIES
    }


_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def words(code: str, languages: frozenset[str]) -> Iterator[Word]:
    """All words for a country in these languages, and those that are safe in any."""
    pack = _pack(code)
    sections: dict[Names, _Listed] = {
        Names.NAME: pack.get("names", {}),
        Names.DEMONYM: pack.get("demonyms", {}),
        Names.CAPITAL: pack.get("capitals", {}),
        Names.GOVERNMENT: pack.get("government", {}),
    }
    ambiguous = pack.get("ambiguous", {})

    def word(language: str, text: str, kind: Names, *, is_exact: bool = False) -> Word:
        doubtful = {*ambiguous.get(language, ()), *ambiguous.get(ANY_LANGUAGE, ())}
        return Word(
            country=code,
            language=language,
            text=text,
            kind=kind,
            is_exact=is_exact,
            is_ambiguous=text in doubtful
            if is_exact  # "Irán" is Iran, "irán" in Spanish is "they will go"
            else fold_term(text) in map(fold_term, doubtful),
        )

    for language in sorted(languages):
        if name := _cldr_name(code, language):
            yield word(language, name, Names.NAME)
    for kind, listed in sections.items():
        for language, texts in listed.items():
            if language in languages or language == ANY_LANGUAGE:
                yield from (word(language, text, kind) for text in texts)
    for language, texts in pack.get("acronyms", {}).items():
        if language in languages or language == ANY_LANGUAGE:
            yield from (word(language, text, Names.NAME, is_exact=True) for text in texts)


def masks(code: str, languages: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The phrases inside which the country's words do not count, each with its language."""
    for language, texts in _pack(code).get("except", {}).items():
        if language in languages or language == ANY_LANGUAGE:
            yield from ((language, text) for text in texts)


@cache
def _cldr_name(code: str, language: str) -> str:
    try:
        return str(Locale.parse(language).territories.get(code, ""))
    except (UnknownLocaleError, ValueError):
        return ""


@cache
def _pack(code: str) -> _Pack:
    path = files("monitor") / "packs" / "countries" / f"{code}.yaml"
    if not path.is_file():
        return {"code": code}
    return _PACK.validate_python(plain_yaml(path.read_text(encoding="utf-8"), path.name))
