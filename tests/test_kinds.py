"""JSON Feeds and news sitemaps, and how kinds of feeds are told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Article, FailureReason, FetchError, ParsedFeed
from tests.test_parse import NOW, read

MORNING = datetime(2025, 3, 7, 10, 15, tzinfo=UTC)
SITEMAP = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{}</urlset>'
)
RDF = 'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
NEWS = (
    "<url><loc>https://example.org/{0}</loc><news:news><news:publication><news:name>The Example</news:name>"
    "<news:language>fr</news:language></news:publication>"
    "<news:publication_date>2025-03-07T11:15:00+01:00</news:publication_date>"
    "<news:title>{0}</news:title></news:news></url>"
)


def parsed(body: str | bytes, content_type: str = "") -> ParsedFeed:
    found = read(body, content_type)
    assert isinstance(found, ParsedFeed), found
    return found


def refused(body: str | bytes) -> str:
    found = read(body)
    assert isinstance(found, FetchError), found
    assert found.reason is FailureReason.NOT_A_FEED
    return found.detail


def feed(*items: object, **others: object) -> str:
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "T", "items": items, **others})


def item(**fields: object) -> Article:
    (article,) = parsed(feed(fields)).articles
    return article


# --- JSON Feed -----------------------------------------------------------------------


def test_an_item_becomes_an_article() -> None:
    article = item(
        id="g1",
        url="https://example.org/a",
        title="Arms &amp; talks",
        content_html="<p>The whole text</p>",
        summary="short",
        date_published="2025-03-07T11:15:00+01:00",
        authors=[{"name": "Jane"}, {"name": "Joe"}],
        tags=["defence", "gas"],
    )
    assert (article.guid, article.url) == ("g1", "https://example.org/a")
    assert (article.title, article.text) == ("Arms &amp; talks", "<p>The whole text</p>")
    assert article.published_at == MORNING
    assert article.author == "Jane, Joe"
    assert article.categories == ("defence", "gas")
    assert (article.feed_name, article.tags) == ("Example", ("maghreb",))


def test_version_1_0_has_one_author() -> None:
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1",
            "items": [{"id": 7, "content_text": "text", "author": {"name": "Jane"}}],
        }
    )
    (article,) = parsed(body).articles
    assert (article.author, article.guid, article.text) == ("Jane", "7", "text")


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"url": "/a"}, "https://example.org/a"),
        ({"external_url": "https://other.example/a"}, "https://other.example/a"),
        ({"id": "https://example.org/a"}, "https://example.org/a"),
        ({"id": "g", "url": "mailto:x@y.example", "external_url": "/b"}, "https://example.org/b"),
        ({"id": "g"}, ""),
    ],
)
def test_the_link_of_an_item_is_the_first_that_a_browser_would_open(
    fields: dict[str, str], url: str
) -> None:
    assert item(title="x", **fields).url == url


def test_plain_text_keeps_its_signs() -> None:
    assert item(id="1", content_text="5 < 6 & <b>").text == "5 &lt; 6 &amp; &lt;b&gt;"


def test_an_item_without_a_date_has_none() -> None:
    assert item(id="1", title="x").published_at is None
    assert item(id="1", title="x", date_modified="2025-03-07T10:15Z").published_at == MORNING


def test_an_item_that_is_none_costs_only_itself() -> None:
    bad: list[object] = [None, 7, "text", [], {}, {"id": "1"}]
    odd = {
        "id": {},
        "title": ["x"],
        "url": 9.5,
        "tags": "gas",
        "authors": {"name": 1},
        "summary": "s",
    }
    found = parsed(feed(*bad, odd, {"title": "good"}))
    assert [article.title for article in found.articles] == ["", "good"]
    assert found.skipped == len(bad)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("{", "broken JSON"),
        ("{" * 100_000, "broken JSON"),
        ('{"a":' * 100_000, "broken JSON"),
        ('{"version": ' + "9" * 10_000 + "}", "broken JSON"),
        ("{}", "JSON, but no JSON Feed"),
        ('{"version": 2, "items": []}', "JSON, but no JSON Feed"),
        ('{"error": "not found"}', "JSON, but no JSON Feed"),
    ],
)
def test_other_json_is_said_to_be_none(body: str, detail: str) -> None:
    assert refused(body) == detail


_names = st.sampled_from(
    ["id", "url", "title", "tags", "authors", "author", "name", "content_html", "date_published"]
)
_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(_values, max_size=4), _values)
def test_any_values_in_a_json_feed_are_a_feed(items: list[object], title: object) -> None:
    assert len(parsed(feed(*items, title=title)).articles) <= len(items)


# --- news sitemaps -------------------------------------------------------------------


def test_a_page_of_news_becomes_an_article() -> None:
    found = parsed(SITEMAP.format(NEWS.format("armes")))
    (article,) = found.articles
    assert found.title == "The Example"
    assert (article.url, article.title) == ("https://example.org/armes", "armes")
    assert article.published_at == MORNING
    assert (article.language, article.feed_name) == ("fr", "The Example")


def test_prefixes_are_the_documents_own() -> None:
    body = (
        '<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns="http://www.google.com/schemas/sitemap-news/0.9"><s:url>'
        "<s:loc>https://example.org/a</s:loc><news><title>a</title></news></s:url></s:urlset>"
    )
    assert [article.title for article in parsed(body).articles] == ["a"]


def test_pages_that_are_no_news_are_left_out() -> None:
    page = "<url><loc>https://example.org/about</loc></url>"
    found = parsed(SITEMAP.format(page + NEWS.format("a") + page))
    assert ([article.title for article in found.articles], found.skipped) == (["a"], 0)
    assert refused(SITEMAP.format(page)) == "a sitemap without news"
    assert parsed(SITEMAP.format("")).articles == ()


@pytest.mark.parametrize(
    "bad",
    [
        "<url><loc>https://example.org/b</url>",
        "<url><x:y>https://example.org/b</x:y></url>",
        "<url><loc><![CDATA[</url>",
    ],
)
def test_a_broken_page_costs_only_itself(bad: str) -> None:
    found = parsed(SITEMAP.format(NEWS.format("a") + bad + NEWS.format("c")))
    assert ([article.title for article in found.articles], found.skipped) == (["a", "c"], 1)


def test_signs_that_are_no_xml_are_read() -> None:
    (article,) = parsed(
        SITEMAP.format(NEWS.format("a?b=1&c=2&eacute;t&eacute; \x08&#0;&#xD800;"))
    ).articles
    assert article.url.startswith("https://example.org/a?b=1&c=2été")
    assert "été" in article.title


def test_entities_of_a_sitemaps_own_are_refused() -> None:
    body = SITEMAP.format(NEWS.format("&x;")).replace(
        "<urlset", '<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset'
    )
    found = parsed(body)
    assert [article.title for article in found.articles] == ["&x;"]


# --- kinds ---------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["", "text/html", "application/json", "text/xml"])
def test_the_body_tells_the_kind_not_the_content_type(content_type: str) -> None:
    bodies: list[Any] = [
        feed({"title": "a"}),
        "\ufeff \n" + feed({"title": "a"}),
        SITEMAP.format(NEWS.format("a")),
        "<rss><channel><item><title>a</title></item></channel></rss>",
        "<!-- <urlset> -->\n<rss><channel><item><title>a</title></item></channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>a</title></entry></feed>',
        f"<r:RDF {RDF}><item><title>a</title></item></r:RDF>",
        feed({"title": "a"}).encode("utf-16"),
        SITEMAP.format(NEWS.format("a")).encode("utf-16-le"),
    ]
    for body in bodies:
        assert [one.title for one in parsed(body, content_type).articles] == ["a"], body


def test_a_list_of_sitemaps_is_said_to_be_one() -> None:
    body = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap/></sitemapindex>'
    assert refused(body) == "a list of sitemaps: name the one of news among them"


@pytest.mark.parametrize("body", ["<rss/>", "<feed/>", "<rdf:RDF/>", feed(), SITEMAP.format("")])
def test_a_feed_without_entries_is_a_feed(body: str) -> None:
    assert parsed(body).articles == ()


def test_the_future_is_now_in_every_kind() -> None:
    for body in (
        feed({"title": "a", "date_published": "2042-01-01T00:00:00Z"}),
        SITEMAP.format(NEWS.format("a")).replace("2025-03-07", "2042-01-01"),
    ):
        assert [article.published_at for article in parsed(body).articles] == [NOW]
