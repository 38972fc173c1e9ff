"""Touches the world: reads the rule files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import Mistake
from monitor.mistakes import MAX_BYTES
from monitor.textfiles import read_bytes

CONCEPTS, ENTITIES, PACKS = LISTS = ("concepts", "entities", "packs")
"""The names of the folders that hold no rules, but what rules name."""
_SUFFIXES = (".yaml", ".yml")


def files_in(folder: Path) -> dict[str, bytes | Mistake]:
    """What ``read`` reads: the files below a folder, or why one cannot be read.

    Every ``*.yaml`` and ``*.yml``, sorted; not those that begin with a dot, nor the backups of
    editors. Paths are shown relative to the current directory where they are below it. Of a
    file that is too large only so much is read that ``read`` can say so.
    """
    files: dict[str, bytes | Mistake] = {}
    paths = sorted(_walk(folder, files))
    top = os.path.join(folder, "")
    if not files and all(_is_list(path.removeprefix(top)) for path in paths):
        message = "no rules in this folder: a rule is a file named *.yaml"
        files[_shown(folder)] = Mistake(file=_shown(folder), message=message)
    for path in paths:
        shown = _shown(path)
        files[shown] = read_bytes(Path(path), shown, MAX_BYTES)
    return files


def _is_list(path: str) -> bool:
    return not set(LISTS).isdisjoint(path.split(os.sep)[:-1])


def _walk(folder: Path, failed: dict[str, bytes | Mistake]) -> Iterator[str]:
    def fail(error: OSError) -> None:
        shown = _shown(error.filename or folder)
        failed[shown] = Mistake(file=shown, message=_unreadable(error))

    visited: set[str] = set()
    for root, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        real = os.path.realpath(root)
        if real in visited:  # a link to a folder above it, or to one that was seen already
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in names:
            if name.lower().endswith(_SUFFIXES) and name[0] not in ".#":
                yield os.path.join(root, name)


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _shown(path: Path | str) -> str:
    """Relative to the current directory, where it is below that."""
    full, here = os.path.abspath(path), os.getcwd()
    shown = "." if full == here else full.removeprefix(os.path.join(here, ""))
    return shown.encode(errors="backslashreplace").decode()
