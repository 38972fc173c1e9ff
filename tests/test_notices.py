"""The operator is told of the service itself: one message for what happens together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import notices, render
from monitor.models import Delivery, Event, EventKind, FeedSource, FeedState, Message, Rhythm
from tests.hostile import Page
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


def state(number: int = 1, **of_feed: object) -> FeedState:
    url = f"https://{number}.example/rss"
    made = FeedState(id=number, source=FeedSource(url=url, name="Le Matin"), next_check_at=at(45))
    return replace(made, succeeded_at=at(-60), **of_feed)  # type: ignore[arg-type]


def told(*events: Event, feeds: Sequence[FeedState] = ()) -> Message:
    states = {feed.source.url: feed for feed in feeds}
    alert = notices.notice(events, states, 7, ["desk"], at(1), UTC)
    return render.message(
        Delivery(
            id=1, public_id="nm-1", alert=alert, destination="desk", attempts=1, created_at=at(1)
        ),
        UTC,
    )


def test_a_notice_says_what_happened_since_when_what_is_tried_and_what_to_do() -> None:
    message = told(event(), feeds=[state()])
    assert message.title == "[news-monitor] Feed failing: Le Matin"
    assert message.text == (
        "news-monitor · Sat 7 Mar 2026, 10:16 +00:00\n"
        "Feed failing: Le Matin\n"
        "\n"
        "1 feed failing\n"
        "• Le Matin\n"
        "https://1.example/rss\n"
        "timeout: no answer within 30 s\n"
        "Last read Sat 7 Mar 2026, 09:15 +00:00; asked again Sat 7 Mar 2026, 11:00 +00:00\n"
        "What is tried: it is asked again, with growing pauses of up to a day; you are told once"
        " when it is back.\n"
        "What to do: nothing if the site is down for a while; if it has moved its feed,"
        " “news-monitor feeds discover” with the address of the site finds it.\n"
        "\n"
        "Delivery is at least once: a repeated id is a duplicate.\n"
        "nm-1"
    )
    shown = "".join(Page(message.html).text.split())
    for line in message.text.splitlines()[1:]:
        assert "".join(line.removeprefix(notices.NAME).split()) in shown
    assert 'href="https://1.example/rss"' in message.html


def test_no_notice_speaks_as_if_of_an_article() -> None:
    for kind in notices.TROUBLES:
        message = told(event(kind=kind), feeds=[state()])
        for said in (message.title, message.text, message.html):
            assert not re.search(r"relevance|matched|usable link|One message a match", said)


def test_each_trouble_says_its_own() -> None:
    def lines(kind: EventKind, **of_feed: object) -> list[str]:
        message = told(event(kind=kind), feeds=[state(**of_feed)])
        return message.text.split("within 30 s\n")[1].splitlines()[:3]

    silent = Rhythm(last_at=at(-600))
    since, tried, _ = lines(EventKind.FEED_FROZEN, rhythm=silent)
    assert since.startswith("Last new entry Sat 7 Mar 2026, 00:15 +00:00; asked again")
    assert "answers" in tried
    since, tried, todo = lines(EventKind.FEED_GONE, gone_at=at())
    assert since == "Last read Sat 7 Mar 2026, 09:15 +00:00"
    assert "410" in tried
    assert "feeds remove" in todo
    since, after, _ = lines(EventKind.FEED_RECOVERED)
    assert (since, after) == ("Back since Sat 7 Mar 2026, 10:15 +00:00", "")
    never = told(event(), feeds=[replace(state(), succeeded_at=None)])
    assert "\nIt has never been read; asked again" in never.text
    followed_no_more = told(event())
    assert "asked again Sat" not in followed_no_more.text


def test_many_feeds_are_counted_and_what_holds_for_all_is_said_once() -> None:
    crowd = [event(n) for n in range(200)] + [event(300, EventKind.FEED_RECOVERED)]
    message = told(*crowd, feeds=[state(n) for n in range(200)])
    assert message.title == "[news-monitor] Feeds: 200 failing, 1 recovered"
    assert "and 195 more: “news-monitor feeds list” has them all" in message.text
    assert message.text.count("What to do") == 1
    assert "1 feed recovered\n• 300.example\nhttps:" in message.text
    assert len(message.text) < render.MAX_TEXT
    alert = notices.notice(crowd, {}, 8, ["desk", "slack"], at(), UTC)
    assert alert.destinations == ("desk", "slack")
    assert alert.key != notices.notice(crowd, {}, 7, ["desk"], at(), UTC).key
    assert alert.key == notices.notice(crowd, {}, 8, ["desk"], at(5), UTC).key


def trouble(kind: EventKind, destination: str) -> Event:
    return Event(at=at(), kind=kind, subject=destination, detail="12 times; last: refused: no")


@pytest.mark.parametrize(
    ("kind", "operator", "who"),
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
    kind: EventKind, operator: list[str], who: tuple[str, ...]
) -> None:
    events = [trouble(kind, "desk")]
    assert notices.audience(events, operator, ["desk", "mail", "pager"]) == who


def test_what_happens_beside_the_trouble_of_the_only_way_waits_for_it() -> None:
    """A network that is down costs feeds and destinations at once."""
    both = [event(1), trouble(EventKind.DESTINATION_FAILING, "desk")]
    assert notices.audience(both, ["desk"], ["desk", "pager"]) == ("desk",)
    assert notices.audience(both, ["desk", "mail"], ["desk", "mail"]) == ("mail",)
    assert notices.audience(both, [], ["desk", "pager"]) == ()
    dead = [event(1), trouble(EventKind.DELIVERY_DEAD, "desk")]
    assert notices.audience(dead, ["desk"], ["desk"]) == ("desk",)
    assert notices.audience(dead[1:], ["desk"], ["desk"]) == ()


def test_feeds_and_destinations_are_counted_apart() -> None:
    restored = Event(at=at(), kind=EventKind.DATABASE_RESTORED, detail="restored by hand")
    events = [event(1), trouble(EventKind.DELIVERY_DEAD, "desk"), event(2), restored]
    message = told(*events)
    assert message.title == (
        "[news-monitor] Feeds: 2 failing; Destinations: 1 with messages given up;"
        " Database: 1 restored"
    )
    assert message.text.index("2 feeds failing") < message.text.index("1 destination with messages")
    assert "\nDatabase restored\nrestored by hand\nNoticed Sat 7 Mar 2026" in message.text


def test_a_destination_in_trouble_is_named_with_what_it_said_and_what_to_do() -> None:
    message = told(trouble(EventKind.DELIVERY_DEAD, "desk"))
    assert message.title == "[news-monitor] Destination with messages given up: desk"
    assert (
        "1 destination with messages given up\n"
        "• desk\n"
        "12 times; last: refused: no\n"
        "Noticed Sat 7 Mar 2026, 10:15 +00:00\n"
        "What is tried: nothing more for these; what comes after them is tried as before.\n"
        "What to do: “news-monitor deliveries list --state dead” has them;"
    ) in message.text
    back = told(trouble(EventKind.DESTINATION_RECOVERED, "desk"))
    assert "\nBack since Sat 7 Mar 2026, 10:15 +00:00\n" in back.text
    alone = told(Event(at=at(), kind=EventKind.BACKUP_FAILED, detail="the disk is full"))
    assert alone.title == "[news-monitor] Database not backed up"


@given(st.lists(st.sampled_from(list(notices.TROUBLES)), min_size=1, max_size=40), texts, texts)
def test_any_events_make_a_message(kinds: list[EventKind], subject: str, detail: str) -> None:
    events = [Event(at=at(), kind=kind, subject=subject, detail=detail) for kind in kinds]
    message = told(*events)
    assert re.match(r"\[news-monitor\] (Feed|Destination|Database)", message.title)
    assert len(message.title) <= render.MAX_TITLE
    assert len(message.text) <= render.MAX_TEXT
    assert len(message.html) <= render.MAX_HTML
    assert message.text.endswith("\nnm-1")


@pytest.mark.parametrize("said", ["<b>@everyone</b>", "x\nhttps://evil.example/", "[a](http://b)"])
def test_what_a_feed_answers_is_no_markup_and_no_link(said: str) -> None:
    message = told(
        Event(at=at(), kind=EventKind.FEED_FAILING, subject="https://1.example/", detail=said)
    )
    assert [of["href"] for tag, of in Page(message.html).tags if tag == "a"] == [
        "https://1.example/"
    ]
    assert "@" not in message.text
    assert "https://evil" not in message.text


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
        assert "/a.xml\nnot a feed: an HTML page, 2 polls in a row\nLast read " in failing
        assert "What to do:" in failing
        assert "/a.xml\nwas not a feed, not read for " in recovered
        assert "Back since " in recovered
        assert readers.bodies == []
