"""Touches the world: the words for countries and groups, data files that ship with the program, and CLDR.

For the ten languages of the packs the words are read from ``packs/words/LANG.tsv`` (and
``any.tsv``: safe in every language), which ``monitor.packs.generate`` makes; for others there
is the name that CLDR has. ``packs/README.md`` says where the words come from.

A pack as people write it has one country and lists of words per language (``any`` again)::

    code: DZ
    names:       besides those of CLDR
    demonyms:    nouns, adjectives, and the combining form (algéro-)
    capitals:
    government:  seats and houses that the news name for the state
    acronyms:    compared letter by letter, case and accents included
    ambiguous:   which of all these words count only with support, see ``engine``
    except:      phrases inside which none of these words counts (Latin America, US dollar)

All inflected forms are listed. A word with a star at its end stands for all that begin so;
one with ``=`` before it (``=Praga``) is compared like an acronym.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Required

from babel import Locale, UnknownLocaleError
from babel.core import get_cldr_version
from babel.localedata import locale_identifiers
from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from monitor.matching.rules import ANY_LANGUAGE, Names
from monitor.matching.words import fold_term
from monitor.matching.yamlnodes import plain_yaml

Listed = dict[str, list[str]]
"""Words by language."""

Pack = TypedDict(
    "Pack",
    {
        "code": Required[str],
        "names": Listed,
        "demonyms": Listed,
        "capitals": Listed,
        "government": Listed,
        "acronyms": Listed,
        "ambiguous": Listed,
        "except": Listed,
    },
    total=False,
)
"""The shape of a country's pack, as the module's docstring says it."""

EXCEPT = "except"
"""In a generated file, the kind of a line that is a mask and no word."""
EXACT, AMBIGUOUS, PREFIX = "e", "a", "p"
"""In a generated file, the flags of a line."""

_FILES = files("monitor") / "packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One way in which one language names a country."""

    country: str
    language: str
    text: str
    """A star at its end says that the last word may go on."""
    kind: Names
    is_exact: bool = False
    is_ambiguous: bool = False

    @property
    def is_prefix(self) -> bool:
        """Whether the last word may go on."""
        return self.text.endswith("*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Countries that the news name together: an organisation or a region."""

    id: str
    title: str
    members: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    """What the group itself is called, by language; terms as a concept has them (``=OTAN``)."""


@cache
def territories() -> Mapping[str, str]:
    """Every country code that a rule may name, with its English name (CLDR)."""
    names = Locale("en").territories
    return {
        code: name for code, name in names.items() if len(code) == 2 and code not in _NOT_COUNTRIES
    }


_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@cache
def languages() -> frozenset[str]:
    """The languages that the packs are written in."""
    names = (file.name for file in (_FILES / "words").iterdir())
    return frozenset(name.removesuffix(".tsv") for name in names if name.endswith(".tsv")) - {
        ANY_LANGUAGE
    }


@cache
def knows(language: str) -> bool:
    """Whether there are names of countries in a language: a pack's, or CLDR's."""
    return _has_file(language) or bool(_cldr_name("FR", language))


def words(code: str, among: Iterable[str]) -> Iterator[Word]:
    """All words for a country in these languages, and those that are safe in any."""
    for language in (*sorted(among), ANY_LANGUAGE):
        for kind, flags, text in _lines(language).get(code, ()):
            if kind != EXCEPT:
                yield Word(
                    country=code,
                    language=language,
                    text=text + "*" * (PREFIX in flags),
                    kind=Names(kind),
                    is_exact=EXACT in flags,
                    is_ambiguous=AMBIGUOUS in flags,
                )
        if not _has_file(language) and (name := _cldr_name(code, language)):
            yield Word(country=code, language=language, text=name, kind=Names.NAME)


def masks(code: str, among: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The phrases inside which the country's words do not count, each with its language.

    A star at the end of a phrase says that its last word may go on.
    """
    for language in (*sorted(among), ANY_LANGUAGE):
        for kind, flags, text in _lines(language).get(code, ()):
            if kind == EXCEPT:
                yield language, text + "*" * (PREFIX in flags)


@with_config(ConfigDict(extra="forbid"))
class _GroupShape(TypedDict):
    title: str
    members: list[str]
    names: Listed


_GROUPS = TypeAdapter(dict[str, _GroupShape])


@cache
def groups() -> Mapping[str, Group]:
    """Every group that a rule may name, by its id."""
    text = (_FILES / "groups.yaml").read_text(encoding="utf-8")
    shapes = _GROUPS.validate_python(plain_yaml(text, "groups.yaml"))
    return MappingProxyType(
        {
            name: Group(
                id=name,
                title=shape["title"],
                members=tuple(shape["members"]),
                names=MappingProxyType(
                    {key: tuple(terms) for key, terms in shape["names"].items()}
                ),
            )
            for name, shape in shapes.items()
        }
    )


# --- packs as people write them --------------------------------------------------------


def words_of_pack(pack: Pack) -> Iterator[Word]:
    """All words of one pack, in the order in which it has them; CLDR's are not among them."""
    marks = {
        language: (frozenset(listed), frozenset(map(fold_term, listed)))
        for language, listed in pack.get("ambiguous", {}).items()
    }
    for kind, listed, is_acronym in (
        (Names.NAME, pack.get("names", {}), False),
        (Names.DEMONYM, pack.get("demonyms", {}), False),
        (Names.CAPITAL, pack.get("capitals", {}), False),
        (Names.GOVERNMENT, pack.get("government", {}), False),
        (Names.NAME, pack.get("acronyms", {}), True),
    ):
        for language, texts in listed.items():
            doubtful = [marks[key] for key in (language, ANY_LANGUAGE) if key in marks]
            for written in texts:
                text = written.removeprefix("=")
                is_exact = is_acronym or written.startswith("=")
                yield Word(
                    country=pack["code"],
                    language=language,
                    text=text,
                    kind=kind,
                    is_exact=is_exact,
                    is_ambiguous=any(
                        # "Irán" is Iran, "irán" in Spanish is "they will go"
                        text in letters if is_exact else fold_term(text) in folded
                        for letters, folded in doubtful
                    ),
                )


def masks_of_pack(pack: Pack) -> Iterator[tuple[str, str]]:
    """The pack's own masks, as ``masks`` gives them."""
    for language, texts in pack.get("except", {}).items():
        yield from ((language, text) for text in texts)


# --- generated files and CLDR --------------------------------------------------------------


def _has_file(language: str) -> bool:
    return language == ANY_LANGUAGE or language in languages()


@cache
def _lines(language: str) -> Mapping[str, list[tuple[str, str, str]]]:
    """The lines of a generated file by country, each as kind, flags and text."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    if _has_file(language):
        text = (_FILES / "words" / f"{language}.tsv").read_text(encoding="utf-8")
        for line in text.splitlines():
            if not line.startswith("#"):
                code, kind, flags, word = line.split("\t")
                found.setdefault(code, []).append((kind, flags, word))
    return found


@cache
def _cldr_name(code: str, language: str) -> str:
    try:
        return str(Locale.parse(language).territories.get(code, ""))
    except (UnknownLocaleError, ValueError):
        return ""


@cache
def cldr_names(language: str) -> Mapping[str, tuple[str, ...]]:
    """Every name that CLDR has for each country in all variants of a language.

    Those are regions (pt-PT beside pt) and the other script of Chinese; the language's own
    name is the first.
    """
    found: dict[str, dict[str, None]] = {code: {} for code in territories()}
    for identifier in sorted(locale_identifiers(), key=lambda name: (len(name), name)):
        parts = identifier.split("_")
        if parts[0] != language or "Dsrt" in parts or "Shaw" in parts:
            continue
        for code, name in Locale.parse(identifier).territories.items():
            if code in found:
                found[code].setdefault(str(name))
    return {code: tuple(names) for code, names in found.items()}


def cldr_version() -> str:
    """The release of CLDR that Babel brings."""
    return str(get_cldr_version())
