"""Touches the world: makes the files of words that the program reads.

::

    CLDR, tables, countries → inflect → drop → one form each → shared → masks → words/LANG.tsv

``python -m monitor.packs.generate`` writes them; ``--check`` says whether the files that stand
are what it would write. What each source looks like is in ``packs/README.md``.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

from monitor.errors import RulesError
from monitor.matching import packs
from monitor.matching.packs import Word
from monitor.matching.rules import ANY_LANGUAGE, Names
from monitor.matching.words import fold_term
from monitor.packs.overlaps import longer_names, marked_if_shared, one_form_each
from monitor.packs.sources import LANGUAGES, Source, read_sources

FOLDER = Path(__file__).parent
_KINDS = (*Names, packs.EXCEPT)


@dataclass(frozen=True, slots=True)
class Report:
    """The files as they should be, and what a person should look at."""

    files: Mapping[str, str]
    shared: Sequence[str]
    """Words of two countries that no source marks in one of them: they are ambiguous in both."""
    idle: Sequence[str]
    """Marks in a table or pack that mark nothing."""


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with ``--check`` say whether they are up to date."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m monitor.packs.generate [--check]", file=sys.stderr)
        return 2
    try:
        report = generate(FOLDER)
    except RulesError as error:
        print(error, file=sys.stderr)
        return 1
    folder = FOLDER / "words"
    stale = [
        name
        for name, text in report.files.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]
    stale += [file.name for file in folder.glob("*.tsv") if file.name not in report.files]
    if arguments:
        for note in (*report.shared, *report.idle):
            print(f"note: {note}")
        for name in stale:
            print(f"words/{name} is not what python -m monitor.packs.generate would write")
        return 1 if stale else 0
    folder.mkdir(exist_ok=True)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    for name, text in report.files.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"words/{name}: {text.count(chr(10)) - 1} lines")
    return 0


def generate(folder: Path) -> Report:
    """What the sources in a folder make.

    Raises:
        RulesError: with every mistake of every table and pack.
    """
    sources, mistakes = read_sources(folder)
    if mistakes:
        raise RulesError(mistakes)
    merged = _merged(sources)
    words = list(_without_dropped(merged))
    masks = [(pack["code"], *mask) for pack in merged for mask in packs.masks_of_pack(pack)]
    names = [
        (language, name.strip("=*"))
        for group in packs.groups().values()
        for language, listed in group.names.items()
        for name in listed
    ]
    files: dict[str, str] = {}
    shared: list[str] = []
    for language in (*LANGUAGES, ANY_LANGUAGE):
        own = [word for word in words if word.language in (language, ANY_LANGUAGE)]
        kept, twins = marked_if_shared(one_form_each(own), language)
        longer = longer_names(
            kept, (name for key, name in names if key == language), _cldr_folded(language)
        )
        meant = {(word.country, fold_term(word.text)) for word in kept if not word.is_exact}
        written = (
            (code, text)
            for code, key, text in masks
            if key == language and (code, fold_term(text)) not in meant
        )
        shared += twins
        files[f"{language}.tsv"] = _file(
            {word_line(word) for word in kept if word.language == language}
            | {mask_line(*mask) for mask in _one_mask_each(chain(written, longer))}
        )
    idle = tuple(_idle(sources, words))
    return Report(files, shared, idle)


# --- from packs to words -------------------------------------------------------------------


def _merged(sources: Iterable[Source]) -> list[Source]:
    """One pack a country, that holds what all of them say."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for source in sources:
        sections = found.setdefault(source["code"], {})
        for key, listed in source.items():
            for language, words in listed.items() if isinstance(listed, dict) else ():
                sections.setdefault(key, {}).setdefault(language, []).extend(words)
    return [cast("Source", {"code": code, **found[code]}) for code in sorted(found)]


def _without_dropped(sources: Iterable[Source]) -> Iterator[Word]:
    """All words but those that are vetoed; an acronym is not, for it is not compared folded."""
    for source in sources:
        vetoed = {
            (language, fold_term(text))
            for language, texts in source.get("drop", {}).items()
            for text in texts
        }
        for word in packs.words_of_pack(source):
            if word.is_exact or not vetoed & {
                (word.language, fold_term(word.text)),
                (ANY_LANGUAGE, fold_term(word.text)),
            }:
                yield word


def _cldr_folded(language: str) -> Mapping[str, frozenset[str]]:
    names = packs.cldr_names(language) if language != ANY_LANGUAGE else {}
    return {code: frozenset(map(fold_term, names.get(code, ()))) for code in packs.territories()}


# --- files -----------------------------------------------------------------------------------


def word_line(word: Word) -> str:
    """The word as a line of its file."""
    flags = (
        packs.EXACT * word.is_exact
        + packs.AMBIGUOUS * word.is_ambiguous
        + packs.PREFIX * word.is_prefix
    )
    return "\t".join((word.country, word.kind, flags or "-", word.text.removesuffix("*")))


def mask_line(country: str, text: str) -> str:
    """The mask as a line of its file."""
    flags = packs.PREFIX if text.endswith("*") else "-"
    return "\t".join((country, packs.EXCEPT, flags, text.removesuffix("*")))


def _file(lines: Iterable[str]) -> str:
    def order(line: str) -> tuple[str, int, str, str]:
        country, kind, flags, text = line.split("\t")
        return country, _KINDS.index(kind), text, flags

    head = f"# CLDR {packs.cldr_version()}, tables and packs: generated by monitor.packs.generate, do not edit"
    return "\n".join((head, *sorted(lines, key=order))) + "\n"


def _one_mask_each(masks: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The masks, those left out that only repeat another one's letters."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for country, text in sorted(masks):
        found.setdefault((country, fold_term(text) + "*" * text.endswith("*")), (country, text))
    return list(found.values())


def _idle(sources: Iterable[Source], words: Iterable[Word]) -> Iterator[str]:
    """The marks of ambiguity that mark no word, each as a line for a person."""
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for word in words:
        known[word.country, word.language] |= {fold_term(word.text), word.text}
    for source in sources:
        code = source["code"]
        for language, marked in source.get("ambiguous", {}).items():
            among = LANGUAGES if language == ANY_LANGUAGE else (language, ANY_LANGUAGE)
            listed = set().union(*(known[code, key] for key in among))
            for text in marked:
                if text not in listed and fold_term(text) not in listed:
                    yield f"{code}.ambiguous.{language}: {text} is no word for the country"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
