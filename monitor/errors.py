"""Data: every error that news-monitor raises, in one tree.

::

    NewsMonitorError
    ├── ConfigError          the configuration cannot be used; holds every Mistake
    ├── RulesError           the rules cannot be used; holds every Mistake
    ├── DestinationError     an Apprise URL that no message can be sent to
    ├── StoreError           the database cannot be used
    │   ├── ForeignDatabase  it is another program's, or a newer version's
    │   │   └── NoDatabase   it is no database at all
    │   ├── DamagedDatabase  its content does not hold together
    │   └── StoreBusy        another process keeps it locked; try again
    ├── InstanceRunning      another daemon serves this database
    └── WorkerFailed         a process was killed at its deadline, or died
        ├── WorkerTimeout
        ├── WorkerDied
        └── WorkerRaised     what it was asked to do raised

Expected failures of a poll or of a delivery are values (``FetchError``, ``Retry``, ``Dead``
in ``models``), not exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One thing that is wrong in a file, with its place (lines and columns from 1).

    ``line`` 0 means the file as a whole. ``quote`` is the line as written.
    """

    file: str
    line: int = 0
    column: int = 0
    message: str
    quote: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        if not self.quote.strip():
            return place + self.message
        pointer = " " * max(self.column - 1, 0) + "^"
        return f"{place}{self.message}\n    {self.quote}\n    {pointer}"


class NewsMonitorError(Exception):
    """The root: whatever news-monitor says went wrong."""


class _Mistaken(NewsMonitorError):
    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))

    def __reduce__(self) -> tuple[type[_Mistaken], tuple[tuple[Mistake, ...]]]:
        return type(self), (self.mistakes,)


class ConfigError(_Mistaken):
    """The configuration cannot be used; ``mistakes`` are all that was found."""


class RulesError(_Mistaken):
    """The rules cannot be used; ``mistakes`` are all that was found, in all files."""


class DestinationError(NewsMonitorError):
    """An Apprise URL that no message can be sent to; names the destination, never its URL."""

    def __init__(self, destination: str, why: str) -> None:
        self.destination = destination
        self.why = why
        super().__init__(f"destination {destination!r}: {why}")

    def __reduce__(self) -> tuple[type[DestinationError], tuple[str, str]]:
        return type(self), (self.destination, self.why)


class StoreError(NewsMonitorError):
    """The database cannot be used."""


class ForeignDatabase(StoreError):
    """The file is another program's database, or one of a newer news-monitor."""


class NoDatabase(ForeignDatabase):
    """The file is no database: another program's, or what a failing disk has left of ours."""


class DamagedDatabase(StoreError):
    """The file is a database whose content does not hold together."""


class StoreBusy(StoreError):
    """Another process keeps the database locked; trying again may help."""


class InstanceRunning(NewsMonitorError):
    """Another daemon serves this database."""


class WorkerFailed(NewsMonitorError):
    """A worker process gave no answer."""


class WorkerTimeout(WorkerFailed):
    """It was killed at its deadline."""


class WorkerDied(WorkerFailed):
    """It died by itself: out of memory, a signal, or a crash in native code."""


class WorkerRaised(WorkerFailed):
    """What it was asked to do raised; names the exception's type."""
