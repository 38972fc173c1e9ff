"""Touches the world: what brings words for countries: CLDR, the tables, the hand-made packs.

All three come out in the shape of a pack, everything inflected. What is wrong in a file is
told with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import cast

from monitor.errors import Mistake
from monitor.matching import packs
from monitor.matching.packs import Listed, Pack
from monitor.matching.rules import ANY_LANGUAGE
from monitor.matching.words import fold_term
from monitor.matching.yamlnodes import Node, Spot, compose
from monitor.packs.inflection import forms, name_forms

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "pt", "ru", "tr", "zh")
"""Those that have a table."""

PREFIX_LETTERS = 5
"""How many a starred word has before its star at least."""

_KEYS = (
    *("names", "inflect", "demonyms", "capitals", "government", "acronyms"),
    *("ambiguous", "drop", "except"),
)


class Source(Pack, total=False):
    """A pack that may also veto what the other sources bring."""

    drop: Listed


def read_sources(folder: Path) -> tuple[list[Source], list[Mistake]]:
    """CLDR, every table and every hand-made pack, in the packs' shape and in this order."""
    mistakes: list[Mistake] = []
    found = list(_cldr())
    for path in sorted((folder / "tables").glob("*.yaml")):
        found += _table(path, mistakes)
    for path in sorted((folder / "countries").glob("*.yaml")):
        found += _country(path, mistakes)
    return found, mistakes


def _cldr() -> Iterator[Source]:
    for language in LANGUAGES:
        for code, names in packs.cldr_names(language).items():
            written = chain.from_iterable(_spelled_out(name, language) for name in names)
            inflected = chain.from_iterable(
                (name,) if "о-в" in name else name_forms(language, name) for name in written
            )
            yield {"code": code, "names": {language: list(dict.fromkeys(inflected))}}


_ABBREVIATIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": ((" & ", " and "), ("St. ", "Saint "), ("St. ", "St "), ("St ", "Saint ")),
    "de": (("St. ", "St "), ("St. ", "Sankt "), ("St. ", "Saint ")),
    "ru": (("о-ва", "острова"), ("о-в", "остров"), ("Св. ", "Святой ")),
}
_ADDED = re.compile(r"\s*(?:\(.*\)|, .*)$")


def _spelled_out(name: str, language: str) -> Iterator[str]:
    """The name; then without what is added in brackets, and without abbreviations."""
    found = dict.fromkeys((name, _ADDED.sub("", name)))
    for short, long in _ABBREVIATIONS.get(language, ()):
        found.update(dict.fromkeys([text.replace(short, long) for text in found]))
    return iter(found)


def _country(path: Path, mistakes: list[Mistake]) -> Iterator[Source]:
    """A hand-made pack of one country."""
    document = compose(f"countries/{path.name}", path.read_bytes())
    mistakes += document.mistakes
    if document.root is None or document.mistakes:
        return
    for spot, message in _bad_pack(path.stem, document.root):
        mistakes.append(document.source.mistake(*spot, message))
    yield cast("Source", document.root.plain)


def _table(path: Path, mistakes: list[Mistake]) -> Iterator[Source]:
    """All countries of one language, what is to be inflected inflected."""
    language = path.stem
    document = compose(f"tables/{path.name}", path.read_bytes())
    mistakes += document.mistakes
    if language not in LANGUAGES:
        mistakes.append(Mistake(file=f"tables/{path.name}", message="not a language of the packs"))
        return
    if document.root is None or not isinstance(document.root.plain, dict):
        mistakes.append(Mistake(file=f"tables/{path.name}", message="expected codes of countries"))
        return
    for code, entry in document.root.plain.items():
        before = len(mistakes)
        for spot, message in _bad_entry(code, document.root, language):
            mistakes.append(document.source.mistake(*spot, message))
        if len(mistakes) == before and entry:
            yield _inflected(code, cast("dict[str, list[str]]", entry), language)


_Complaint = tuple[Spot, str]


def _bad_pack(code: str, root: Node) -> Iterator[_Complaint]:
    keys = {*_KEYS, "code"} - {"inflect"}
    for key, value in root.plain.items() if isinstance(root.plain, dict) else ():
        if key not in keys:
            yield root.keys[key], f"{key}: unknown key"
        elif key == "code":
            if value != code:
                yield root.spots[key], f"code: expected {code}"
        elif not isinstance(value, dict):
            yield root.spots[key], f"{key}: expected lists by language"
        else:
            lists = root.children[key]
            for language in value:
                if language not in (*LANGUAGES, ANY_LANGUAGE):
                    yield lists.keys[language], f"{key}.{language}: unknown language"
                for spot, message in _bad_list(lists, language):
                    yield spot, f"{key}.{language}: {message}"


def _bad_entry(code: str, root: Node, language: str) -> Iterator[_Complaint]:
    if code not in packs.territories():
        yield root.keys[code], f"{code}: not a country code of CLDR"
    entry = root.children.get(code)
    if entry is None or not isinstance(entry.plain, dict):
        yield root.spots[code], f"{code}: expected keys like names, inflect, capitals"
        return
    for key, listed in entry.plain.items():
        if key not in _KEYS:
            yield entry.keys[key], f"{code}.{key}: unknown key"
            continue
        for spot, message in _bad_list(entry, key):
            yield spot, f"{code}.{key}: {message}"
        for i, word in enumerate(listed) if key == "inflect" and isinstance(listed, list) else ():
            try:
                forms(language, str(word))
            except ValueError as error:
                yield entry.children[key].spots[i], f"{code}.inflect[{i}]: {error}"


def _bad_list(parent: Node, key: str) -> Iterator[_Complaint]:
    node = parent.children.get(key)
    if node is None or not isinstance(node.plain, list):
        yield parent.spots[key], "expected a list of words"
        return
    for i, text in enumerate(node.plain):
        if not isinstance(text, str) or not fold_term(text):
            yield node.spots[i], f"expected a word, found {text!r} (quote what is not text)"
        elif "*" in text.removesuffix("*"):
            yield node.spots[i], f"{text}: a star stands only at the end"
        elif text.endswith("*") and len(text) <= PREFIX_LETTERS:
            yield node.spots[i], f"{text}: needs {PREFIX_LETTERS} letters before its star"


def _inflected(code: str, entry: dict[str, list[str]], language: str) -> Source:
    def each(listed: Iterable[str], inflect: Callable[[str, str], Iterable[str]]) -> list[str]:
        return list(
            dict.fromkeys(
                form
                for word in listed
                for form in (
                    [word] if word[:1] == "=" or word[-1:] == "*" else inflect(language, word)
                )
            )
        )

    dictionary = {
        fold_term(word)
        for word in (
            *packs.cldr_names(language)[code],
            *entry.get("names", ()),
            *(word for word in entry.get("capitals", ()) if not word.startswith("=")),
        )
    }
    dropped = set(map(fold_term, entry.get("drop", ())))
    lists: dict[str, list[str]] = {
        "names": each(entry.get("names", ()), name_forms),
        "demonyms": [*each(entry.get("inflect", ()), forms), *entry.get("demonyms", ())],
        "capitals": each(entry.get("capitals", ()), name_forms),
        "except": each(entry.get("except", ()), name_forms),
        "ambiguous": [
            form
            for word in entry.get("ambiguous", ())
            for form in (name_forms(language, word) if fold_term(word) in dictionary else (word,))
            if form == word or fold_term(form) not in dropped
        ],
    }
    for key in ("government", "acronyms", "drop"):
        lists[key] = list(entry.get(key, ()))
    return cast(
        "Source",
        {"code": code, **{key: {language: listed} for key, listed in lists.items() if listed}},
    )
