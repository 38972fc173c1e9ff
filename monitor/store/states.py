"""Mechanism: feeds as they were read from their rows, until those are written again.

Nine polls in ten change nothing but the small row of ``look``. To read the large one again for each
would cost half as much as the rest of such a poll; 2 KB a feed are kept for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from monitor.models import REMEMBERED, FeedState, changed
from monitor.store import rows

_FEED = "SELECT * FROM feed JOIN look ON feed_id = id WHERE id = ?"


class States:
    """The feeds that a connection has read.

    Whoever writes a feed's row through it has the feed forgotten; what any other connection
    writes makes all forgotten (https://sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self) -> None:
        self._known: dict[int, FeedState] = {}
        self._version: int | None = None

    def read(self, db: Database, looks: Iterable[rows.Row]) -> tuple[FeedState, ...]:
        """The feeds of these rows of ``look``, as they are in this transaction."""
        version = db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._known) > REMEMBERED:
            self._known.clear()
            self._version = version
        return tuple(self._state(db, look) for look in looks)

    def forget(self, feed_ids: Iterable[int]) -> None:
        """Their rows are about to be written."""
        for feed_id in feed_ids:
            self._known.pop(feed_id, None)

    def forget_all(self) -> None:
        """Any row may be written."""
        self._known.clear()

    def _state(self, db: Database, look: rows.Row) -> FeedState:
        feed_id = look["feed_id"]
        if (known := self._known.get(feed_id)) is not None:
            return changed(known, **rows.looked(look))
        state = rows.feed_state(db.execute(_FEED, [feed_id]).fetchone())
        self._known[feed_id] = state
        return state
