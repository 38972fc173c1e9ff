"""Touches the world: reads a file that a user wrote, and never more of it than is wanted."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import Mistake


def read_bytes(path: Path, shown: str, limit: int) -> bytes | Mistake:
    """The content of a file, or why it cannot be read.

    Args:
        path: only a regular file is read: a named pipe would be waited for.
        shown: what the file is called in the mistake.
        limit: bytes; of a longer file one more is read, so that it can be told.
    """
    try:
        if path.exists() and not path.is_file():
            return Mistake(file=shown, message="is not a file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        return Mistake(file=shown, message=f"cannot be read: {reason}")
