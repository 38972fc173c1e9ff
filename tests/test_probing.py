"""A look at feeds is gentle to their hosts, whatever is asked for."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from monitor import assembly, config
from monitor.asking import AskTools
from monitor.feeds import route
from monitor.feeds.discovery import FeedLink
from monitor.models import FailureReason, FeedSource, FetchError, Trail
from monitor.probing import Found, FoundFeed, first_feed, look_at, look_at_all
from monitor.workers import Workers
from tests.servers.feeds import FeedServer
from tests.servers.feedxml import Item
from tests.servers.hostile_bodies import almost_an_address_author

LIMITS = '[poll]\nallow_private_hosts = ["127.0.0.0/8"]\nhost_interval = "1ms"\n'


@pytest.fixture(scope="module")
def readers() -> Iterator[Workers]:
    with assembly.looking(configured("20s")) as tools:
        yield tools.readers


@pytest.fixture
def tools(readers: Workers) -> Iterator[AskTools]:
    with within("20s", readers) as made:
        yield made


def source(url: str) -> FeedSource:
    return FeedSource(url=url)


def configured(timeout: str) -> config.Config:
    return config.parse(f'{LIMITS}timeout = "{timeout}"\n', Path("config.toml"), {})


@contextmanager
def within(timeout: str, readers: Workers) -> Iterator[AskTools]:
    """Tools whose requests have so long; a fetcher is for one event loop."""
    fetcher = assembly.fetcher(configured(timeout))
    yield AskTools(fetcher=fetcher, readers=readers, clock=assembly.now, max_bytes=10_000_000)
    fetcher.close()


def test_of_a_page_with_many_dead_links_only_a_few_are_tried(tools: AskTools) -> None:
    with FeedServer() as server:
        links = [FeedLink(url=server.url(f"/{number}")) for number in range(30)]
        assert asyncio.run(first_feed(links, tools)) is None
        assert [one.path for one in server.requests] == [f"/{number}" for number in range(8)]


def test_one_request_at_a_time_goes_to_a_host_and_hosts_do_not_wait_for_each_other(
    tools: AskTools,
) -> None:
    met: list[str] = []
    together = threading.Barrier(2)

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        try:
            together.wait(timeout=3)
            met.append(handler.path)
        except threading.BrokenBarrierError:
            together.reset()
        handler.send_error(404)

    def ask(*urls: str) -> None:
        with within("20s", tools.readers) as mine:
            asyncio.run(look_at_all(map(source, urls), mine, lambda _source, _found: None))

    with FeedServer() as one, FeedServer("127.0.0.2") as two:
        for server in (one, two):
            for path in ("/a", "/b"):
                server.set_behaviour(path, behaviour)
        ask(one.url("/a"), one.url("/b"))
        assert met == []
        ask(one.url("/a"), two.url("/a"))
        assert len(met) == 2


def test_many_feeds_of_one_host_wait_longer_for_their_turn_than_for_an_answer(
    readers: Workers,
) -> None:
    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.5)
        handler.send_error(404)

    told: list[Found] = []
    with FeedServer() as server, within("1s", readers) as tools:
        urls = [server.url(f"/{number}") for number in range(4)]
        for number in range(4):
            server.set_behaviour(f"/{number}", slowly)
        asyncio.run(
            look_at_all(map(source, urls), tools, lambda _source, found: told.append(found))
        )
    assert [one.reason for one in told if isinstance(one, FetchError)] == [
        FailureReason.HTTP_STATUS
    ] * 4


def test_each_answer_is_told_as_it_comes_and_a_killed_reader_costs_only_its_feed(
    tools: AskTools,
) -> None:
    told: dict[str, Found] = {}
    with FeedServer() as server:
        server.set_raw(
            "/hostile", headers={"Content-Type": "text/xml"}, body=almost_an_address_author()
        )
        server.set_feed("/good", [Item(guid="1", link=server.url("/1"), title="One")], title="Good")
        sources = [FeedSource(url=server.url(path), name=path) for path in ("/hostile", "/good")]
        asyncio.run(
            look_at_all(sources, tools, lambda source, found: told.update({source.name: found}))
        )
    hostile, good = told["/hostile"], told["/good"]
    assert isinstance(hostile, FetchError)
    assert hostile.reason is FailureReason.HOSTILE
    assert isinstance(good, FoundFeed)
    assert (good.feed.title, good.newest_at, len(good.newest(5))) == ("Good", None, 1)


def test_where_redirects_led_is_kept_beside_what_was_asked(tools: AskTools) -> None:
    with FeedServer() as server:
        server.set_feed("/new", [Item(guid="1", link=server.url("/1"), title="One")])
        server.set_raw("/old", status=301, headers={"Location": "/new"})
        found = asyncio.run(look_at(FeedSource(url=server.url("/old")), tools))
        assert isinstance(found, FoundFeed)
        assert (found.url, found.answered_by) == (server.url("/old"), server.url("/new"))


def test_no_move_leads_from_https_back_to_http() -> None:
    def led(address: str, target: str) -> str:
        return route.moved_to(address, Trail(moved_to=target))

    assert led("http://a.example/", "https://a.example/") == "https://a.example/"
    assert led("https://a.example/", "https://b.example/") == "https://b.example/"
    assert led("https://a.example/", "http://a.example/") == ""
    assert led("https://a.example/", "") == led("http://a.example/", "") == ""
