"""What lists and people name becomes feeds of the configuration, or is refused with a reason."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import subscriptions
from monitor.config import Config, parse
from monitor.config.edit import with_feeds
from monitor.feeds import opml
from monitor.feeds.opml import Outline
from monitor.models import FeedSource
from monitor.subscriptions import entry_of, known_as, outlines_of, plan_import, tidy

FILE = Path("config.toml")


def read(text: str) -> Config:
    return parse(text, FILE, {})


TWO = (
    '[[feeds]]\nurl = "https://a.example/rss"\nname = "A"\n[[feeds]]\nurl = "https://b.example/"\n'
)


def test_a_list_is_parted_into_new_known_and_refused() -> None:
    outlines = [
        Outline(url="https://A.example/rss", title="Already", tags=("x",), line=3),
        Outline(url="https://new.example/", title="New", tags=("x",), line=4),
        Outline(url="https://new.example/#again", title="Twice", tags=("y", "x"), line=5),
        Outline(url="https://user:hunter2@c.example/", line=6),
        Outline(url="https://d.example/", interval="1s", line=7),
    ]
    plan = plan_import(outlines, read(TWO), "list.opml", tags=("z",))
    assert [(one.url, one.name, one.tags) for one in plan.new] == [
        ("https://new.example/", "New", ("x", "z", "y")),
    ]
    assert [one.url for one in plan.known] == ["https://A.example/rss"]
    assert [(one.file, one.line) for one in plan.refused] == [("list.opml", 6), ("list.opml", 7)]
    said = " ".join(map(str, plan.refused))
    assert "c.example: url: a user name or password" in said
    assert "interval 1s is below poll.min_interval 5m" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("title", "language", "name", "expected"),
    [
        ("https://e.example/rss", "", None, None),
        ("e.example", "unknown", None, None),
        ("", "fr-DZ", None, "fr"),
        (" Le\n Monde\u202e ", "AR", "Le Monde", "ar"),
    ],
)
def test_a_name_that_says_nothing_and_a_language_that_is_none_are_left_out(
    title: str, language: str, name: str | None, expected: str | None
) -> None:
    entry = entry_of(Outline(url="https://e.example/rss", title=title, language=language))
    assert (entry.name, entry.language) == (name, expected)


def test_a_feed_is_known_by_its_address_before_its_name() -> None:
    found = read(TWO + '[[feeds]]\nurl = "https://c.example/"\nname = "https://a.example/rss"\n')
    assert known_as(found, "https://A.example/rss#x") == (0,)
    assert known_as(found, "  a ") == (0,)
    assert known_as(found, "b.example") == (1,)
    assert known_as(found, "http://[") == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        (" http://example.org/x ", "http://example.org/x"),
        ("feed://example.org/x", "https://example.org/x"),
        ("feed:https://example.org/x", "https://example.org/x"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("ftp://example.org", "ftp://example.org"),
    ],
)
def test_an_address_may_be_typed_without_its_scheme(typed: str, meant: str) -> None:
    assert subscriptions.address(typed) == meant


_ODD = st.text(max_size=20) | st.sampled_from(
    ["https://e.example/", "http://[", "fr", "10m", "\ud800"]
)
_OUTLINES = st.builds(
    Outline,
    url=_ODD | st.integers(0, 9).map(lambda number: f"https://e.example/{number}"),
    title=_ODD,
    language=_ODD,
    tags=st.lists(_ODD, max_size=3).map(tuple),
    publisher=_ODD,
    interval=st.just("") | _ODD,
)


@given(st.lists(_OUTLINES, max_size=6))
def test_whatever_a_list_says_what_is_taken_makes_a_configuration(outlines: list[Outline]) -> None:
    plan = plan_import(outlines, read(TWO), "f")
    after = read(with_feeds(TWO, plan.new))
    assert [feed.url for feed in after.feeds[2:]] == [entry.url for entry in plan.new]
    again = plan_import(outlines, after, "f")
    assert again.new == ()


_NAMES = st.text(max_size=20).map(tidy)
_SOURCES = st.lists(
    st.builds(
        FeedSource,
        url=st.integers(0, 99).map(lambda number: f"https://e{number}.example/?a=1&b={number}"),
        name=_NAMES,
        publisher=_NAMES,
        language=st.sampled_from([None, "fr", "ar"]),
        tags=st.lists(_NAMES.filter(bool), unique=True, max_size=3).map(tuple),
        interval=st.sampled_from([timedelta(minutes=15), timedelta(hours=2)]),
    ),
    unique_by=lambda source: source.url,
    max_size=5,
)


@given(_SOURCES)
def test_feeds_that_go_out_as_a_list_come_back_the_same(sources: list[FeedSource]) -> None:
    outlines = [
        Outline(
            url=one.url,
            title=one.name,
            tags=one.tags,
            publisher=one.publisher,
            language=one.language or "",
            interval="2h" if one.interval == timedelta(hours=2) else "",
        )
        for one in sources
    ]
    first = read(with_feeds("", plan_import(outlines, read(""), "f").new))
    text = opml.write(outlines_of(first), title="t", at=datetime(2026, 1, 1, tzinfo=UTC))
    found = opml.read(text.encode(), "f")
    assert found.refused == found.notes == ()
    second = read(with_feeds("", plan_import(found.outlines, read(""), "f").new))
    assert sorted(second.sources, key=repr) == sorted(first.sources, key=repr)


def test_a_written_configuration_holds_only_what_was_said() -> None:
    entry = entry_of(Outline(url="https://e.example/"))
    assert tomllib.loads(with_feeds("", [entry])) == {"feeds": [{"url": "https://e.example/"}]}
