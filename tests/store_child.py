"""Processes for the tests of the store, to be killed or to meet on one file.

As a program: ``python store_child.py PATH commit|claim|record|together|unchanged`` does that step again and again
until its failpoint ends it.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from monitor.models import FeedSource, FeedState, PollOutcome, Sent, Validators
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from tests import store_contract as contract
from tests.strategies import at

TOGETHER = 8
"""Feeds that are polled at once."""
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


def numbered(feed: FeedState, number: int) -> PollOutcome:
    """The poll that brings a feed's article of that number, with an alert and two deliveries."""
    told = contract.alert(f"{feed.id}-{number}", "mail", "slack")
    return contract.poll(feed, contract.judged(told), validators=Validators(etag=f"{number}"))


def commit_together_until_killed(path: Path, acknowledge) -> None:
    """Polls of several feeds at once, each acknowledged with its feed and its number."""
    books = StoreThread(open_store(path))
    contract.follow(books.store, *(f"https://{n}.example/" for n in range(TOGETHER)))

    async def poll_for_ever(feed: FeedState) -> None:
        for number in count(int(feed.validators.etag or 0) + 1):
            await books.commit(numbered(feed, number))
            acknowledge.send((feed.id, number))

    async def poll_all() -> None:
        await asyncio.gather(*map(poll_for_ever, books.store.feeds()))

    asyncio.run(poll_all())


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
    if step in {"together", "unchanged"}:
        feeds = contract.follow(store, *(f"https://{n}.example/" for n in range(TOGETHER)))
        with_news = [numbered(feed, 1) for feed in feeds]
        unchanged = [contract.unchanged(feed) for feed in feeds]
        store.commit_all(with_news if step == "together" else unchanged)
    for number in count(1):
        commit_number(store, number)
        if step in {"claim", "record"}:
            (delivery,) = store.due_deliveries(at(), contract.LEASE, 1)
        if step == "record":
            store.record(delivery.id, Sent(at=at()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
