"""Decides: on which line and column of a TOML text a key and its value stand.

``tomllib`` gives values without places. This reads a text that ``tomllib`` has accepted, and of
it only headers and keys; what is inside an array or an inline table stands where that begins.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.mistakes import Path

Spot = tuple[int, int]
"""Line and column, from 1."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_IN_VALUE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")|' + r"'''.*?'''(?!')|" + r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'|#[^\n]*|[^\"'#\[\]{}\n]+|.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a key stands, and where its value does (a table's: its header)."""

    key: Spot
    value: Spot


def places(text: str) -> Mapping[Path, Entry]:
    """Every key that is written outside of arrays and inline tables.

    Tables of an array have their number in the path: ``("feeds", 0, "url")``.
    """
    breaks = [found.start() for found in re.finditer("\n", text)]

    def spot(position: int) -> Spot:
        line = bisect_right(breaks, position - 1)
        return line + 1, position - (breaks[line - 1] if line else -1)

    entries: dict[Path, Entry] = {}
    for path, key, value, _ in _walk(text):
        entry = Entry(spot(key), spot(value))
        for length in range(1, len(path)):
            entries.setdefault(path[:length], entry)
        entries[path] = entry
    return entries


def locate(entries: Mapping[Path, Entry], path: Path, *, is_key: bool = False) -> Spot:
    """Where a value (or its key) stands, or else the nearest thing that encloses it."""
    for length in range(len(path), 0, -1):
        if entry := entries.get(path[:length]):
            return entry.key if is_key and length == len(path) else entry.value
    return 1, 1


def span(text: str, path: Path) -> tuple[int, int, int] | None:
    """The first line and the last of a table, its header and its keys; ``None``: it has no header.

    Before them comes the last line of what stands above it. A comment at the end of a line is
    part of it; those above and below are not.
    """
    begins, ends = [], []
    above = 0
    for below, begin, _, end in _walk(text):
        if below[: len(path)] == path:
            begins.append(begin)
            ends.append(end)
        elif not begins:
            above = text.count("\n", 0, end) + 1
    if not begins:
        return None
    return above, text.count("\n", 0, begins[0]) + 1, text.count("\n", 0, ends[-1]) + 1


def _walk(text: str) -> Iterator[tuple[Path, int, int, int]]:
    """The path of each header and key, where it begins, and where its value begins and ends."""
    table: Path = ()
    numbers: dict[Path, int] = {}
    at = _end(_BLANK, text, 0)
    while at < len(text):
        begin = at
        brackets = 2 if text.startswith("[[", at) else 1 if text.startswith("[", at) else 0
        names, at = _names(text, at + brackets)
        if not names:
            return
        if brackets == 2:
            array = (*_below((), names[:-1], numbers), names[-1])
            numbers[array] = numbers.get(array, -1) + 1
        if brackets:
            table = _below((), names, numbers)
            at = _value_end(text, at + brackets)
            yield table, begin, begin, at
        else:
            value = _end(_SPACE, text, at + 1)
            at = _value_end(text, value)
            yield (*table, *names), begin, value, at
        at = _end(_BLANK, text, at)


def _below(path: Path, names: tuple[str, ...], numbers: Mapping[Path, int]) -> Path:
    """Down from ``path``; through an array of tables, into the last one so far."""
    for name in names:
        path = (*path, name)
        if path in numbers:
            path = (*path, numbers[path])
    return path


def _names(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """A dotted key, and where it ends."""
    names: list[str] = []
    while found := _KEY.match(text, at):
        written, at = found[1], found.end()
        is_quoted = written[0] in "\"'"
        names.append(tomllib.loads(f"k = {written}")["k"] if is_quoted else written)
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(names), at


def _value_end(text: str, at: int) -> int:
    """The end of the line on which a value ends, brackets and strings over many lines included."""
    depth = 0
    while found := _IN_VALUE.match(text, at):
        if found[0] == "\n" and depth == 0:
            break
        depth += (found[0] in {"[", "{"}) - (found[0] in {"]", "}"})
        at = found.end()
    return at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
