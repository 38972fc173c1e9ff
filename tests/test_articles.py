from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.articles import identity, language, text
from monitor.models import Article

FEED = "https://example.org/rss"


def article(**given: object) -> Article:
    return Article(**{"feed_url": FEED, **given})  # type: ignore[arg-type]


def keyed(*articles: Article) -> tuple[Article, ...]:
    return identity.with_keys(articles)


# --- text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>One</p><p>two</p>", "One\ntwo"),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("l'<b>Alg</b>érie", "l'Algérie"),
        ("<p>d&eacute;fense &amp; s&#233;curit&#xe9;</p>after", "défense & sécurité\nafter"),
        ("<script>alert('x')</script>text<style>p{}</style>", "text"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a < b and c > d", "a < b and c > d"),
        ("AT&T, R&D", "AT&T, R&D"),
        ("a\u00a0 b\t c", "a b c"),
        ("<!-- hidden -->shown", "shown"),
        ("<td>1</td><td>2</td>", "1\n2"),
        ("<p>a sentence that\r\n goes on</p>", "a sentence that goes on"),
        ("plain text\nof two lines", "plain text\nof two lines"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_person_reads(html: str, plain: str) -> None:
    assert text.plain(html) == plain


@given(st.text())
def test_any_text_becomes_plain_text(source: str) -> None:
    assert "\0" not in text.plain(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Sabri Boukadoum, ambassadeur d&#8217;<b>Alg&eacute;rie</b></p>\n<p>à  Washington</p>",
        "  plain   text,\n\n with   blanks ",
        "<script>var Algeria = 1</script><p>Algeria</p>",
        "R&D, a < b, <i>x</i>",
    ],
)
def test_each_character_is_found_again_in_the_source(source: str) -> None:
    plain = text.plain(source)
    places = text.places_in_source(source, plain)
    assert len(places) == len(plain)
    for character, (start, end) in zip(plain, places, strict=True):
        if not character.isspace():
            assert text.plain(source[start:end]) == character


def test_a_word_in_a_script_is_not_taken_for_the_word_in_the_text() -> None:
    source = "<script>var Algeria = 1</script><p>Algeria</p>"
    places = text.places_in_source(source, text.plain(source))
    assert source[places[0][0] : places[-1][1]] == "Algeria"
    assert places[0][0] == source.index("<p>") + 3


BLANKS = (" ", "\n", "\0", "\x0c", "\x85", "\u2028", "\ufeff", "\ud800", "<a href='a&amp;b' x>")
SIMPLE = (
    *("word", "é", ">", ";", "#", "x", "amp;", "&#8217;", "&#39;", "&#160;", "&amp;", "&amp;lt;"),
    *("&lt;", "&gt;", "&nbsp;", "&quot;", "<p>", "</p>", "<br/>", "</a>", "<b>", "</b>", "<i>"),
    *("</i>", "<code>", "<em>", "<li>", "</li>", "<ul>", "</ul>", "<h2>", "</h3>", "<div>"),
)
ODD = (
    *("&", "&#", "&amp", "&eacute;", "&notit;", "&#0001;", "&#0147;", "&#55296;", "<", "<!--"),
    *("-->", "<![CDATA[", "]]>", "</", "<p-x>", "<P>", "<script>", "<svg>", "</svg>", "<table>"),
    *("<td>", "<title>", "</title>", "<select>", "<pre>", '<a b="<svg>">', "<a b='c'd>", "<p x=y>"),
)
MARKED = st.lists(st.sampled_from((*BLANKS, *SIMPLE)), max_size=6).map("".join)
MARKUP = st.builds(
    "{}{}{}".format,
    MARKED,
    st.just("") | st.sampled_from(ODD),
    MARKED,
)


@settings(max_examples=1_000)
@given(MARKUP)
def test_simple_html_shows_what_a_browser_would_show(html: str) -> None:
    shown = text._shown_simply(html)
    assert shown is None or words(shown) == words(text._shown(html))


def words(shown: str) -> list[list[str]]:
    """The words of each line, as they are kept."""
    return list(filter(None, map(str.split, shown.replace("\0", "").split("\n"))))


@pytest.mark.parametrize(
    ("html", "is_simple"),
    [
        ("<p>One <a href='https://a.example/?b&c' rel=\"nofollow\">two</a> &#8230;<br />", True),
        ("d&#8217;un &amp; de l&#39;autre&nbsp;&lt;b&gt;", True),
        ("<img src='a.png' alt>", True),
        ("<p class=a>", False),
        ("<P>", False),
        ("<script>a</script>", False),
        ("<table>a", False),
        ("a &eacute; b", False),
        ("a & b", False),
        ("a < b", False),
    ],
)
def test_most_html_is_simple(html: str, is_simple: bool) -> None:
    assert (text._shown_simply(html) is not None) == is_simple


# --- language ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("L'Algérie et les États-Unis négocient un accord de défense", "fr"),
        ("Algeria and the United States negotiate a defence agreement", "en"),
        ("الجزائر والولايات المتحدة تتفاوضان على اتفاق دفاعي", "ar"),
        ("Argelia y Estados Unidos negocian un acuerdo de defensa", "es"),
        ("Algerien und die USA verhandeln über ein Verteidigungsabkommen", "de"),
        ("1 234 — !", None),
    ],
)
def test_the_language_of_a_headline_is_told(sample: str, expected: str | None) -> None:
    assert language.detect(sample, "", frozenset({"fr", "en", "ar", "es", "de"})) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("fr-DZ", "fr"), ("EN_us", "en"), ("", None), (None, None), ("x", None), ("12", None)],
)
def test_a_language_tag_is_cut_to_its_language(tag: str | None, expected: str | None) -> None:
    assert language.primary(tag) == expected


# --- identity ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://Example.org/a?utm_source=rss&id=3#top", "https://example.org/a?id=3"),
        ("https://example.org/a/", "https://example.org/a"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://www.example.org/a", "https://example.org/a"),
        (
            "https://example.org/a?id=3&xtor=RSS-1&CMP=x&at_medium=rss&rss=1",
            "https://example.org/a?id=3",
        ),
        ("https://example.org/a;jsessionid=0A1B?id=3&PHPSESSID=9", "https://example.org/a?id=3"),
        ("https://example.org/#!/a?utm_source=rss", "https://example.org/#!/a?utm_source=rss"),
    ],
)
def test_a_link_is_the_same_without_what_tracks(url: str, same: str) -> None:
    assert identity.canonical_url(url) == identity.canonical_url(same) != ""


@given(st.from_regex(r"https?://[a-z]{1,9}\.org/[a-z0-9/?=&#;%._~-]{0,40}", fullmatch=True))
def test_a_canonical_link_is_its_own(url: str) -> None:
    once = identity.canonical_url(url)
    assert identity.canonical_url(once) == once


STARTS = (
    *("http://", "https://", "https://www.", "https://www.www.a", "https://xn--e1afmkfd.example"),
    *("https://a.example", "http://a/"),
)
PIECES = (
    *("/", "//", "/../", "..", ".", "?", "&", "#", ";", "%20", "%", "é", "~", "!", "=", "-", "_"),
    *("a", "b.c", "www.", "WWW.", ":443", ":80", "@", "*", "[", " ", "\n", "\\"),
    *("utm_source=x", "id=3", ";jsessionid=1"),
)
LINKS = st.builds(
    "{}{}".format,
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
)
PLAIN_LINKS = st.from_regex(identity._PLAIN, fullmatch=True)


@settings(max_examples=500)
@given(LINKS | PLAIN_LINKS)
def test_a_plain_link_is_cleaned_as_any_other(url: str) -> None:
    assert identity.canonical_url(url) == cleaned(url.strip())


def cleaned(url: str) -> str:
    """What remains where nothing is known beforehand of what a link looks like."""
    try:
        for _ in range(5):
            url = identity._cleaner(url)
    except ValueError:
        return ""
    return url


@pytest.mark.parametrize("url", ["http://a.example/2026/a-b_c.html", "https://www.a-b.example/"])
def test_most_links_are_plain(url: str) -> None:
    assert identity._PLAIN.fullmatch(url)


ASCII = "".join(map(chr, range(128)))


@given(st.text() | st.text(st.sampled_from(ASCII)) | st.just(f"{ASCII}a{ASCII}"))
def test_the_words_of_ascii_are_those_of_any_text(written: str) -> None:
    assert identity._hash_of_words(written) == identity._hash(*identity._WORD.findall(written))


@pytest.mark.parametrize(
    ("title", "said", "content_hash", "text_key", "entry_key"),
    [
        (
            *("Arms_deal, no. 7", "Gas (again) " * 30, "89973edae4f6a5237452191da875274d"),
            *("dfb0d74cacf8e8032b550378be9b2869", "107d6484976ed522ab6f3e183197f503"),
        ),
        (
            *("Élection", "Le « oui » ’ " * 30, "7ffdb8e9a40aa784b91bd143619963ba"),
            *("bf074decbd053183ed8e8920c762be5f", "1f133be695056667c03a08e14232fb30"),
        ),
    ],
)
def test_an_article_has_the_keys_under_which_databases_have_it(
    title: str, said: str, content_hash: str, text_key: str, entry_key: str
) -> None:
    (one,) = keyed(article(url="https://a.example/1", title=title, text=said))
    assert one.content_hash == content_hash
    assert one.keys == (
        *("url:https://a.example/1", f"text:{text_key}"),
        f"entry:https://example.org/rss:{entry_key}",
    )


@given(st.text())
def test_any_link_is_a_link_or_none(url: str) -> None:
    identity.canonical_url(url)


def test_a_guid_that_two_entries_share_is_nobodys() -> None:
    first, second = keyed(article(guid="1", title="one"), article(guid="1", title="two"))
    assert not any(key.startswith("guid:") for key in (*first.keys, *second.keys))


def test_an_article_is_admitted_once() -> None:
    (one,) = keyed(article(guid="g", url="https://example.org/a", title="A title here"))
    ((admitted, claims),) = identity.admit([one], {})
    assert admitted == one
    assert claims == one.keys
    assert identity.admit([one], dict.fromkeys(claims, one)) == ()


def test_a_renamed_guid_with_the_same_link_is_the_same_article() -> None:
    (old,) = keyed(article(guid="g1", url="https://example.org/a", title="Arms talks begin"))
    (new,) = keyed(
        article(guid="g2", url="https://example.org/a?utm_medium=x", title="Arms talks begin")
    )
    assert identity.admit([new], dict.fromkeys(old.keys, old)) == ()


@pytest.mark.parametrize(
    ("guid", "link"),
    [
        ("new-{}", "https://example.org/{}"),
        ("", "https://example.org/{}"),
        ("https://www.example.org/{}", "https://www.example.org/{}"),
        ("old-{}", "https://new.example/{}"),
        ("new-{}", "https://example.org/{}?utm_campaign=spring&xtor=RSS-1#top"),
    ],
)
def test_five_hundred_guids_or_links_renamed_at_once_are_no_news(guid: str, link: str) -> None:
    def feed(guid: str, link: str) -> tuple[Article, ...]:
        return keyed(
            *(
                article(guid=guid.format(i), url=link.format(i), title=f"Story {i}")
                for i in range(500)
            )
        )

    known = {key: one for one in feed("old-{}", "http://example.org/{}") for key in one.keys}
    assert identity.admit(feed(guid, link), known) == ()


def test_links_to_places_in_one_page_are_articles_of_their_own() -> None:
    def live(*places: str) -> tuple[Article, ...]:
        url = "https://example.org/live"
        return keyed(*(article(url=f"{url}#{one}", title="Live: arms talks") for one in places))

    admitted = identity.admit(live("a", "b"), {})
    assert len(admitted) == 2
    known = {key: one for one, claims in admitted for key in claims}
    assert identity.admit(live("b"), known) == ()
    ((_, claims),) = identity.admit(live("c", "b"), known)
    assert claims[0] == "url:https://example.org/live#c"


def test_entries_that_all_link_to_the_front_page_may_have_titles_alike() -> None:
    fronts = [article(url="https://example.org/", title=f"Arms talks, day {i}") for i in (1, 2, 3)]
    assert len(identity.admit(keyed(*fronts), {})) == 3


def test_texts_without_title_link_and_guid_are_articles_of_their_own() -> None:
    entries = keyed(article(text="Arms talks begin."), article(text="Heavy rain expected."))
    admitted = identity.admit(entries, {})
    assert len(admitted) == 2
    known = {key: one for one, claims in admitted for key in claims}
    assert identity.admit(entries[1:], known) == ()


def test_a_changed_headline_with_the_same_guid_and_link_is_no_news() -> None:
    (old,) = keyed(article(guid="g", url="https://example.org/a", title="Explosion in port"))
    (new,) = keyed(
        article(guid="g", url="https://example.org/a", title="Thirty wounded, says mayor")
    )
    assert identity.admit([new], dict.fromkeys(old.keys, old)) == ()


def test_articles_that_all_link_to_the_front_page_are_all_news() -> None:
    front = "https://example.org/"
    one, two = keyed(
        article(url=front, title="Arms talks begin in Algiers"),
        article(url=front, title="Heavy rain is expected tomorrow"),
    )
    assert [new for new, _ in identity.admit([one, two], {})] == [one, two]
    assert identity.admit([two], dict.fromkeys(one.keys, one)) != ()
    known = {key: owner for owner in (one, two) for key in owner.keys}
    assert identity.admit([one, two], known) == ()


def test_a_guid_that_counts_from_one_each_day_hides_nothing() -> None:
    (old,) = keyed(article(guid="1", url="https://example.org/mon", title="Arms talks begin"))
    (new,) = keyed(article(guid="1", url="https://example.org/tue", title="Heavy rain expected"))
    ((_, claims),) = identity.admit([new], dict.fromkeys(old.keys, old))
    assert not any(key.startswith("guid:") for key in claims)


def test_the_same_long_text_at_another_outlet_is_no_news() -> None:
    body = "The ambassador announced talks on defence cooperation. " * 12
    (old,) = keyed(article(url="https://example.org/a", title="Talks", text=body))
    (new,) = identity.with_keys(
        [
            Article(
                feed_url="https://other.example/rss",
                url="https://other.example/b",
                title="Talks",
                text=body,
            )
        ]
    )
    assert identity.admit([new], dict.fromkeys(old.keys, old)) == ()


_articles = st.lists(
    st.builds(
        article,
        guid=st.sampled_from(["", "a", "b", "https://example.org/1"]),
        url=st.sampled_from(
            [
                "",
                "https://example.org/",
                *(f"https://example.org/{p}" for p in ("1", "2", "1#a", "1#b")),
            ]
        ),
        title=st.sampled_from(["", "Arms talks", "Heavy rain"]),
        text=st.sampled_from(["", "short", "x" * 400]),
        published_at=st.just(datetime(2025, 3, 7, tzinfo=UTC)),
    ),
    max_size=8,
)


@given(_articles, st.data())
def test_what_was_admitted_is_known_the_next_time_whatever_has_gone(
    articles: list[Article], data: st.DataObject
) -> None:
    known = {key: one for one, claims in identity.admit(keyed(*articles), {}) for key in claims}
    assert identity.admit(keyed(*articles), known) == ()
    left = [one for one in articles if data.draw(st.booleans())]
    assert identity.admit(keyed(*left), known) == ()
