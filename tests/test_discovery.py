"""A page's feeds are found wherever it names them; what is none is not taken for one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.discovery import FeedKind, FeedLink, Named, Page, is_page, page

URL = "https://gazette.example/monde/index.html?x=1"


def links(html: str, url: str = URL) -> tuple[FeedLink, ...]:
    return page(html, url=url).links


def link(href: str, media_type: str = "application/rss+xml", more: str = "") -> str:
    return f'<link rel="alternate" type="{media_type}" href="{href}" {more}>'


def test_named_feeds_come_in_the_order_of_the_page_and_comments_last() -> None:
    found = links(
        "<title> La\nGazette </title>"
        + link("/comments/feed/", more='title="La Gazette &raquo; Comments Feed"')
        + link("rss.xml", more='title="Monde"')
        + link("//other.example/a", "application/atom+xml")
        + link("/feed.json", "application/feed+json; charset=utf-8")
        + link("rss.xml", more='title="again"')
        + '<a href="/rss/all.xml">Tous nos flux</a>'
    )
    assert [(one.url, one.kind, one.named) for one in found] == [
        ("https://gazette.example/monde/rss.xml", FeedKind.RSS, Named.IN_HEAD),
        ("https://other.example/a", FeedKind.ATOM, Named.IN_HEAD),
        ("https://gazette.example/feed.json", FeedKind.JSON, Named.IN_HEAD),
        ("https://gazette.example/comments/feed/", FeedKind.RSS, Named.COMMENTS),
        ("https://gazette.example/rss/all.xml", FeedKind.UNSAID, Named.LINKED),
    ]
    assert found[0].title == "Monde"
    assert found[3].title == "La Gazette » Comments Feed"


@pytest.mark.parametrize(
    "title",
    ["Commentaires", "Comentários", "Kommentare", "Комментарии", "تعليقات", "评论", "Yorumlar"],
)
def test_comments_are_known_in_their_languages(title: str) -> None:
    [only] = links(link("/x", more=f'title="{title}"'))
    assert only.named is Named.COMMENTS


def test_addresses_are_relative_to_the_base_that_the_page_names() -> None:
    [one] = links('<base target=_blank><base href="/ar/">' + link("feed"))
    assert one.url == "https://gazette.example/ar/feed"
    [two] = links('<base href="https://cdn.example/x/">' + link("?feed=rss#top"))
    assert two.url == "https://cdn.example/x/?feed=rss"


@pytest.mark.parametrize(
    "html",
    [
        link("/wp-json/wp/v2/pages/2", "application/json"),
        link("/oembed?format=xml", "text/xml+oembed"),
        link("/ar/", "text/html", 'hreflang="ar"'),
        '<link rel="stylesheet" type="text/css" href="/feed.css">',
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("http://[broken/"),
        link("https://a.example/\u202ex y"),
        '<a href="/rssi/x">no</a><a href="/feedback">no</a><a href="/atomic">no</a>',
        "<!-- " + link("/in/a/comment") + " -->",
    ],
)
def test_what_is_no_feed_is_not_taken_for_one(html: str) -> None:
    assert links(html) == ()


@pytest.mark.parametrize(
    "html",
    [
        '<LINK REL="Alternate Home" TYPE="Application/RSS+XML" HREF="/f">',
        '<link rel=feed href="/f">',
        link(" /f\n"),
        "<body><p>" + link("/f"),
    ],
)
def test_loosely_written_links_are_understood(html: str) -> None:
    assert [one.url for one in links(html)] == ["https://gazette.example/f"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!DOCTYPE html><title>x", True),
        (b"\n<!-- a --> <!-- b --><HTML lang=fr>", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">', True),
        (b'<?xml version="1.0"?><rss>', False),
        (b"<htmlish>", False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_a_page_is_told_from_a_feed(body: bytes, expected: bool) -> None:
    assert is_page(body) is expected


def test_a_page_of_nothing_but_comments_takes_no_time() -> None:
    began = time.process_time()
    assert not is_page(b"<!---->" * 300)
    assert time.process_time() - began < 1


def test_guesses_are_usual_places_that_the_page_does_not_name() -> None:
    found = Page(url=URL, links=(FeedLink(url="https://gazette.example/rss.xml"),))
    urls = [guess.url for guess in found.guesses]
    assert urls[0] == "https://gazette.example/monde/index.html/feed/"
    assert "https://gazette.example/feed/" in urls
    assert "https://gazette.example/rss.xml" not in urls
    assert {guess.named for guess in found.guesses} == {Named.USUAL}
    home = [guess.url for guess in Page(url="https://gazette.example/").guesses]
    assert home.count("https://gazette.example/feed/") == 1


@given(st.text(max_size=300))
def test_any_text_is_a_page_whose_links_are_web_addresses(text: str) -> None:
    odd = f'<link rel=alternate type=application/rss+xml href="{text}">'
    for found in (page(text, url=URL), page(odd, url=URL)):
        assert all(one.url.startswith(("http://", "https://")) for one in found.links)
        assert len(found.links) <= 50
