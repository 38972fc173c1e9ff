"""Touches the world: copies of the database, and a copy put into its place.

A backup is made by SQLite's online backup into a file of another name, checked, synced and only
then given its name: what looks like a backup is one. They lie in ``backups`` beside the database.

A restore works on a copy, then moves what it replaces aside; it can be interrupted anywhere: the next
start goes on.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import StoreError
from monitor.failpoints import failpoint
from monitor.store import connection

_STAMP = "%Y%m%dT%H%M%SZ"
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was a whole and sound copy when it was made."""

    path: Path
    made_at: datetime


def folder_of(database: Path) -> Path:
    """Where a database's backups are."""
    return database.parent / "backups"


def name(database: Path, now: datetime) -> str:
    """How a backup made now is called."""
    return f"{database.stem}-{now.astimezone(UTC).strftime(_STAMP)}.db"


def backups(database: Path) -> tuple[Backup, ...]:
    """The backups of a database, the newest first."""
    named = re.compile(re.escape(database.stem) + r"-(\d{8}T\d{6}Z)\.db")
    folder = folder_of(database)
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if matched := named.fullmatch(path.name):
            made_at = datetime.strptime(matched[1], _STAMP).replace(tzinfo=UTC)
            found.append(Backup(path, made_at))
    return tuple(sorted(found, key=lambda one: one.made_at, reverse=True))


def make(database: Path, target: Path) -> None:
    """Copy a database to a file that is there whole or not at all.

    Raises:
        ForeignDatabase: it is not ours.
        StoreError: it is damaged, the target is there already, or the disk is full.
    """
    if target.exists():
        raise StoreError(f"{target} is there already")
    unfinished = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        connection.copy(database, unfinished)
        failpoint("backup: copied")
        _sync(unfinished)
        unfinished.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: {error.strerror or error}") from error
    finally:
        for beside in _BESIDE:
            _beside(unfinished, beside).unlink(missing_ok=True)


def make_nightly(database: Path, keep: int, now: datetime) -> Backup:
    """Make one more backup, then remove those beyond the newest ``keep``.

    Raises:
        StoreError: none was made, and none removed.
    """
    path = folder_of(database) / name(database, now)
    make(database, path)
    for old in backups(database)[keep:]:
        old.path.unlink(missing_ok=True)
    return Backup(path, now)


def prepare(database: Path, source: Path) -> Path:
    """A copy of ``source`` beside the database, to be worked on before it takes its place.

    Raises:
        StoreError: the source is unusable, or the disk is full.
    """
    copy = database.with_name(database.name + ".preparing")
    for beside in _BESIDE:
        _beside(copy, beside).unlink(missing_ok=True)
    make(source, copy)
    return copy


def put_in_place(database: Path, prepared: Path, now: datetime) -> Path | None:
    """Make a prepared copy the database; where the one before was moved, if there was one.

    Nobody may have either of them open.

    Raises:
        StoreError: the disk fails.
    """
    aside = database.with_name(f"{database.name}.replaced-{now.astimezone(UTC).strftime(_STAMP)}")
    was_there = database.exists()
    try:
        _sync(prepared)
        ready = prepared.rename(_ready(database))
        failpoint("restore: ready")
        _exchange(database, ready, aside)
    except OSError as error:
        raise StoreError(f"{database}: {error.strerror or error}") from error
    return aside if was_there else None


def finish(database: Path, now: datetime) -> bool:
    """Go on with a restore that was interrupted; whether there was one."""
    ready = _ready(database)
    if not ready.exists():
        return False
    if database.exists():  # nothing was moved yet: whoever asked for it asks again
        ready.unlink()
        return False
    stamp = now.astimezone(UTC).strftime(_STAMP)
    _exchange(database, ready, database.with_name(f"{database.name}.replaced-{stamp}"))
    return True


def _exchange(database: Path, ready: Path, aside: Path) -> None:
    """The log goes with the file that it belongs to: SQLite would play it into the new one."""
    for beside in _BESIDE:
        if (old := _beside(database, beside)).exists():
            old.rename(_beside(aside, beside))
        failpoint(f"restore: moved {beside or 'database'}")
    ready.rename(database)
    _sync(database.parent)


def _ready(database: Path) -> Path:
    return database.with_name(database.name + ".restoring")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
