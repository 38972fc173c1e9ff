"""Touches the world: the lock that lets one daemon at a time serve a database."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import InstanceRunning, StoreError

_A_LOOK = 0.2
"""Seconds: longer than ``is_served`` holds the lock to see whether it is free."""


@contextmanager
def only_instance(database: Path) -> Iterator[None]:
    """Hold the database for this process alone, as long as it lives.

    Raises:
        InstanceRunning: another daemon serves it.
        StoreError: its folder cannot be written.
    """
    path = _lock_of(database)
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+b")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    with lock:
        for is_last in (False, True):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if is_last:
                    raise InstanceRunning(f"another news-monitor serves {database}") from error
                time.sleep(_A_LOOK)
        yield


def is_served(database: Path) -> bool:
    """Whether a daemon holds the database now; a killed one does not, whatever it wrote last."""
    try:
        with _lock_of(database).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def served_by(database: Path) -> int | None:
    """The process that holds the database now, where the kernel tells.

    Source of the format: proc(5), ``/proc/locks``.
    """
    try:
        inode = _lock_of(database).stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in locks:
        _, kind, _, _, process, place, *_ = line.replace("->", "").split()
        if kind == "FLOCK" and place.endswith(f":{inode}") and int(process) > 0:
            return int(process)
    return None


def _lock_of(database: Path) -> Path:
    return database.with_name(database.name + ".lock")
