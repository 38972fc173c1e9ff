"""Summaries are judged by their pages: over real HTTP, in the real pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.models import FeedSource, FeedState, FullText
from tests.polling import Bench
from tests.servers.feeds import FeedServer, Item

pytest.importorskip("trafilatura", reason="the extra fulltext is not installed")

FEED = "/feed.xml"
RULE = "algeria-us-arms"
ARTICLE = (
    (
        "Talks between the two governments went on behind closed doors for most of the day, and nobody"
        " would say when they are to end. Officials who were there spoke of a friendly mood."
    ),
    (
        "Late in the evening the ministry confirmed that Algeria had asked for American weapons, among"
        " them armoured vehicles and radar, and that a contract may be signed before the summer."
    ),
)


def page(*paragraphs: str) -> bytes:
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        "<!doctype html><html><head><meta charset=utf-8><title>News</title></head><body>"
        f"<nav><a href=/>Home</a></nav><article><h1>Late talks</h1>{text}</article></body></html>"
    ).encode()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as it:
        it.set_feed(FEED, [plain("old", "Rain is expected.")], title="Desk")
        yield it


def plain(guid: str, text: str) -> Item:
    return Item(guid=guid, link="", title=f"Weather, {guid}", html=text)


def summary(server: FeedServer, path: str, html: str, number: int = 1) -> Item:
    return Item(guid=f"g{number}", link=server.url(path), title="Late talks", html=html)


def serve(server: FeedServer, path: str, body: bytes) -> None:
    server.set_raw(path, 200, {"Content-Type": "text/html; charset=utf-8"}, body)


def polled(
    tmp_path: Path, server: FeedServer, full_text: FullText, *items: Item
) -> tuple[FeedState, list[tuple[str, ...]]]:
    """After the silent first poll and one with these items: the rules that each article matched."""
    source = FeedSource(
        url=server.url(FEED), full_text=full_text, interval=timedelta(minutes=15), language="en"
    )
    with Bench(tmp_path, [source]) as bench:
        bench.poll()
        for item in items:
            server.add(FEED, item)
        bench.clock += timedelta(hours=1)
        outcome = bench.poll()
        found = [
            tuple(match.rule_id for match in one.matches if not match.is_weak)
            for one in outcome.articles
        ]
        return bench.feed, found


def pages_asked(server: FeedServer) -> list[str]:
    return [one.path for one in server.requests if one.path != FEED]


def test_a_summary_is_judged_by_its_page(tmp_path: Path, server: FeedServer) -> None:
    serve(server, "/late", page(*ARTICLE))
    item = summary(server, "/late", "Algeria: talks go on.")
    feed, found = polled(tmp_path, server, FullText.ALWAYS, item)
    assert found == [(RULE,)]
    assert (feed.pages_read, feed.pages_failed) == (1, 0)


def test_without_it_no_page_is_asked_for(tmp_path: Path, server: FeedServer) -> None:
    serve(server, "/late", page(*ARTICLE))
    item = summary(server, "/late", "Algeria: talks go on.")
    _, found = polled(tmp_path, server, FullText.NEVER, item)
    assert found == [()]
    assert pages_asked(server) == []


def test_auto_asks_only_where_what_a_rule_asks_for_first_is_there(
    tmp_path: Path, server: FeedServer
) -> None:
    for path in ("/late", "/rain"):
        serve(server, path, page(*ARTICLE))
    items = [
        summary(server, "/late", "Algeria: talks go on."),
        summary(server, "/rain", "More rain is expected, and wind from the sea.", 2),
    ]
    feed, found = polled(tmp_path, server, FullText.AUTO, *items)
    assert sorted(found) == [(), (RULE,)]
    assert pages_asked(server) == ["/late"]
    assert (feed.pages_read, feed.pages_failed) == (1, 0)


def test_auto_does_not_ask_where_the_rule_holds_already(tmp_path: Path, server: FeedServer) -> None:
    item = summary(server, "/late", "Algeria buys American weapons.")
    _, found = polled(tmp_path, server, FullText.AUTO, item)
    assert found == [(RULE,)]
    assert pages_asked(server) == []


def test_the_articles_of_the_first_poll_are_recorded_without_their_pages(
    tmp_path: Path, server: FeedServer
) -> None:
    server.add(FEED, summary(server, "/late", "Algeria: talks go on."))
    polled(tmp_path, server, FullText.ALWAYS)
    assert pages_asked(server) == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((404, b"gone", "text/html"), id="404"),
        pytest.param((200, page("We use cookies."), "text/html"), id="no article"),
        pytest.param((200, b"%PDF-1.7 \x00\x01", "application/pdf"), id="a PDF"),
    ],
)
def test_a_page_that_gives_nothing_costs_nothing_but_is_counted(
    tmp_path: Path, server: FeedServer, answer: tuple[int, bytes, str]
) -> None:
    status, body, kind = answer
    server.set_raw("/late", status, {"Content-Type": kind}, body)
    item = summary(server, "/late", "Algeria buys American weapons.")
    feed, found = polled(tmp_path, server, FullText.ALWAYS, item)
    assert found == [(RULE,)]  # by its summary
    assert (feed.pages_read, feed.pages_failed) == (0, 1)


def test_an_article_read_on_its_page_is_no_edit_at_the_next_poll(
    tmp_path: Path, server: FeedServer
) -> None:
    serve(server, "/late", page(*ARTICLE))
    source = FeedSource(url=server.url(FEED), full_text=FullText.ALWAYS, language="en")
    with Bench(tmp_path, [source]) as bench:
        bench.poll()
        server.add(FEED, summary(server, "/late", "Algeria: talks go on."))
        bench.clock += timedelta(hours=1)
        bench.poll()
        server.add(FEED, plain("other", "Wind is expected."))
        bench.clock += timedelta(hours=1)
        outcome = bench.poll()
    assert outcome.edited == ()
    assert pages_asked(server) == ["/late"]
