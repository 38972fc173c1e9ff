"""Touches the world: the inflected forms of words, from simplemma's dictionaries.

A dictionary tells the lemma of each form; inverted, it tells the forms of each lemma. That
takes seconds and hundreds of megabytes a language, so it is done once, by a process of its own,
into a file of the cache folder: lines of ``lemma<TAB>form form …``, sorted, searched in place.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from simplemma import __version__ as _version
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from monitor import caches

LANGUAGES = frozenset(
    [
        "ar",
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "he",
        "hi",
        "hu",
        "hy",
        "id",
        "it",
        "ka",
        "lt",
        "lv",
        "mk",
        "nb",
        "nl",
        "nn",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sv",
        "sw",
        "tr",
        "uk",
    ]
)
"""Those that simplemma knows, and feeds are written in."""

SHORTEST = 3
"""Letters: shorter words are articles and prepositions, and stand for themselves."""


def prepare(languages: Iterable[str], tell: Callable[[str], None]) -> None:
    """Make what is missing of these languages' files; ``tell`` is called if that takes time."""
    missing = [one for one in sorted(LANGUAGES.intersection(languages)) if not _path(one).exists()]
    if not missing:
        return
    tell(f"preparing word forms, once: {' '.join(missing)} (some seconds each)")
    with ThreadPoolExecutor(2) as makers:
        list(makers.map(_make_aside, missing))


def forms(word: str, language: str) -> tuple[str, ...]:
    """The word, and its other forms if it is a dictionary form of the language."""
    if len(word) < SHORTEST or language not in LANGUAGES or (table := _table(language)) is None:
        return (word,)
    for spelling in dict.fromkeys((word, word.lower(), word.capitalize())):
        if found := _find(table, spelling):
            return (word, *found)
    return (word,)


# --- the files -------------------------------------------------------------------------


def _path(language: str) -> Path:
    return caches.folder() / f"forms-{_version}-1" / f"{language}.tsv"


def _make_aside(language: str) -> None:
    """In a process of its own: its memory goes with it."""
    subprocess.run([sys.executable, "-m", __name__, language], check=True)  # noqa: S603


def _make(language: str) -> None:
    lemmas = DefaultDictionaryFactory().get_dictionary(language)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for form, lemma in lemmas.items():
        if form != lemma and "\t" not in form and " " not in form:
            found[lemma].append(form)
    lines = sorted(
        f"{lemma}\t{' '.join(sorted(listed))}\n".encode()
        for lemma, listed in found.items()
        if lemmas.get(lemma, lemma) == lemma
    )
    path = _path(language)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_bytes(b"".join(lines))
    aside.replace(path)


@cache
def _table(language: str) -> mmap.mmap | None:
    try:
        with _path(language).open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None


def _find(table: mmap.mmap, lemma: str) -> tuple[str, ...]:
    """Binary search for the line that begins with the lemma."""
    wanted = f"{lemma}\t".encode()
    low, high = 0, len(table)
    while low < high:
        begin = table.rfind(b"\n", 0, (low + high) // 2) + 1
        end = table.find(b"\n", begin)
        if (line := table[begin:end]).startswith(wanted):
            return tuple(line[len(wanted) :].decode().split(" "))
        if line < wanted:
            low = end + 1
        else:
            high = begin
    return ()


if __name__ == "__main__":
    _make(sys.argv[1])
