"""The words of a digest, an update, an escalation, and of a story that others tell too."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts import samples
from monitor.alerts.render import MAX_DIGEST, MAX_HTML, MAX_TITLE, message
from monitor.alerts.words import BAR, bar, groups
from monitor.models import (
    AlertKind,
    Delivery,
    Digest,
    DigestItem,
    Message,
    PlanReason,
    Severity,
)
from tests.deliveries import NOW, delivery
from tests.hostile import HOSTILE, LIVE, Page

ALGIERS = ZoneInfo("Africa/Algiers")
ITEM = DigestItem(
    rule_id="algeria-us-arms",
    rule_title="Algeria – US arms",
    severity=Severity.HIGH,
    relevance=0.87,
    title="Alger et Washington discutent d’une vente d’armements",
    url="https://elwasat.example/politique/1",
    source="El Wasat – Politique",
    publisher="elwasat.example",
    language="fr",
    published_at=NOW,
    reason=PlanReason.QUIET_HOURS,
    outlets=2,
)
GAS = replace(
    ITEM,
    rule_id="gas",
    rule_title="Gas",
    severity=Severity.LOW,
    relevance=0.4,
    title="خط أنابيب الغاز",
    url="https://akhbar.example/2",
    source="Akhbar",
    publisher="",
    reason=None,
    outlets=0,
)


def digest_of(*items: DigestItem, counts: tuple[tuple[str, int], ...] = ()) -> Delivery:
    rules = dict.fromkeys(item.rule_id for item in items)
    counted = counts or tuple((rule, sum(item.rule_id == rule for item in items)) for rule in rules)
    made = Digest(
        items=items,
        count=sum(count for _, count in counted),
        counts=counted,
        since=NOW - timedelta(hours=9),
        until=NOW,
    )
    base = samples.digest()
    return replace(base, public_id="nm-7K2QM9XA", digest=made)


def told(*items: DigestItem, counts: tuple[tuple[str, int], ...] = ()) -> Message:
    return message(digest_of(*items, counts=counts), ALGIERS)


# --- a digest ----------------------------------------------------------------------


def test_the_text_of_a_digest_reads_well_on_its_own():
    said = told(ITEM, GAS, counts=(("algeria-us-arms", 12), ("gas", 1)))
    assert said.text == (
        "DIGEST · 13 alerts · 2 rules\n"
        "From Fri 7 Mar 2025, 13:16 +01:00 to Fri 7 Mar 2025, 22:16 +01:00\n"
        "\n"
        "████████████████████████ 12 Algeria – US arms\n"
        "██ 1 Gas\n"
        "\n"
        "HIGH · Algeria – US arms (12)\n"
        "• Alger et Washington discutent d’une vente d’armements\n"
        "  El Wasat – Politique · elwasat.example · Fri 7 Mar 2025, 22:16 +01:00 · relevance 87%"
        " · + 2 outlets · quiet hours\n"
        "  https://elwasat.example/politique/1\n"
        "  and 11 more: news-monitor alerts list --rule algeria-us-arms\n"
        "\n"
        "LOW · Gas (1)\n"
        "• خط أنابيب الغاز\n"
        "  Akhbar · Fri 7 Mar 2025, 22:16 +01:00 · relevance 40%\n"
        "  https://akhbar.example/2\n"
        "\n"
        "nm-7K2QM9XA · digest"
    )
    assert said.title == "Digest: 13 alerts of 2 rules until Fri 7 Mar 2025, 22:16 +01:00"
    assert said.short == "12 Algeria – US arms\n1 Gas\nnm-7K2QM9XA"
    assert (said.topic, said.id) == ("digest", "nm-7K2QM9XA")


def test_the_html_of_a_digest_says_the_same():
    page = Page(told(ITEM, GAS).html)
    shown = " ".join(page.text.split())
    for words in (
        *("2 alerts", "Algeria – US arms", "خط أنابيب الغاز", "+ 2 outlets · quiet hours"),
        "nm-7K2QM9XA · digest",
    ):
        assert words in shown
    assert page.attributes("href") == [
        "https://elwasat.example/politique/1",
        "https://akhbar.example/2",
    ]


def test_the_true_count_is_told_however_many_items_are_shown():
    many = [replace(ITEM, title=f"Story {n} {'x' * 300}") for n in range(400)]
    said = told(*many, GAS, counts=(("algeria-us-arms", 10_000), ("gas", 1)))
    assert len(said.text) <= MAX_DIGEST
    assert len(said.html) <= MAX_HTML
    for text in (said.text, said.markdown, Page(said.html).text):
        assert "10001 alerts" in text
        assert "خط أنابيب الغاز" in text  # the smaller rule is not crowded out
        shown = len(re.findall(r"Story \d", text))
        assert 20 < shown < 400
        assert f"and {10_000 - shown} more" in text
    assert said.text.endswith("\nnm-7K2QM9XA · digest")


def test_items_are_chosen_evenly_among_the_rules():
    digest = digest_of(*[ITEM] * 9, *[GAS] * 2).digest
    assert digest is not None
    assert [len(group.items) for group in groups(digest, UTC, 5)] == [3, 2]
    assert [len(group.items) for group in groups(digest, UTC, 99)] == [9, 2]
    assert [len(group.items) for group in groups(digest, UTC, 0)] == [0, 0]


@pytest.mark.parametrize(
    ("count", "longest", "expected"),
    [(10, 10, "█" * BAR), (5, 10, "█" * 12), (1, 10_000, "▏"), (0, 1, "▏")],
)
def test_bars_are_as_long_as_what_they_count_and_never_empty(count, longest, expected):
    assert bar(count, longest) == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_digest_is_live(text):
    item = replace(
        ITEM,
        title=text,
        rule_title=text,
        source=text,
        publisher=text,
        url="https://e.example/" + text,
    )
    said = told(item)
    ours = re.compile(r"https://e\.example/\S*")
    assert not LIVE.search(ours.sub("", said.title + said.text))
    assert "\n" not in said.title
    assert len(said.title) <= MAX_TITLE
    page = Page(said.html)
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "span", "a"),
    }
    assert all(link.startswith("https://e.example/") for link in page.attributes("href"))


# --- what is not an article's first alert ------------------------------------------


def test_other_outlets_of_the_story_are_named_and_counted():
    names = ("Le Soir", "Reuters <x>", "AFP", "EFE")
    said = message(replace(delivery(), outlets=names), UTC)
    assert "Also: Le Soir, Reuters ‹x›, AFP, and 1 more (+ 4 outlets)\n" in said.text
    assert "(+ 4 outlets)" in Page(said.html).text
    assert "outlets" not in message(delivery(), UTC).text


def test_a_source_in_arabic_does_not_turn_the_line_round():
    base = delivery()
    article = replace(base.alert.article, feed_name="الوسط")
    said = message(replace(base, alert=replace(base.alert, article=article)), UTC)
    assert "\n\u200eالوسط · elwasat.example · Fri" in said.text


def test_an_update_says_so_and_what_has_changed():
    base = delivery()
    alert = replace(base.alert, kind=AlertKind.UPDATE, note="title: “Old”\r\n@here")
    said = message(replace(base, alert=alert, follows="nm-00000001"), UTC)
    assert said.title.startswith("[high] update · Algeria – US arms: ")
    assert said.text.startswith("HIGH · Algeria – US arms · UPDATE\n")
    assert "\nChanged: title: “Old” ＠here\n" in said.text
    assert said.follows == "nm-00000001"


def test_an_escalation_says_that_nobody_has_acknowledged():
    base = delivery()
    said = message(replace(base, plan_reason=PlanReason.ESCALATION), UTC)
    assert said.title.startswith("[high] not acknowledged yet · ")


def test_a_notice_of_the_service_cannot_be_silenced():
    base = delivery()
    said = message(replace(base, alert=replace(base.alert, kind=AlertKind.NOTICE)), UTC)
    assert "news-monitor silence" in message(base, UTC).text
    for text in (said.text, said.html, said.markdown):
        assert "silence" not in text


# --- Slack's markup ----------------------------------------------------------------


def test_the_markdown_marks_what_matched_and_links_the_article():
    said = message(delivery(), UTC).markdown
    assert said.startswith("**Alger** et **Washington** ")
    assert "\n<https://elwasat.example/politique/1?edition=matin>\n" in said


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("_all_ of it ~gone~", "＿all＿ of it ∼gone∼"),
        ("snake_case stays", "snake_case stays"),
        ("# no heading", "＃ no heading"),
        (r"back\_slash", "back⧵＿slash"),
    ],
)
def test_what_would_be_markup_is_shown_by_look_alikes(title, shown):
    base = samples.bare_alert()
    article = replace(base.alert.article, title=title)
    said = message(replace(base, alert=replace(base.alert, article=article)), UTC)
    assert said.markdown.startswith(f"{shown}\n")
