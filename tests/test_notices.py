"""The operator is told of the service itself: one message for what happens together."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import notices, render
from monitor.models import Delivery, Event, EventKind
from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import WebhookSink
from tests.service import Service
from tests.strategies import at, texts

A = "/a.xml"
MINUTE = timedelta(minutes=1)


def event(number: int = 1, kind: EventKind = EventKind.FEED_FAILING, minutes: float = 0) -> Event:
    url = f"https://{number}.example/rss"
    return Event(at=at(minutes), kind=kind, subject=url, detail="timeout: no answer within 30 s")


def test_events_wait_a_moment_for_company_and_no_longer() -> None:
    together = [event(1), event(2, minutes=0.9)]
    assert not notices.is_time([], MINUTE, at(99))
    assert not notices.is_time(together, 15 * MINUTE, at(0.95))
    assert notices.is_time(together, 15 * MINUTE, at(1))
    assert notices.is_time(together, timedelta(seconds=1), at(0.02))
    assert notices.is_time(together, 15 * MINUTE, at(-60))  # the clock was set back


def test_one_event_is_named_in_the_title_and_many_are_counted() -> None:
    alone = notices.notice([event()], 7, ["desk"], at())
    assert alone.article.title == "Feed failing: https://1.example/rss"
    assert "timeout: no answer" in alone.article.text
    crowd = [event(n) for n in range(200)] + [event(300, EventKind.FEED_RECOVERED)]
    told = notices.notice(crowd, 8, ["desk", "slack"], at())
    assert told.article.title == "Feeds: 200 failing, 1 recovered"
    assert "and 193 more: news-monitor feeds list" in told.article.text
    assert told.destinations == ("desk", "slack")
    assert told.key != alone.key
    assert told.key == notices.notice(crowd, 8, ["desk"], at(5)).key


def trouble(kind: EventKind, destination: str) -> Event:
    return Event(at=at(), kind=kind, subject=destination, detail="12 times; last: refused: no")


@pytest.mark.parametrize(
    ("kind", "operator", "told"),
    [
        (EventKind.DESTINATION_FAILING, ["desk", "mail"], ("mail",)),
        (EventKind.DESTINATION_FAILING, ["desk"], ()),
        (EventKind.DESTINATION_FAILING, [], ()),
        (EventKind.DELIVERY_DEAD, ["desk", "mail"], ("mail",)),
        (EventKind.DELIVERY_DEAD, ["desk"], ("mail",)),
        (EventKind.DELIVERY_DEAD, [], ("mail",)),
        (EventKind.DESTINATION_RECOVERED, ["desk"], ("desk",)),
        (EventKind.DESTINATION_RECOVERED, [], ()),
    ],
)
def test_a_broken_destination_is_announced_on_another(
    kind: EventKind, operator: list[str], told: tuple[str, ...]
) -> None:
    events = [trouble(kind, "desk")]
    assert notices.audience(events, operator, ["desk", "mail", "pager"]) == told


def test_feeds_and_destinations_are_counted_apart() -> None:
    events = [event(1), trouble(EventKind.DELIVERY_DEAD, "desk"), event(2)]
    title = notices.notice(events, 7, ["mail"], at()).article.title
    assert title == "Feeds: 2 failing; Destinations: 1 given up"
    alone = notices.notice(events[1:2], 7, ["mail"], at()).article
    assert (alone.title, alone.text) == (
        "Delivery dead: desk",
        "given up: desk: 12 times; last: refused: no",
    )


@given(st.lists(st.sampled_from(list(notices.TOLD)), min_size=1, max_size=12), texts, texts)
def test_any_events_make_a_message(kinds: list[EventKind], subject: str, detail: str) -> None:
    events = [Event(at=at(), kind=kind, subject=subject, detail=detail) for kind in kinds]
    alert = notices.notice(events, 1, ["desk"], at())
    delivery = Delivery(
        id=1, public_id="nm-1", alert=alert, destination="desk", attempts=1, created_at=at()
    )
    message = render.message(delivery, UTC)
    assert message.title
    assert "news-monitor itself" in message.text


@pytest.mark.slow
def test_the_operator_gets_one_message_at_each_change_and_readers_get_none(
    tmp_path: Path,
) -> None:
    with FeedServer() as server, WebhookSink() as desk, WebhookSink() as readers:
        for path in (A, "/b.xml"):
            server.set_feed(path, [Item(guid=path, link="", title=f"Quiet {path}", html="")])
        urls = [server.url(A), server.url("/b.xml")]
        to = {
            "desk": f"json://127.0.0.1:{desk.port}/",
            "readers": f"json://127.0.0.1:{readers.port}/",
        }
        with Service(tmp_path, feeds=urls, destinations=to, operator=["desk"]) as it:
            it.wait_for("new articles", 2)
            server.set_raw(A, 200, {}, b"<!doctype html><title>Sign in</title>")
            it.wait_for("feed failing")
            desk.wait_for(1, timeout=30)
        with it:  # a restart repeats nothing
            it.wait_for("started", 2)
            server.set_feed(A, [Item(guid="x", link="", title="Back again", html="")])
            it.wait_for("feed recovered")
            desk.wait_for(2, timeout=30)
            assert it.json("feeds", "list")[0]["health"] == "ok"
        failing, recovered = (body["message"] for body in desk.bodies)
        assert "/a.xml: not a feed: an HTML page, 2 polls in a row" in failing
        assert "/a.xml: was not a feed" in recovered
        assert readers.bodies == []
