"""Processes for the tests of the store, to be killed or to meet on one file.

As a program: ``python store_child.py PATH commit|claim|record`` does that step again and again
until its failpoint ends it.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from monitor.models import FeedSource, FeedState, Sent, Validators
from monitor.store.sqlite import SqliteStore
from tests import store_contract as contract
from tests.strategies import at

FEED = "https://example.org/rss"


def public_id(key: str, destination: str) -> str:
    return f"{key}/{destination}"


def open_store(path: Path, **options: object) -> SqliteStore:
    return SqliteStore.open(path, delivery_id=public_id, **options)


def the_feed(store: SqliteStore) -> FeedState:
    if not store.feeds():
        store.sync_feeds([FeedSource(url=FEED)], at())
    return store.feeds()[0]


def commit_number(store: SqliteStore, number: int) -> None:
    """The poll that brings article ``number``, one alert, two deliveries, one event's worth."""
    told = contract.alert(f"{number}", "mail", "slack")
    outcome = contract.poll(
        the_feed(store), contract.judged(told), validators=Validators(etag=f"{number}")
    )
    store.commit(outcome)


def commit_until_killed(path: Path, acknowledge) -> None:
    store = open_store(path)
    last = int(the_feed(store).validators.etag or 0)
    for number in count(last + 1):
        commit_number(store, number)
        acknowledge.send(number)


def open_together(path: Path, barrier, answer) -> None:
    barrier.wait()
    try:
        store = open_store(path)
        the_feed(store)
        store.close()
    except Exception as error:  # noqa: BLE001 - it is what the test is about
        answer.put(repr(error))
    else:
        answer.put("ok")


def main(path: Path, step: str) -> None:
    store = open_store(path)
    for number in count(1):
        commit_number(store, number)
        if step in {"claim", "record"}:
            (delivery,) = store.due_deliveries(at(), contract.LEASE, 1)
        if step == "record":
            store.record(delivery.id, Sent(at=at()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
