"""A look at feeds is gentle to their hosts, whatever is asked for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from monitor import assembly, config
from monitor.feeds.discovery import FeedLink
from monitor.models import FailureReason, FeedSource, FetchError
from monitor.probing import Found, FoundFeed, ProbeTools, first_feed, look_at, look_at_all
from tests.servers.feeds import FeedServer
from tests.servers.feedxml import Item
from tests.servers.hostile_bodies import almost_an_address_author

ALLOWING = '[poll]\ntimeout = "20s"\nallow_private_hosts = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def tools() -> Iterator[ProbeTools]:
    with assembly.probe_tools(config.parse(ALLOWING, Path("config.toml"), {})) as made:
        yield replace(made, pause=timedelta())


def fresh(tools: ProbeTools) -> ProbeTools:
    """With locks of its own: they belong to the event loop of one ``asyncio.run``."""
    return replace(tools, hosts={})


def test_of_a_page_with_many_dead_links_only_a_few_are_tried(tools: ProbeTools) -> None:
    with FeedServer() as server:
        links = [FeedLink(url=server.url(f"/{number}")) for number in range(30)]
        assert asyncio.run(first_feed(links, fresh(tools))) is None
        assert [one.path for one in server.requests] == [f"/{number}" for number in range(8)]


def test_one_request_at_a_time_goes_to_a_host_and_hosts_do_not_wait_for_each_other(
    tools: ProbeTools,
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
        sources = [FeedSource(url=url) for url in urls]
        asyncio.run(look_at_all(sources, fresh(tools), lambda _source, _found: None))

    with FeedServer() as one, FeedServer("127.0.0.2") as two:
        for server in (one, two):
            for path in ("/a", "/b"):
                server.set_behaviour(path, behaviour)
        ask(one.url("/a"), one.url("/b"))
        assert met == []
        ask(one.url("/a"), two.url("/a"))
        assert len(met) == 2


def test_each_answer_is_told_as_it_comes_and_a_killed_reader_costs_only_its_feed(
    tools: ProbeTools,
) -> None:
    told: dict[str, Found] = {}
    with FeedServer() as server:
        server.set_raw(
            "/hostile", headers={"Content-Type": "text/xml"}, body=almost_an_address_author()
        )
        server.set_feed("/good", [Item(guid="1", link=server.url("/1"), title="One")], title="Good")
        sources = [FeedSource(url=server.url(path), name=path) for path in ("/hostile", "/good")]
        asyncio.run(
            look_at_all(
                sources, fresh(tools), lambda source, found: told.update({source.name: found})
            )
        )
    hostile, good = told["/hostile"], told["/good"]
    assert isinstance(hostile, FetchError)
    assert hostile.reason is FailureReason.HOSTILE
    assert isinstance(good, FoundFeed)
    assert (good.feed.title, good.newest_at, len(good.newest(5))) == ("Good", None, 1)


def test_where_redirects_led_is_kept_beside_what_was_asked(tools: ProbeTools) -> None:
    with FeedServer() as server:
        server.set_feed("/new", [Item(guid="1", link=server.url("/1"), title="One")])
        server.set_raw("/old", status=301, headers={"Location": "/new"})
        found = asyncio.run(look_at(FeedSource(url=server.url("/old")), fresh(tools)))
        assert isinstance(found, FoundFeed)
        assert (found.url, found.answered_by) == (server.url("/old"), server.url("/new"))
