from __future__ import annotations

import gzip
import re
import sys
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser  # noqa: TID251 - a fault is planted in it
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import blocks, xmltext
from monitor.feeds import entries as entry
from monitor.feeds.parse import inflate, parse
from monitor.models import (
    FailureReason,
    FeedSource,
    FetchError,
    ParsedFeed,
    Response,
)
from tests import mutate
from tests.servers import hostile_bodies

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
SOURCE = FeedSource(url="https://example.org/rss", name="Example", tags=("maghreb",))
TAGS = (
    *(b'<?xml version="1.0" encoding="x-nowhere"?>', b"<rss><channel>", b"</channel></rss>"),
    *(b"<feed>", b"</feed>", b"<entry>", b"</entry>", b"<urlset>", b"<url><loc>", b"</url>"),
    *(b"<title>Arms", b"</title>", b"{", b'"version": "1.1",', b"<!DOCTYPE rss [", b"]>"),
)
REFERENCES = ("&", "&amp;", "&#8217;", "&eacute;", "&x;", "a", "é", "<", "<![CDATA[", "]]>")
BORDERS = "\0\x08\t\n\x0b\x0c\r\x1f \ud7ff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff"
CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora"


def response(body: bytes, encoding: str = "", content_type: str = "") -> Response:
    return Response(
        url="https://example.org/feeds/rss",
        body=body,
        body_hash="",
        content_encoding=encoding,
        content_type=content_type,
    )


def read(body: bytes | str, content_type: str = "") -> ParsedFeed | FetchError:
    data = body.encode() if isinstance(body, str) else body
    return parse(data, response(data, content_type=content_type), SOURCE, NOW)


def rss(items: str, head: str = "") -> str:
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'


def entries(body: bytes | str) -> tuple[Any, ...]:
    parsed = read(body)
    assert isinstance(parsed, ParsedFeed)
    return parsed.articles


def test_an_entry_becomes_an_article_with_its_feeds_name_and_tags() -> None:
    (article,) = entries(
        rss(
            "<item><title>Arms &amp; talks</title><link>https://example.org/a</link>"
            "<guid>g1</guid><description>&lt;p&gt;Text&lt;/p&gt;</description>"
            "<category>Defence</category><author>jane@example.org (Jane)</author>"
            "<pubDate>Fri, 07 Mar 2025 10:15:00 +0100</pubDate></item>"
        )
    )
    assert (article.guid, article.url, article.title) == (
        "g1",
        "https://example.org/a",
        "Arms & talks",
    )
    assert article.text == "<p>Text</p>"
    assert article.categories == ("Defence",)
    assert article.published_at == datetime(2025, 3, 7, 9, 15, tzinfo=UTC)
    assert (article.feed_name, article.tags) == ("Example", ("maghreb",))


def test_the_longest_of_summary_and_content_is_the_text() -> None:
    (article,) = entries(
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        "<item><title>x</title><description>short</description>"
        "<content:encoded>the whole of the text</content:encoded></item></channel></rss>"
    )
    assert article.text == "the whole of the text"


def test_a_relative_link_is_completed() -> None:
    (article,) = entries(rss("<item><title>x</title><link>/a?b=1</link></item>"))
    assert article.url == "https://example.org/a?b=1"


def test_an_undated_entry_has_no_date_and_the_future_is_clamped() -> None:
    undated, future, wrong = entries(
        rss(
            "<item><title>a</title></item>"
            "<item><title>b</title><pubDate>Fri, 07 Mar 2042 10:00:00 GMT</pubDate></item>"
            "<item><title>c</title><pubDate>the day before yesterday</pubDate></item>"
        )
    )
    assert undated.published_at is None
    assert future.published_at == NOW
    assert wrong.published_at is None


def test_an_empty_entry_costs_only_itself() -> None:
    parsed = read(rss("<item></item><item><title>good</title></item>"))
    assert isinstance(parsed, ParsedFeed)
    assert [article.title for article in parsed.articles] == ["good"]
    assert parsed.skipped == 1


def test_a_feed_of_two_hundred_thousand_entries_is_read_as_far_as_its_first_two_thousand() -> None:
    parsed = read(hostile_bodies.many_items())
    assert isinstance(parsed, ParsedFeed)
    assert [article.title for article in parsed.articles] == [str(at) for at in range(2_000)]


@pytest.mark.parametrize("name", ["billion laughs", "quadratic entities"])
def test_entities_of_a_documents_own_do_not_grow(name: str) -> None:
    (article,) = entries(hostile_bodies.BODIES[name]())
    assert len(article.title) < 200_000


def test_what_feedparser_raises_over_in_one_entry_costs_only_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = feedparser.parse

    def raising(stream: BytesIO, **options: Any) -> Any:
        if b"Bomb" in stream.getvalue():
            raise RuntimeError("somewhere inside")
        return original(stream, **options)

    monkeypatch.setattr(feedparser, "parse", raising)
    items = (f"<item><x/><title>{t}</title></item>" for t in ("a", "Bomb", "c"))  # not plain
    parsed = read(rss("".join(items)))
    assert isinstance(parsed, ParsedFeed)
    assert [article.title for article in parsed.articles] == ["a", "c"]
    assert parsed.skipped == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("", "an empty body"),
        ("<!DOCTYPE html><html><body>log in</body></html>", "an HTML page"),
        ("/etc/passwd", "no feed format known"),
        ("/dev/zero", "no feed format known"),
        ("file:///etc/passwd", "no feed format known"),
        ("http://127.0.0.1/", "no feed format known"),
    ],
)
def test_what_is_no_feed_is_said_and_nothing_it_names_is_opened(body: str, detail: str) -> None:
    opened: list[Any] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in ("open", "socket.connect", "urllib.Request"):
            opened.append(arguments)

    sys.addaudithook(watch)
    try:
        assert read(body) == FetchError(reason=FailureReason.NOT_A_FEED, detail=detail)
    finally:
        watching = False
    assert opened == []


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_any_bytes_are_a_feed_or_our_error(body: bytes) -> None:
    assert isinstance(read(body), ParsedFeed | FetchError)


@given(st.lists(st.sampled_from((*mutate.PIECES, *TAGS)), max_size=12).map(b"".join))
@settings(max_examples=300)
def test_any_pieces_of_feeds_are_a_feed_or_our_error(body: bytes) -> None:
    assert isinstance(read(body), ParsedFeed | FetchError)


@given(st.lists(st.sampled_from((*mutate.PIECES, *TAGS)), max_size=12).map(b"".join))
def test_a_document_that_is_cut_at_its_entries_has_lost_nothing(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    head, entries, tail = blocks.split(text)
    assert head + "".join(entries) + tail == text
    apart = blocks.apart(text)
    assert all(not blocks.is_whole(entries[at]) for at, _ in apart.broken)


@given(st.lists(st.sampled_from((*mutate.PIECES, *TAGS, b"<item>")), max_size=12).map(b"".join))
def test_a_document_is_cut_after_its_first_entries(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    head, entries, tail = blocks.split(text)
    for number in range(4):
        wanted = head + "".join(entries[:number]) + tail if len(entries) > number else text
        assert blocks.first(text, number) == wanted


@given(st.lists(st.sampled_from(REFERENCES)).map("".join))
def test_names_of_characters_are_looked_for_only_where_there_are_any(text: str) -> None:
    assert xmltext.without_names(text) == xmltext._NAMED.sub(xmltext._named, text)


@given(
    st.lists(st.characters(categories=["Cc", "Cs", "L"]) | st.sampled_from(BORDERS)).map("".join)
)
def test_what_no_xml_may_hold_is_dropped(text: str) -> None:
    kept = [one for one in text if one in "\t\n\r" or " " <= one not in "\ufffe\uffff"]
    wanted = "".join(one for one in kept if not "\ud800" <= one <= "\udfff")
    assert xmltext.without_controls(text) == wanted


@pytest.mark.skipif(not CORPORA.is_dir(), reason="no corpora beside the repository")
def test_every_real_feed_yields_its_entries() -> None:
    feeds = [
        path
        for path in sorted((CORPORA / "feedjira").rglob("*.xml"))
        if re.match(rb"\s*(<\?xml|<rss|<feed|<rdf)", path.read_bytes())
    ]
    assert len(feeds) > 20
    assert [path.name for path in feeds if not entries(path.read_bytes())] == []


# --- inflating -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"body" * 100, mtime=0)),
        ("x-gzip", gzip.compress(b"body" * 100, mtime=0)),
        ("deflate", zlib.compress(b"body" * 100)),
        ("deflate", zlib.compress(b"body" * 100, wbits=-15)),
        ("", b"body" * 100),
        ("identity", b"body" * 100),
    ],
)
def test_a_body_is_inflated(encoding: str, packed: bytes) -> None:
    assert inflate(response(packed, encoding), 10_000) == b"body" * 100


def test_a_bomb_is_refused_at_the_limit() -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    error = inflate(response(packed, "gzip"), 10_000_000)
    assert error == FetchError(
        reason=FailureReason.TOO_LARGE, detail="more than 10000000 bytes once decompressed"
    )


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "", "zstd"]))
def test_any_packed_bytes_are_a_body_or_our_error(body: bytes, encoding: str) -> None:
    assert isinstance(inflate(response(body, encoding), 1_000), bytes | FetchError)


def test_a_link_that_cannot_be_read_costs_nothing_but_itself() -> None:
    (article,) = entries(
        rss("<item><title>x</title><link>http://[</link></item>", head="<link>http://[</link>")
    )
    assert (article.title, article.url) == ("x", "")


STARTS = (
    *("http://a/", "http://a/b#", "http://a/b;", "https://b.example", "HTTP://a/", "http:"),
    *("https://", "//", ""),
)
PIECES = (
    *("/", "//", "a", "B.example", "é", ":80", ":", "?", "#", ";", "&", "=", "..", ".", "\\"),
    *("[", "]", "%", "@", "*", " ", "\n", "\t", "\0"),
)
LINKS = st.builds(
    "{}{}".format,
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
)


@settings(max_examples=500)
@given(LINKS | st.from_regex(entry._PLAIN, fullmatch=True))
def test_a_plain_link_is_completed_as_any_other(link: str) -> None:
    for home in ("https://home.example/rss/x", "http://home.example", "ftp://home.example/"):
        try:
            completed = urljoin(home, link.strip())
        except ValueError:
            completed = ""
        assert entry.absolute(home, link) == completed


@settings(max_examples=500)
@given(LINKS | st.from_regex(entry._PLAIN, fullmatch=True))
def test_a_plain_link_is_of_the_web_as_any_other(link: str) -> None:
    try:
        parts = urlsplit(link)
    except ValueError:
        assert not entry.is_web(link)
    else:
        assert entry.is_web(link) == (parts.scheme in ("http", "https") and parts.netloc != "")


def test_a_link_that_nobody_would_write_is_none() -> None:
    assert entry.absolute("https://a.example/", f"https://a.example/{'a' * 5_000}") == ""


def test_half_a_character_costs_nothing_but_itself() -> None:
    for reference in ("&#xD800;", "&#55296;"):
        (article,) = entries(rss(f"<item><title>Arms {reference} talks</title></item>"))
        assert article.title.startswith("Arms ")


def test_what_a_document_says_of_its_letters_does_not_matter_any_more() -> None:
    assert blocks.is_whole('<?xml version="1.0" encoding="x-nowhere"?><a/>')
    assert not blocks.is_whole('<?xml version="1.0" encoding="x-nowhere"?><a>')


def test_pictures_with_addresses_are_no_entries_of_a_broken_document() -> None:
    picture = "<image><url>https://example.org/a.png</url></image>"
    broken = "<item><title>Gas</title><description><![CDATA[ deal</description></item>"
    arms, rain = (f"<item><title>{title}</title>{picture}</item>" for title in ("Arms", "Rain"))
    found = entries(rss(arms + broken + rain, head=picture))
    assert [article.title for article in found] == ["Arms", "Gas", "Rain"]
