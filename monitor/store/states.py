"""Mechanism: feeds as they were read from their rows, until those are written again.

Nine polls in ten change nothing but the small row of ``look``. To read the large one again for each
would cost half as much as the rest of such a poll; 2 KB a feed are kept for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from monitor.models import REMEMBERED, FeedState
from monitor.store import rows

_FEED = """
    SELECT * FROM feed JOIN look ON feed_id = id
    WHERE id = ? AND position IS NOT NULL AND gone_at IS NULL
"""


class States:
    """The feeds that a connection has read; ``None`` for those that are not asked any more.

    Whoever writes a feed's row through it has the feed forgotten; what any other connection
    writes makes all forgotten (https://sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self) -> None:
        self._known: dict[int, FeedState | None] = {}
        self._version: int | None = None

    def begin(self, db: Database) -> None:
        """A transaction has begun in which feeds are read."""
        version = db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._known) > REMEMBERED:
            self._known.clear()
            self._version = version

    def read(self, db: Database, feed_id: int) -> FeedState | None:
        """A feed as it is in this transaction, but for what its row of ``look`` says."""
        if feed_id in self._known:
            return self._known[feed_id]
        row = db.execute(_FEED, [feed_id]).fetchone()
        state = self._known[feed_id] = None if row is None else rows.feed_state(row)
        return state

    def forget(self, feed_ids: Iterable[int]) -> None:
        """Their rows are about to be written."""
        for feed_id in feed_ids:
            self._known.pop(feed_id, None)

    def forget_all(self) -> None:
        """Any row may be written."""
        self._known.clear()
