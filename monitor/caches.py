"""Touches the world: what can be made again, kept in a folder of our own.

The folder is systemd's cache folder or the user's; nobody else may write in it, or it is not
used: what is read from it is trusted.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def folder() -> Path:
    """Where it is: ``$CACHE_DIRECTORY``, ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    if given := os.environ.get("CACHE_DIRECTORY"):
        return Path(given.partition(":")[0])
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "news-monitor"
    return Path.home() / ".cache" / "news-monitor"


def read(name: str) -> bytes | None:
    """What was written under a name; ``None``: nothing, or not by us."""
    path = folder() / name
    try:
        return path.read_bytes() if _is_ours(path) and _is_ours(path.parent) else None
    except OSError:
        return None


def write(name: str, content: bytes, *, family: str = "") -> None:
    """Keep something, whole or not at all; others of the ``family`` but the last few go.

    A folder that cannot be written is no trouble: the work is done again next time.
    """
    path = folder() / name
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_ours(path.parent):
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as aside:
            aside.write(content)
        Path(aside.name).replace(path)
        if family:
            _thin(path.parent, family)


_KEPT = 8


def _thin(parent: Path, family: str) -> None:
    by_age = sorted(parent.glob(f"{family}*"), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-_KEPT]:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether it is ours, and nobody else may write it."""
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
