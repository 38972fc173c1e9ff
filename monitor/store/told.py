"""Touches the world: the file beside the database that says which messages were sent.

A database that is lost is replaced by a backup, which knows nothing of what was sent since: this
file does. One line for each message, on disk before the database says that it was sent::

    ["2026-03-07T10:15:00.000000Z", "<the alert's key>", "<the destination>"]

A line that was cut off by a crash or a full disk is passed over when the file is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from monitor.errors import StoreError
from monitor.store import rows
from monitor.store.protocol import ToldMessage


def path_of(database: Path) -> Path:
    """Where the file of a database is."""
    return database.with_name(database.name + ".told")


def append(database: Path, *messages: ToldMessage) -> None:
    """Write down that messages were sent.

    Raises:
        StoreError: the disk is full or fails.
    """
    path = path_of(database)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_cut = size and os.pread(descriptor, 1, size - 1) != b"\n"
            data = (b"\n" if is_cut else b"") + b"".join(map(_line, messages))
            if os.write(descriptor, data) < len(data):
                raise StoreError(f"{path}: the disk is full")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error


def messages(database: Path) -> Iterator[ToldMessage]:
    """All that the file says, oldest first; nothing if there is none."""
    try:
        lines = path_of(database).read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            at, key, destination = json.loads(line)
            yield ToldMessage(rows.instant(at), str(key), str(destination))
        except (ValueError, TypeError):
            continue


def forget(database: Path, before: datetime) -> None:
    """Leave out what was sent before then: every backup knows it.

    Raises:
        OSError: the file cannot be replaced, and is as it was.
    """
    path = path_of(database)
    if not path.exists():
        return
    kept = b"".join(_line(one) for one in messages(database) if one.at >= before)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(kept)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _line(message: ToldMessage) -> bytes:
    fields = [rows.instant_text(message.at), message.alert_key, message.destination]
    return json.dumps(fields).encode() + b"\n"
