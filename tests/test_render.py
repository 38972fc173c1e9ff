"""The words of a message."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.alerts.render import MAX_HTML, MAX_TEXT, MAX_TITLE, message
from monitor.models import Article, Evidence, Message, Severity
from tests.deliveries import ARTICLE, EVIDENCE, NOW, TEXT, TITLE, delivery, in_title, match, mention
from tests.hostile import HOSTILE, LIVE, SHOWPIECE, Page, hostile_delivery

ALGIERS = ZoneInfo("Africa/Algiers")


def told(article: Article = ARTICLE, zone: tzinfo = ALGIERS, **of_match: object) -> Message:
    return message(delivery(article, match(**of_match)), zone)


# --- what it says ------------------------------------------------------------------


def test_the_text_of_an_alert_reads_well_on_its_own():
    assert told().text == (
        "HIGH · Algeria – US arms\n"
        "*Alger* et *Washington* discutent d’une vente d’*armements* américains\n"
        "El Wasat – Politique · elwasat.example · Fri 7 Mar 2025, 22:14 +01:00 · fr · "
        "relevance 87%\n"
        "https://elwasat.example/politique/1?edition=matin\n"
        "\n"
        "Why it matched\n"
        "• country: DZ – Alger (capital), الجزائر (name), 2 more\n"
        "• country: US – Washington (capital), أمريكية (demonym), 2 more\n"
        "• concept: arms – armements (term), أسلحة (term), 1 more\n"
        "\n"
        "— L’ambassadeur d’*Algérie* aux *États-Unis* a parlé d’un calendrier et de listes "
        "d’armes.\n"
        "— *الجزائر* تنظر في شراء *أسلحة* *أمريكية*.\n"
        "— A senior official said *Algeria* would look at *American* *weapons* first.\n"
        "\n"
        "Found Fri 7 Mar 2025, 22:16 +01:00. One message a match; delivery is at least once: "
        "a repeated id is a duplicate.\n"
        "Quiet for a while: news-monitor silence algeria-us-arms 2h\n"
        "nm-7K2QM9XA · algeria-us-arms @ 3f9c2a1b"
    )


def test_the_html_says_the_same():
    told_twice = told()
    page = Page(told_twice.html)
    shown = " ".join(page.text.split())
    for words in (
        "high",
        "Algeria – US arms",
        TITLE,
        "El Wasat – Politique · elwasat.example",
        "Fri 7 Mar 2025, 22:14 +01:00 · fr · relevance 87%",
        "country: DZ Alger capital · الجزائر name · 2 more",
        "concept: arms armements term · أسلحة term · 1 more",
        "A senior official said Algeria would look at American weapons first.",
        "a repeated id is a duplicate",
        "nm-7K2QM9XA · algeria-us-arms @ 3f9c2a1b",
    ):
        assert words in shown
    assert page.marks == re.findall(r"\*([^*]+)\*", told_twice.text)


def test_the_title_is_severity_rule_and_article():
    assert told().title == f"[high] Algeria – US arms: {TITLE}"


def test_a_long_title_is_bounded_between_words():
    title = told(replace(ARTICLE, title="mot " * 100)).title
    assert len(title) <= MAX_TITLE
    assert title.endswith("mot…")


def test_a_rule_without_title_goes_by_its_id():
    said = told(rule_title="")
    assert said.title.startswith("[high] algeria-us-arms: ")
    assert said.text.startswith("HIGH · algeria-us-arms\n")


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_its_word_and_colour(severity):
    said = told(severity=severity)
    assert said.title.startswith(f"[{severity}] ")
    assert f'class="severity {severity}"' in said.html


def test_an_article_without_title_goes_by_its_first_words():
    said = told(replace(ARTICLE, title=" \u200b\n"), evidence=(mention("country: DZ", "Algérie"),))
    expected = "Une délégation a passé trois jours dans la capitale fédérale. L’ambassadeur"
    assert said.title.startswith(f"[high] Algeria – US arms: {expected} d’Algérie")
    assert said.text.split("\n")[1].startswith(f"{expected} d’*Algérie*")


def test_an_article_without_any_words_is_still_told():
    said = told(Article(keys=("k",)), evidence=())
    assert said.title == "[high] Algeria – US arms: (untitled)"
    assert "unnamed source · no date given · relevance" in said.text
    assert "(the article has no usable link)" in said.text
    assert "href" not in said.html


def test_a_message_without_evidence_shows_how_the_text_begins():
    article = replace(ARTICLE, text="First line.\r\n\r\n\r\nSecond <line>.")
    said = told(article, evidence=())
    assert "\n\nFirst line.\n\nSecond ‹line›.\n\nFound" in said.text
    assert "Why it matched" not in said.text + said.html
    assert "First line." in Page(said.html).text


@pytest.mark.parametrize(
    ("published", "zone", "expected"),
    [
        (None, UTC, "no date given"),
        (datetime(2025, 3, 7, 21, 14, tzinfo=UTC), UTC, "Fri 7 Mar 2025, 21:14 +00:00"),
        (
            datetime(2024, 12, 31, 20, 0, tzinfo=UTC),
            ZoneInfo("Asia/Kolkata"),
            "Wed 1 Jan 2025, 01:30 +05:30",
        ),
        (
            datetime(2025, 7, 1, 12, 0, tzinfo=UTC),
            ZoneInfo("America/New_York"),
            "Tue 1 Jul 2025, 08:00 -04:00",
        ),
        (
            datetime.max.replace(tzinfo=UTC),
            timezone(timedelta(hours=14)),
            "Fri 31 Dec 9999, 23:59 +00:00",
        ),
    ],
)
def test_the_date_is_in_the_readers_zone_and_says_its_offset(published, zone, expected):
    said = told(replace(ARTICLE, published_at=published), zone)
    assert f" · {expected} · " in said.text
    assert expected in said.html


def test_feed_and_publisher_of_the_same_name_are_named_once():
    said = told(replace(ARTICLE, feed_name="El Wasat", publisher="El Wasat"))
    assert "\nEl Wasat · Fri" in said.text


# --- why it matched ----------------------------------------------------------------


def test_each_condition_is_named_once_however_often_it_was_met():
    text = " ".join(["Algeria again."] * 40)
    evidence = [
        Evidence(
            condition="country: DZ",
            field="body",
            start=15 * n,
            end=15 * n + 7,
            text="Algeria",
            kind="name",
            sentence="Algeria again.",
            sentence_start=15 * n,
        )
        for n in range(40)
    ]
    said = told(replace(ARTICLE, text=text), evidence=evidence)
    assert "• country: DZ – Algeria (name), 39 more\n" in said.text
    assert said.text.count("country: DZ") == 1
    assert said.text.count("— *Algeria* again.") == 1


def test_the_title_is_quoted_once_however_many_conditions_it_meets():
    said = told(evidence=[e for e in EVIDENCE if e.field == "title"])
    assert said.text.count("discutent") == 1


def test_the_sentence_that_meets_most_conditions_is_chosen():
    text = "Algeria spoke. Algeria was told. The American arms went to Algeria."
    one, two = mention("c", "Algeria", text=text), mention("c", "was told", text=text)
    three = [mention(c, w, text=text) for c, w in (("us", "American"), ("arms", "arms"))]
    start = text.rindex("Algeria")
    best = replace(one, start=start, end=start + 7, sentence_start=33, sentence=text[33:])
    said = told(replace(ARTICLE, text=text), evidence=[one, two, best, *three])
    assert "— The *American* *arms* went to *Algeria*.\n" in said.text


def test_a_word_from_another_field_says_where_it_was():
    url = Evidence(condition='"armes"', field="url", start=0, end=5, text="armes", kind="term")
    assert '• "armes" – armes (term, in url)' in told(evidence=[url]).text


def test_spans_that_overlap_or_leave_the_sentence_are_marked_as_far_as_they_go():
    text = "The F-16 Fighting Falcon flew."
    base = Evidence(
        condition="c", field="body", start=4, end=8, text="F-16", kind="term", sentence=text
    )
    spans = [(4, 8), (4, 24), (9, 17), (17, 24), (25, 400), (-9, 3), (300, 400), (29, 29), (9, 4)]
    evidence = [replace(base, start=a, end=b) for a, b in spans]
    said = told(replace(ARTICLE, text=text), evidence=evidence)
    assert "— *The* *F-16 Fighting Falcon* *flew.*\n" in said.text
    assert Page(said.html).marks == ["The", "F-16 Fighting Falcon", "flew."]


def test_marks_stand_right_where_characters_were_dropped_and_folded():
    text = "\u202eThe\u200b \r\n  <arms>\x00 deal\u2066 of\t\tAl\u200bgeria."
    start = text.index("<arms>")
    evidence = [
        Evidence(
            condition="c",
            field="body",
            start=start,
            end=start + 6,
            text="<arms>",
            kind="term",
            sentence=text,
        ),
        replace(mention("d", "Al\u200bgeria", text=text), sentence=text, sentence_start=0),
    ]
    said = told(replace(ARTICLE, text=text), evidence=evidence)
    assert "— The *‹arms›* deal of *Algeria*.\n" in said.text


def test_a_long_sentence_is_shown_around_what_matched():
    text = "before " * 300 + "the arms for Algeria " + "after " * 300
    start = text.index("arms")
    base = Evidence(
        condition="arms",
        field="body",
        start=start,
        end=start + 4,
        text="arms",
        kind="term",
        sentence=text,
    )
    far = replace(base, condition="far", start=0, end=6, text="before")
    near = replace(base, condition="DZ", start=start + 9, end=start + 16, text="Algeria")
    said = told(replace(ARTICLE, text=text), evidence=[far, base, near])
    (quote,) = re.findall("^— (.*)$", said.text, re.MULTILINE)
    assert re.fullmatch(r"… (before )+the \*arms\* for \*Algeria\* (after )+…", quote)
    assert 300 < len(quote) <= 420


def test_many_conditions_and_long_sentences_stay_within_bounds():
    word = "é<&>" * 30
    text = " ".join(f"Sentence {n} {word} {'&' * 390}." for n in range(40))
    evidence = [
        replace(mention(f"all: [{'&' * 300} {n}]", f"Sentence {n} ", text=text), kind="k" * 99)
        for n in range(40)
    ]
    article = replace(
        ARTICLE,
        title="&" * 5000,
        text=text,
        url="https://e.example/" + "&" * 1400,
        feed_name="&" * 500,
        publisher="<" * 500,
    )
    said = told(article, evidence=evidence, rule_title="&" * 500)
    assert len(said.text) <= MAX_TEXT
    assert said.text.endswith("\nnm-7K2QM9XA · algeria-us-arms @ 3f9c2a1b")
    assert "and 32 more conditions" in said.html
    assert len(said.html) <= MAX_HTML
    Page(said.html)


def test_the_same_delivery_always_gives_the_same_message():
    assert told() == told()


# --- html --------------------------------------------------------------------------


def test_the_only_link_is_the_articles_own_and_nothing_else_is_loaded():
    page = Page(told().html)
    assert page.attributes("href") == ["https://elwasat.example/politique/1?edition=matin"]
    assert not page.attributes("src")
    assert not {tag for tag, _ in page.tags} & {"img", "link", "script", "iframe", "table", "form"}
    assert "url(" not in told().html
    assert told().html.count("://") == 2


def test_the_light_look_is_in_the_elements_and_the_dark_one_in_a_sheet():
    html = told().html
    page = Page(html)
    (body,) = [attrs for tag, attrs in page.tags if tag == "body"]
    assert "background: #fffdf9" in body["style"]
    assert "@media (prefers-color-scheme:dark){\n.page{background:#15161a!important}" in html
    assert html.count("<style") == 1


def test_right_to_left_text_is_shown_rightly():
    title = "الجزائر وواشنطن تبحثان صفقة أسلحة"
    article = replace(ARTICLE, title=title, language="ar")
    said = told(article, evidence=[in_title("arms", "أسلحة", title=title), *EVIDENCE[1:4]])
    blocks = [attrs for tag, attrs in Page(said.html).tags if tag == "div" and "dir" in attrs]
    assert [(block["dir"], block.get("lang")) for block in blocks] == [
        ("rtl", "ar"),
        ("auto", None),
        ("rtl", "ar"),
    ]


def test_the_language_is_not_claimed_for_a_quote_in_another_script():
    blocks = [attrs for tag, attrs in Page(told().html).tags if tag == "div" and "dir" in attrs]
    assert [(block["dir"], block.get("lang")) for block in blocks] == [
        ("auto", "fr"),
        ("auto", "fr"),
        ("rtl", None),
        ("auto", "fr"),
    ]


# --- hostile articles --------------------------------------------------------------


def live(said: Message) -> str:
    """Return the text that is not ours, with what could be live in it."""
    ours = re.compile(r"(?<=\n)https?://elwasat\.example/\S*(?=\n)")
    return said.title + ours.sub("", said.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_message_is_live(text):
    said = message(hostile_delivery(text), UTC)
    assert not LIVE.search(live(said).replace(" @ 3f9c2a1b", ""))
    assert "\n" not in said.title
    page = Page(said.html)
    tags = {tag for tag, _ in page.tags}
    assert tags <= {"html", "head", "meta", "title", "style", "body", "div", "span", "mark", "a"}
    names = {name for _, attrs in page.tags for name in attrs}
    allowed = {"charset", "name", "content", "class", "style", "dir", "lang", "href", "rel"}
    allowed |= {"data-css-inline"}
    assert names <= allowed
    assert all(link.startswith("https://elwasat.example/") for link in page.attributes("href"))
    assert len(page.attributes("href")) <= 1
    said.html.encode("utf-8")
    said.text.encode("utf-8")


def test_the_showpiece_is_still_legible():
    said = message(hostile_delivery(SHOWPIECE), UTC)
    assert (
        "‹!channel› ‹script›alert(1)‹/script› Bcc: x＠y․example evil ＠everyone "
        "[click]❨http:∕∕evil․example)"
    ) in said.title


spans = st.integers(min_value=-50, max_value=1200)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=st.text(max_size=400),
    text=st.text(max_size=900),
    url=st.one_of(st.text(max_size=80), st.builds("https://e.example/{}".format, st.text())),
    evidence=st.lists(
        st.builds(
            Evidence,
            condition=st.text(max_size=90),
            field=st.sampled_from(["title", "body", "url"]),
            start=spans,
            end=spans,
            text=st.text(max_size=90),
            kind=st.text(max_size=20),
            sentence=st.text(max_size=900),
            sentence_start=spans,
        ),
        max_size=12,
    ),
)
def test_any_article_and_any_evidence_make_a_message(title, text, url, evidence):
    article = replace(ARTICLE, title=title, text=text, url=url)
    said = message(delivery(article, match(evidence)), UTC)
    assert 0 < len(said.title) <= MAX_TITLE
    assert 0 < len(said.text) <= MAX_TEXT
    assert said.text.endswith("\nnm-7K2QM9XA · algeria-us-arms @ 3f9c2a1b")
    Page(said.html)


def test_the_instants_of_the_fixture_are_aware():
    assert NOW.tzinfo is UTC
    assert ARTICLE.text == TEXT
