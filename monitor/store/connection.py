"""Touches the world: opens the database file, makes sure that it is ours, runs transactions.

The only SQLite in the process is ``pysqlite3``, through sqlite-utils: a second copy of the
library on the same file would drop the locks of the first. For the same reason nothing here
reads the file's header by itself, and no connection may be carried into a forked child.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pysqlite3
from sqlite_utils import Database, utils

from monitor.errors import (
    DamagedDatabase,
    ForeignDatabase,
    NoDatabase,
    StoreBusy,
    StoreError,
)
from monitor.store.migrations import MIGRATIONS, unknown_steps

T = TypeVar("T")

APPLICATION_ID = 0x4E574D4E
"""``NWMN`` in the file's header says whose database it is."""

OLDEST_SQLITE = (3, 51, 3)
"""The first without the WAL-reset bug (https://sqlite.org/wal.html#walresetbug)."""

BUSY_TIMEOUT = timedelta(seconds=5)

_STATEMENTS = 250
"""So many are kept prepared, more than there are. Of more than fit, those that take turns are
parsed again each time: the steps to a new database alone are nearly the 100 that fit otherwise."""

_PRAGMAS: dict[str, int | str] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit that was acknowledged survives a loss of power
    "foreign_keys": 1,
    "journal_size_limit": 64 * 1024 * 1024,
    "trusted_schema": 0,
}
_READER_PRAGMAS: dict[str, int | str] = {"query_only": 1, "trusted_schema": 0}

_PLAIN_WORDS: dict[int, tuple[type[StoreError], str]] = {
    pysqlite3.SQLITE_BUSY: (StoreBusy, "another process keeps it locked; try again"),
    pysqlite3.SQLITE_LOCKED: (StoreBusy, "another connection keeps it locked; try again"),
    pysqlite3.SQLITE_NOTADB: (NoDatabase, "this is not a database"),
    pysqlite3.SQLITE_CORRUPT: (DamagedDatabase, "the database is damaged"),
    pysqlite3.SQLITE_FULL: (StoreError, "the disk is full; nothing was written"),
    pysqlite3.SQLITE_IOERR: (StoreError, "the disk does not read or write it"),
    pysqlite3.SQLITE_READONLY: (StoreError, "it may only be read"),
    pysqlite3.SQLITE_CANTOPEN: (
        StoreError,
        "it is no file that this user may open, in a folder to write in",
    ),
    pysqlite3.SQLITE_PERM: (StoreError, "this user may not open it"),
    pysqlite3.SQLITE_NOMEM: (StoreError, "there is not enough memory for it"),
    pysqlite3.SQLITE_TOOBIG: (StoreError, "a text is too long for it"),
    pysqlite3.SQLITE_PROTOCOL: (StoreBusy, "other processes contend for it; try again"),
}


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the file, the disk and the locks into ours.

    What it says about our SQL or our values (a constraint, a syntax) is a bug and passes.
    """
    try:
        yield
    except pysqlite3.Error as error:
        if (known := _PLAIN_WORDS.get(_code(error))) is None:
            raise
        kind, words = known
        raise kind(f"{path}: {words} (SQLite: {error})") from error


def _code(error: pysqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


@contextmanager
def transaction(db: Database, path: Path, mode: str = "IMMEDIATE") -> Iterator[None]:
    """Everything in the block, or nothing of it; ``DEFERRED`` for one view on several reads.

    A write takes its lock at the beginning, where waiting for it is allowed: to turn a read
    into a write in the middle fails at once if another process wrote meanwhile.

    Raises:
        StoreBusy: another process held the lock beyond the busy timeout.
        StoreError: the disk is full or fails, or the file is damaged.
    """
    with in_plain_words(path), _all_or_nothing(db, mode):
        yield


@contextmanager
def _all_or_nothing(db: Database, mode: str) -> Iterator[None]:
    db.execute(f"BEGIN {mode}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextmanager
def savepoint(db: Database) -> Iterator[None]:
    """Everything in the block, or nothing of it, inside a transaction that goes on either way."""
    db.execute("SAVEPOINT apart")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:  # SQLite itself may have ended it: a full disk, a failing one
            db.execute("ROLLBACK TO apart")
            db.execute("RELEASE apart")
        raise
    db.execute("RELEASE apart")


def open_writer(path: Path, busy_timeout: timedelta = BUSY_TIMEOUT) -> Database:
    """Create the database or open it, bring its schema up to date, check it.

    Raises:
        ForeignDatabase: it is not ours, or a newer version's; the file was not touched.
        StoreBusy: another process keeps it locked.
        StoreError: it is damaged, or cannot be opened as it must be.
    """
    _require_one_modern_sqlite()
    _look_first(path, busy_timeout)
    with in_plain_words(path):
        db = _connect(path, "rwc", busy_timeout)
        try:
            _is_ours(db, path)
            _switch_to_wal(db, busy_timeout)
            _set(db, path, _PRAGMAS, busy_timeout)
            _quick_check(db, path)
            _migrate(db)
        except BaseException:
            db.close()
            raise
    return db


def open_reader(path: Path, busy_timeout: timedelta = BUSY_TIMEOUT) -> Database:
    """Open an existing database to read it beside the daemon.

    Raises:
        ForeignDatabase: it is not ours, or a newer version's.
        StoreError: there is none, or the daemon has yet to update it.
    """
    _require_one_modern_sqlite()
    if not path.exists():
        raise StoreError(f"no database at {path}: has the daemon run?")
    with in_plain_words(path):
        db = _connect(path, "ro", busy_timeout)
        try:
            _set(db, path, _READER_PRAGMAS, busy_timeout)
            _require_up_to_date(db, path)
        except BaseException:
            db.close()
            raise
    return db


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, beside whoever writes to it, into a file of its own.

    The copy needs no log beside it. It is checked (``quick_check``), and on disk when this returns.

    Raises:
        ForeignDatabase: the source is not ours, or a newer version's.
        StoreError: it is damaged, or cannot be read or written.
    """
    _require_one_modern_sqlite()
    with in_plain_words(source):
        origin = _connect(source, "ro", BUSY_TIMEOUT)
        try:
            if not _is_ours(origin, source):
                raise StoreError(f"{source}: there is nothing in it")
            with in_plain_words(target):
                _copy(origin, source, target)
        finally:
            origin.close()


def _copy(origin: Database, source: Path, target: Path) -> None:
    made = _connect(target, "rwc", BUSY_TIMEOUT)
    try:
        origin.conn.backup(made.conn)
        made.execute("PRAGMA journal_mode = delete").fetchall()
        _quick_check(made, source)
    finally:
        made.close()


def pragmas(db: Database) -> dict[str, int | str]:
    """How the database is open, as SQLite itself says; with its version as ``sqlite``."""
    names = (*_PRAGMAS, "busy_timeout", "application_id", "query_only")
    return {"sqlite": pysqlite3.sqlite_version} | {name: _pragma(db, name) for name in names}


def integrity_check(db: Database) -> tuple[str, ...]:
    """What a full check finds wrong with the file: its pages, then its foreign keys."""
    pages = [str(row[0]) for row in db.execute("PRAGMA integrity_check")]
    orphans = [
        f"row {row[1]} of {row[0]} points to a missing row of {row[2]}"
        for row in db.execute("PRAGMA foreign_key_check")
    ]
    return tuple(found for found in pages + orphans if found != "ok")


def _require_one_modern_sqlite() -> None:
    if utils.sqlite3 is not pysqlite3:  # type: ignore[attr-defined]
        raise StoreError("sqlite-utils does not use pysqlite3: two copies of SQLite would meet")
    if pysqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"SQLite {pysqlite3.sqlite_version} may damage files; {oldest} is needed")


def _connect(path: Path, mode: str, busy_timeout: timedelta) -> Database:
    """Connect without a plugin, an implicit transaction, or a thread of its own."""
    connection = pysqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout.total_seconds(),
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    connection.row_factory = pysqlite3.Row
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def _look_first(path: Path, busy_timeout: timedelta) -> None:
    """Refuse a file that is not ours before anything could write to it.

    A reader changes nothing: even closing the last writer of another program's database would
    move its log into the file. What only a writer can open, as after a crash in the middle of
    the file's creation, is left to the writer to judge.
    """
    if not path.exists():
        return
    with in_plain_words(path):
        try:
            db = _connect(path, "ro", busy_timeout)
        except pysqlite3.OperationalError:
            return
        try:
            _is_ours(db, path)
        except pysqlite3.OperationalError as error:
            if _code(error) not in {pysqlite3.SQLITE_READONLY, pysqlite3.SQLITE_CANTOPEN}:
                raise
        finally:
            db.close()


def _is_ours(db: Database, path: Path) -> bool:
    """Whether the schema is ours; False for a database without any table.

    Raises:
        ForeignDatabase: it is another program's or a newer version's.
    """
    with _all_or_nothing(db, "DEFERRED"):
        application_id = _pragma(db, "application_id")
        if application_id == 0 and not db.table_names():
            return False
        if application_id != APPLICATION_ID:
            raise ForeignDatabase(
                f"{path}: another program's database (its application_id is {application_id}); "
                "name another file"
            )
        if unknown := unknown_steps(db):
            raise ForeignDatabase(
                f"{path}: a newer news-monitor's database (it has {', '.join(unknown)}); "
                "use that version, or name another file"
            )
    return True


def _require_up_to_date(db: Database, path: Path) -> None:
    if not _is_ours(db, path):
        raise StoreError(f"no database at {path}: has the daemon run?")
    if MIGRATIONS.pending(db):
        raise StoreError(f"{path}: an older version's database; start the daemon to update it")


def _switch_to_wal(db: Database, busy_timeout: timedelta) -> None:
    """Set the journal mode; SQLite does not wait for a lock here, so we do."""
    give_up_at = time.monotonic() + busy_timeout.total_seconds()
    while True:
        try:
            db.execute("PRAGMA journal_mode = wal").fetchall()
        except pysqlite3.OperationalError as error:
            if _code(error) != pysqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def _set(db: Database, path: Path, wanted: dict[str, int | str], busy_timeout: timedelta) -> None:
    """Set each pragma and read it back: SQLite passes over what it cannot do."""
    milliseconds = busy_timeout // timedelta(milliseconds=1)
    for name, value in {"busy_timeout": milliseconds, **wanted}.items():
        db.execute(f"PRAGMA {name} = {value}").fetchall()
        if (found := _pragma(db, name)) != value:
            raise StoreError(f"{path}: SQLite keeps {name} at {found}; {value} is needed")


def _pragma(db: Database, name: str) -> int | str:
    value: int | str = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _quick_check(db: Database, path: Path) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedDatabase(f"{path}: the database is damaged ({found})")


def _migrate(db: Database) -> None:
    """Take the steps that are missing, in one transaction, whoever else opens it now."""
    if not MIGRATIONS.pending(db):
        return
    with _all_or_nothing(db, "IMMEDIATE"):
        MIGRATIONS.apply(db)  # it asks again what is pending, now under the lock
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def insert(db: Database, table: str, row: Mapping[str, object]) -> int:
    """Insert one row and return its id; the names come from our code, never from outside.

    Ten times as fast as ``table.insert``, which matters for the first poll of many feeds.
    """
    return int(db.execute(_insertion(table, *row), tuple(row.values())).lastrowid or 0)


def insert_all(db: Database, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that have the same columns."""
    if rows:
        db.conn.executemany(_insertion(table, *rows[0]), [tuple(row.values()) for row in rows])


@lru_cache(maxsize=100)
def _insertion(table: str, *names: str) -> str:
    places = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608


def _same(value: T) -> T:
    return value


for _kind in (type(None), bytes):  # else pysqlite3 asks each of them how it is to be adapted
    pysqlite3.register_adapter(_kind, _same)
