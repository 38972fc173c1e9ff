"""A plain RSS document says to us what it says to feedparser, to the letter."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import blocks, encodings, plainrss, syndication, xmltext
from monitor.models import FeedSource, FetchError, ParsedFeed
from tests import mutate

MUTANTS = 1_000
NAMESPACES = (
    "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    " xmlns:dc='http://purl.org/dc/elements/1.1/'"
    " xmlns:atom='http://www.w3.org/2005/Atom'"
    " xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:slash='http://purl.org/rss/1.0/modules/slash/'"
)


def document(body: bytes) -> str:
    """A body as it is given to a parser; "" where it is not well-formed."""
    text = encodings.decode(body, "").lstrip("\ufeff\0 \t\r\n")
    text = blocks.first(xmltext.readable(text), 2_000)
    return text if blocks.is_whole(text) else ""


def by(text: str, *, feedparser: bool) -> ParsedFeed | FetchError:
    """The document's articles, read in one way or the other."""
    reader = syndication._read_by_feedparser if feedparser else plainrss.read
    found = reader(text)
    assert found is not None
    return syndication._said(found, (), mutate.URL, FeedSource(url=mutate.URL), mutate.NOW)


def assert_alike(text: str) -> None:
    assert by(text, feedparser=False) == by(text, feedparser=True)


def plain(bodies: tuple[bytes, ...]) -> list[bytes]:
    return [body for body in bodies if (text := document(body)) and plainrss.read(text)]


PLAIN = plain(mutate.sources())


def rss(items: str, head: str = "<title>News</title><link>https://a.example/</link>") -> str:
    return f"<rss version='2.0' {NAMESPACES}><channel>{head}{items}</channel></rss>"


@pytest.mark.parametrize("body", PLAIN, ids=lambda body: f"{len(body)}")
def test_a_feed_is_read_as_by_feedparser(body: bytes) -> None:
    assert_alike(document(body))


@pytest.mark.parametrize("at", range(0x80, 0xA0))
def test_a_letter_of_windows_is_read_as_by_feedparser(at: int) -> None:
    assert_alike(rss(f"<item><title>{chr(at)}</title></item>"))


def test_a_mutant_is_read_as_by_feedparser_or_left_to_it() -> None:
    sources, read = mutate.sources(), 0
    for number in range(MUTANTS):
        chance = Random(f"plain:{number}")
        body = chance.choice(PLAIN)
        for _ in range(chance.choice([1, 1, 2])):
            body = body and chance.choice(mutate.MUTATIONS)(chance, body, chance.choice(sources))
        text = document(body) if body else ""
        if text and plainrss.read(text) is not None:
            read += 1
            assert_alike(text)
    assert read > MUTANTS / 5


TEXTS = st.sampled_from(
    [
        "",
        " ",
        "Arms talks",
        " Talks &amp; more ",
        "&lt;p&gt;Text &amp;amp; text&lt;/p&gt;",
        "<![CDATA[<p>A <b>text</b> &nbsp; &lt; of HTML]]>",
        "<![CDATA[one]]> and <![CDATA[two]]>",
        "<!-- aside -->Talks<?x y?> on",
        "Ã©tÃ©",
        "\x93quoted\x94",
        "Алжир",
        "jane@a.example (Jane Doe)",
        "Jane &lt;jane@a.example&gt;",
        "https://a.example/1?a=1&amp;b=2",
        "https://a.example/?x=1&amp;amp;y;=2&amp;copy;",
        "/relative",
        "Fri, 07 Mar 2025 10:15:00 GMT",
        "2025-03-07T10:15:00Z",
        "&#233;&#x2019;",
        "a\u00a0",
    ]
)
TAGS = st.sampled_from(
    [
        *("title", "link", "guid", "description", "content:encoded", "author", "dc:creator"),
        *("pubDate", "dc:date", "category", "comments", "slash:comments"),
    ]
)


@st.composite
def elements(draw: st.DrawFn) -> str:
    tag, text = draw(TAGS), draw(TEXTS)
    attributes = ""
    if tag == "guid":
        value = draw(st.sampled_from(["", "true", "false", "True", "x"]))
        attributes = f" isPermaLink='{value}'" if value else ""
    elif tag == "category":
        attributes = draw(st.sampled_from(["", "", " domain=''", " domain='a'", " domain='b'"]))
    return f"<{tag}{attributes}>{text}</{tag}>"


OTHERS = st.sampled_from(
    [
        "<enclosure url='https://a.example/1.jpg' type='image/jpeg' length='1'/>",
        "<media:content url='https://a.example/1.jpg'/>",
        "<media:thumbnail url='https://a.example/1.jpg'/>",
        "<source url='https://b.example/'>Agency</source>",
        "<source url='https://b.example/'/>",
        "<link/>",
    ]
)


@given(items=st.lists(st.lists(elements() | elements() | OTHERS, max_size=8), max_size=4))
@settings(max_examples=500)
def test_any_entry_is_read_as_by_feedparser_or_left_to_it(items: list[list[str]]) -> None:
    text = rss("".join(f"<item>{''.join(parts)}</item>\n" for parts in items))
    if plainrss.read(xmltext.readable(text)) is not None:
        assert_alike(xmltext.readable(text))


@pytest.mark.parametrize(
    "categories",
    [
        "<category domain='a'/><category>x</category><category>y</category>",
        "<category>x</category><category>x</category><category domain='a'>x</category>",
        "<category domain='a'>x</category><category domain='a'>x</category>",
        "<category domain='a'/><category domain='a'/><category domain='b'/>",
        "<category/><category domain=''>x</category>",
    ],
)
def test_categories_are_read_as_by_feedparser(categories: str) -> None:
    text = rss(f"<item><title>A</title>{categories}</item>")
    assert plainrss.read(text) is not None
    assert_alike(text)


HEADS = [
    "<title>A</title><atom:link href='https://a.example/feed' rel='self'/><link>https://b.example/</link>",
    "<link>/home?a=1&amp;b;=2</link><title> A &amp; B </title>",
    "<image><title>I</title><url>u</url><link>https://c.example/</link></image><title>A</title>",
    "<title>A</title><image><link>https://c.example/</link><title>I</title></image>",
    "<skipHours><hour>1</hour></skipHours><ttl>5</ttl><language>fr</language>",
    "<category domain='x'>a</category><cloud domain='a' port='80'/><generator>g</generator>",
    "<title/><link/>",
    "",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_channel_is_read_as_by_feedparser(head: str, is_first: bool) -> None:
    item = "<item><title>Talks</title><link>#1</link><guid isPermaLink='false'>1</guid></item>"
    text = rss(head + item if is_first else item + head, head="")
    assert plainrss.read(text) is not None
    assert_alike(text)


@pytest.mark.parametrize(
    "odd",
    [
        "<title type='html'>A</title>",
        "<title>A<b>b</b></title>",
        "<title>A</title><title>B</title>",
        "<description>A</description><description>B</description>",
        "<media:title>A</media:title>",
        "<media:content url='u'><media:title>A</media:title></media:content>",
        "<link href='https://a.example/'/>",
        "<atom:link href='https://a.example/'/>",
        "<link>http:///a.example/</link>",
        "<guid isPermaLink='true' ispermalink='false'>1</guid>",
        "<category term='x'/>",
        f"<author>{'a' * 501}</author>",
        "<title xml:base='https://b.example/'>A</title>",
        "<title xmlns='http://www.w3.org/2005/Atom'>A</title>",
        (
            "<c:encoded xmlns:c='http://purl.org/rss/1.0/modules/content/'"
            " xmlns:content='http://purl.org/dc/elements/1.1/'>A</c:encoded>"
        ),
        "<unheard>A</unheard>",
    ],
)
def test_what_is_not_plain_is_left_to_feedparser(odd: str) -> None:
    assert plainrss.read(rss(f"<item>{odd}</item>")) is None


@pytest.mark.parametrize(
    "text",
    [
        rss("", head="<title>A</title><title>B</title>"),
        rss("", head="<atom:link href='https://b.example/'/>"),
        rss("", head="<textInput><title>A</title></textInput>"),
        rss("<x/>"),
        rss("<item id='1'/>"),
        "<rss><channel/><item/></rss>",
        "<rss><channel href='https://b.example/'/></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'/>",
        "<rss><channel><x:y/></channel></rss>",
        "<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><title>&a;</title></channel></rss>",
        f"<rss><channel><title>{'a' * plainrss.LARGEST}</title></channel></rss>",
        "no document",
    ],
)
def test_a_document_that_is_not_plain_is_left_to_feedparser(text: str) -> None:
    assert plainrss.read(text) is None
