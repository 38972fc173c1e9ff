"""Touches the world: replaces a file whole, so that who reads it sees the old or the new one."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from monitor.failpoints import failpoint


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep others who would hold the file waiting until the end of the ``with``.

    A file that was replaced meanwhile is another file: the new one is taken.

    Raises:
        OSError: it cannot be opened.
    """
    while True:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield
                return


def replace_content(path: Path, data: bytes) -> None:
    """Write a file beside it, flush it to the disk, and put it in its place.

    The file keeps its permissions and, where this user may, its owner; of a symbolic link what it
    points to is replaced.

    Raises:
        OSError: its folder cannot be written, or the disk is full; the file is as it was.
    """
    real = Path(os.path.realpath(path))
    status = real.stat() if real.exists() else None
    try:
        number, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    except OSError as error:  # it names the new file, of which nobody has heard
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(number, "wb") as file:
            if status is not None:
                with suppress(PermissionError):
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            else:
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        failpoint("config: written")
        os.replace(name, real)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
