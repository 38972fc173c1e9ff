"""Touches the world: reads the rule files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import Mistake
from monitor.mistakes import MAX_BYTES
from monitor.textfiles import read_bytes

CONCEPTS = "concepts"
"""The name of the folders that hold concept files."""
_SUFFIXES = frozenset({".yaml", ".yml"})


def files_in(folder: Path) -> dict[str, bytes | Mistake]:
    """What ``read`` reads: the files below a folder, or why one cannot be read.

    Every ``*.yaml`` and ``*.yml``, sorted; not those that begin with a dot, nor the backups of
    editors. Paths are shown relative to the current directory where they are below it. Of a
    file that is too large only so much is read that ``read`` can say so.
    """
    files: dict[str, bytes | Mistake] = {}
    paths = sorted(_walk(folder, files))
    if not files and all(CONCEPTS in path.relative_to(folder).parts for path in paths):
        message = "no rules in this folder: a rule is a file named *.yaml"
        files[_shown(folder)] = Mistake(file=_shown(folder), message=message)
    for path in paths:
        files[_shown(path)] = read_bytes(path, _shown(path), MAX_BYTES)
    return files


def _walk(folder: Path, failed: dict[str, bytes | Mistake]) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        shown = _shown(Path(error.filename or folder))
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
            path = Path(root, name)
            if path.suffix.lower() in _SUFFIXES and name[0] not in ".#":
                yield path


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _shown(path: Path) -> str:
    full = Path(os.path.abspath(path))
    here = Path.cwd()
    shown = full.relative_to(here) if full.is_relative_to(here) else full
    return str(shown).encode(errors="backslashreplace").decode()
