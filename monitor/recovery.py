"""Orders: a database that is damaged or lost is replaced by its newest good backup, and said to be.

::

    opened   open → (damaged? lost?) → restore the newest backup that can be used → open
    restore  a copy of the file → reconcile → put it in place

Reconciled is what the backup believes with what was sent since, which the file of told messages
knows: such a delivery is sent, not due, and an article that is read again makes no alert again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.alerts import plan
from monitor.errors import DamagedDatabase, NoDatabase, StoreError
from monitor.models import Event, EventKind
from monitor.store import backup, told
from monitor.store.protocol import ToldMessage
from monitor.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    source: Path
    knows_until: datetime | None
    """The last thing that the backup knows; what happened after it is the missing span."""
    replaced: Path | None
    """Where the file that it took the place of is now."""
    known_sent: int | None
    """Deliveries that the backup would have repeated; ``None``: nobody knows what was sent."""


def opened(database: Path, now: datetime) -> tuple[SqliteStore, Restored | None]:
    """The store; restored from a backup if it is damaged or lost, or a restore was interrupted.

    Raises:
        StoreError: it cannot be opened, and there is no good backup.
    """
    backup.finish(database, now)
    found = backup.backups(database)
    if found and (not database.exists() or database.stat().st_size == 0):
        return _newest(database, now, "the database is gone")
    try:
        return _open(database), None
    except (DamagedDatabase, NoDatabase) as error:
        if not found:
            raise
        return _newest(database, now, str(error))


def restore(database: Path, source: Path, now: datetime, why: str = "restored by hand") -> Restored:
    """Put a copy of ``source`` into the database's place, while nobody serves it.

    Raises:
        StoreError: it cannot be used; the database is as it was.
    """
    prepared = backup.prepare(database, source)
    store = _open(prepared)
    try:
        knows_until = store.last_write()
        known_sent = store.reconcile(told_by(database), now)
        since = knows_until.isoformat(timespec="seconds") if knows_until else "its beginning"
        detail = f"{why}: {source.name} took its place; what came since {since} is read again"
        if known_sent is None:
            detail += ", and told again: nothing says what was sent"
        store.log(Event(at=now, kind=EventKind.DATABASE_RESTORED, detail=detail))
    finally:
        store.close()
    replaced = backup.put_in_place(database, prepared, now)
    return Restored(
        source=source, knows_until=knows_until, replaced=replaced, known_sent=known_sent
    )


def told_by(database: Path) -> tuple[ToldMessage, ...] | None:
    """What is known to have been sent; ``None`` if nothing says so."""
    return tuple(told.messages(database)) if told.path_of(database).exists() else None


def _newest(database: Path, now: datetime, why: str) -> tuple[SqliteStore, Restored]:
    problems = [why]
    for one in backup.backups(database):
        try:
            restored = restore(database, one.path, now, why)
        except StoreError as error:
            problems.append(str(error))
        else:
            return _open(database), restored
    raise StoreError("; ".join(problems) + "; no backup can be used")


def _open(database: Path) -> SqliteStore:
    return SqliteStore.open(database, delivery_id=plan.delivery_id)
