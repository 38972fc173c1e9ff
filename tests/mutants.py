"""The daemon with one promise broken on purpose, to show that a test would see it.

``python -m tests.mutants validators-first -c config.toml run`` is ``news-monitor -c … run`` that
saves a feed's validators in a transaction of their own before its articles.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from monitor.models import Polled, PollOutcome
from monitor.store.protocol import Commit
from monitor.store.sqlite import SqliteStore


def validators_first() -> None:
    commit_all = SqliteStore.commit_all

    def broken(self: SqliteStore, outcomes: Sequence[Polled]) -> tuple[Commit | Exception, ...]:
        # As a careless fetcher would: "this is what we have now", then the rest.
        for outcome in outcomes:
            if not isinstance(outcome, PollOutcome):
                continue
            self._db.execute(
                "UPDATE feed SET etag = ?, last_modified = ?, body_hash = ? WHERE id = ?",
                [
                    outcome.validators.etag,
                    outcome.validators.last_modified,
                    outcome.body_hash,
                    outcome.feed_id,
                ],
            )
        self._db.conn.commit()
        return commit_all(self, outcomes)

    SqliteStore.commit_all = broken  # type: ignore[method-assign]


MUTANTS = {"validators-first": validators_first}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    from monitor.cli.main import main

    main()
