"""Articles that come again: edited, renamed, or as they were. Real server, store, readers, rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import loading, pipeline, reading
from monitor.alerts import plan
from monitor.asking import AskTools
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.models import EventKind, FeedSource, PollOutcome, Sent
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.workers import Workers
from tests.servers.feeds import FeedServer, Item

NOW = datetime(2026, 3, 7, 10, 15, tzinfo=UTC)
RULE = """
id: {0}
title: About {0}
severity: high
min_relevance: any
match: {{any: ["{0}"]}}
tests: [{{fire: "The {0} of it", lang: en}}]
"""


def item(title: str, text: str = "", guid: str = "g1", link: str = "https://x.example/1") -> Item:
    return Item(guid=guid, link=link, title=title, html=text)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Feeds that are polled by hand, and what has been told of them."""

    server: FeedServer
    store: SqliteStore
    readers: Workers

    def poll(self, *items: Item, path: str = "/a.xml") -> PollOutcome:
        """Publish these, and poll."""
        self.server.set_feed(path, items, title="A")
        self.store.sync_feeds([FeedSource(url=self.server.url(path))], NOW)
        return asyncio.run(self._poll())

    async def _poll(self) -> PollOutcome:
        fetcher = Fetcher(
            limits=Limits(total=timedelta(seconds=20), max_bytes=10_000_000),
            user_agent="test",
            allow=AllowList.parse(["127.0.0.1"]),
        )
        books = StoreThread(self.store)
        tools = pipeline.PollTools(
            books=books,
            asking=AskTools(
                fetcher=fetcher, readers=self.readers, clock=lambda: NOW, max_bytes=10_000_000
            ),
            destinations=("desk",),
            min_interval=timedelta(seconds=1),
        )
        try:
            return await pipeline.poll(self.store.feeds()[0], tools)
        finally:
            fetcher.close()
            books.close()

    def told(self) -> list[str]:
        """The rules of all alerts, with the titles that they tell of, oldest first."""
        found = reversed(self.store.alerts(limit=2_000))
        return [f"{one.alert.match.rule_id}: {one.alert.article.title}" for one in found]


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("rules")
    for word in ("arms", "gas"):
        (folder / f"{word}.yaml").write_text(RULE.format(word), encoding="utf-8")
    pool = Workers(1, reading.start, (loading.packed(folder), frozenset({"en"})))
    yield pool
    pool.close()


@pytest.fixture
def desk(readers: Workers, tmp_path: Path) -> Iterator[Desk]:
    with new_desk(readers, tmp_path) as made:
        yield made


@contextmanager
def new_desk(readers: Workers, folder: Path) -> Iterator[Desk]:
    store = SqliteStore.open(folder / "a.db", delivery_id=plan.delivery_id)
    with FeedServer() as server:
        made = Desk(server=server, store=store, readers=readers)
        made.poll()  # the first poll of a feed is silent
        yield made
    store.close()


def test_an_edited_article_is_rewritten_and_its_alert_not_repeated(desk: Desk) -> None:
    desk.poll(item("Talks on arms", "They met."))
    outcome = desk.poll(item("Talks on arms end", "They met, and parted."))
    assert [one.article.title for one in outcome.edited] == ["Talks on arms end"]
    assert outcome.articles == ()
    stored = desk.store.find_article(url="https://x.example/1")
    assert stored is not None
    assert (stored.title, stored.text) == ("Talks on arms end", "They met, and parted.")
    assert desk.told() == ["arms: Talks on arms end"]


def test_a_rule_that_holds_only_now_alerts(desk: Desk) -> None:
    desk.poll(item("Talks on arms"))
    desk.poll(item("Talks on arms and gas"))
    desk.poll(item("Talks on arms and gas, again"))
    assert desk.told() == [
        "arms: Talks on arms and gas, again",
        "gas: Talks on arms and gas, again",
    ]


def test_what_stood_there_at_the_first_poll_is_no_news_when_a_word_is_mended(desk: Desk) -> None:
    old = {"guid": "g2", "link": "https://x.example/2"}
    desk.poll(item("Talks on arms", **old), path="/b.xml")
    outcome = desk.poll(item("Talks on arms mended", **old), path="/b.xml")
    assert len(outcome.edited) == 1
    assert desk.told() == []
    desk.poll(item("Talks on arms and gas", **old), path="/b.xml")
    assert desk.told() == ["gas: Talks on arms and gas"]


def test_a_rule_that_no_longer_holds_keeps_what_it_told(desk: Desk) -> None:
    desk.poll(item("Talks on arms"))
    desk.poll(item("Talks on nothing"))
    assert desk.told() == ["arms: Talks on nothing"]
    desk.poll(item("Talks on arms"))
    assert desk.told() == ["arms: Talks on arms"]


def deliver(desk: Desk) -> list[tuple[str, str, str]]:
    """Whatever is due is sent: of what kind, where to, and what it says beside the article."""
    sent = []
    while claimed := desk.store.due_deliveries(NOW, timedelta(minutes=2), 10):
        for one in claimed:
            desk.store.record(one.id, Sent(at=NOW))
            sent.append((str(one.kind), one.destination, one.alert.note))
    return sent


def test_who_was_told_hears_once_of_another_headline(desk: Desk) -> None:
    desk.poll(item("Talks on arms", "They met."))
    assert deliver(desk) == [("article", "desk", "")]
    desk.poll(item("Talks on “ARMS”!", "They met."))
    assert deliver(desk) == []
    desk.poll(item("Talks on arms end", "They met."))
    assert deliver(desk) == [("update", "desk", "The headline was: Talks on “ARMS”!")]
    desk.poll(item("Talks on arms", "They met."))
    desk.poll(item("Talks on arms end", "They met."))
    assert deliver(desk) == []  # back to what they know; and the next update waits for the hour


def test_an_update_follows_the_message_by_which_its_reader_heard_of_the_article(desk: Desk) -> None:
    desk.poll(item("Talks on arms", "They met."))
    (first,) = desk.store.due_deliveries(NOW, timedelta(minutes=2), 10)
    desk.store.record(first.id, Sent(at=NOW))
    desk.poll(item("Talks on arms end", "They met."))
    (update,) = desk.store.due_deliveries(NOW, timedelta(minutes=2), 10)
    assert (first.follows, update.follows) == ("", first.public_id)


def test_an_edit_before_anybody_was_told_is_no_update(desk: Desk) -> None:
    desk.poll(item("Talks on arms", "They met."))
    desk.poll(item("Talks on arms end", "They met."))
    assert deliver(desk) == [("article", "desk", "")]


def test_a_headline_that_takes_it_back_is_told_though_the_rule_no_longer_holds(
    desk: Desk,
) -> None:
    desk.poll(item("Talks on arms", "They met."))
    deliver(desk)
    desk.poll(item("Correction: talks on trade", "They met."))
    note = "The headline was: Talks on arms; the rule no longer holds"
    assert deliver(desk) == [("update", "desk", note)]


def test_another_lead_is_told_and_a_mended_word_is_not(desk: Desk) -> None:
    lead = "The two governments met on Monday in the capital to speak about a list of things. "
    desk.poll(item("Talks on arms", lead + "More follows."))
    deliver(desk)
    desk.poll(item("Talks on arms", lead.replace("Monday", "Tuesday") + "More follows."))
    assert deliver(desk) == []
    desk.poll(item("Talks on arms", "Nobody came, and the table was taken away again."))
    assert deliver(desk) == [("update", "desk", "Its first sentences were changed")]


def test_unchanged_articles_are_not_judged_again(desk: Desk) -> None:
    same = item("Talks on arms", "They met.")
    desk.poll(same)
    outcome = desk.poll(same, item("Heavy rain", guid="g9", link="https://x.example/9"))
    assert (outcome.edited, outcome.renamed, len(outcome.articles)) == ((), (), 1)
    outcome = desk.poll(item("Talks  on “arms”", "They met!"))
    assert outcome.edited == ()


def test_another_feeds_version_of_an_article_is_no_edit(desk: Desk) -> None:
    desk.poll(item("Talks on arms", "They met."))
    desk.poll(path="/b.xml")
    outcome = desk.poll(item("Talks on arms", "They met, in short.", guid="b1"), path="/b.xml")
    assert (outcome.articles, outcome.edited, outcome.renamed) == ((), (), ())


def test_five_hundred_guids_renamed_at_once_are_one_line_for_the_operator_and_no_alert(
    desk: Desk,
) -> None:
    def entries(guid: str, site: str) -> list[Item]:
        return [
            item(f"Arms talks, part {at}", guid=f"{guid}{at}", link=f"{site}/{at}")
            for at in range(500)
        ]

    desk.poll(*entries("old-", "https://x.example"))
    assert len(desk.told()) == 500
    outcome = desk.poll(*entries("new-", "https://x.example"))
    assert (outcome.articles, outcome.edited, len(outcome.renamed)) == ((), (), 500)
    assert [event.kind for event in outcome.events] == [EventKind.FEED_RENAMED]
    # Now known by their new guids: the links may change too.
    outcome = desk.poll(*entries("new-", "https://moved.example"))
    assert (outcome.articles, len(outcome.renamed)) == ((), 500)
    outcome = desk.poll(*entries("new-", "https://moved.example/"))
    assert (outcome.articles, outcome.renamed, outcome.events) == ((), (), ())
    assert len(desk.told()) == 500


def test_a_poll_of_five_hundred_known_entries_is_cheap(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    entries = [
        item(
            f"Arms talks, part {at}",
            "They met. " * 50,
            guid=f"g{at}",
            link=f"https://x.example/{at}",
        )
        for at in range(500)
    ]
    desk.poll(*entries)
    extra = item("Heavy rain", guid="g-rain", link="https://x.example/rain")
    began = time.perf_counter()
    outcome = desk.poll(*entries, extra)
    record_property(
        "measured", f"500 known entries and a new one: {time.perf_counter() - began:.2f} s"
    )
    assert (len(outcome.articles), outcome.edited, outcome.renamed) == (1, (), ())
