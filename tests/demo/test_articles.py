"""Decides: the demo's articles are what their table says of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from tests.demo.articles import ARTICLES, OUTLETS, DemoArticle, breaking, item, standing
from tests.servers.feedxml import render

ALERTS = [article for article in ARTICLES if article.expected_alert]
BREAKS_AT = datetime(2025, 3, 7, 18, 0, tzinfo=UTC)

ALGERIA = re.compile(r"alg[eé]ri|argeli|الجزائر", re.IGNORECASE)
UNITED_STATES = re.compile(
    r"américain|états-unis|washington|\bU\.S\.|\bUS\b|american|united states|estadounidense"
    r"|estados unidos|EE\. UU\.|الولايات المتحدة|أمريكي|واشنطن",
    re.IGNORECASE,
)
PRONOUN_SAFE_US = re.compile(
    r"\bUS\b|U\.S\.|American|United States|Washington|dollar|[ÉE]tats-Unis|américain"
)
ARMS = re.compile(
    r"\barm(s|e|es|as|ed|ement|ements|ament|aments|amento)\b|weapon|militar|defen[sc]e|missile"
    r"|helicopter|rocket|himars|apache|cannon|munition|arsenal|pentagon|سلاح|أسلحة|عسكري|دفاع",
    re.IGNORECASE,
)


def text(article: DemoArticle) -> str:
    """Title and body as a reader sees them."""
    body = unescape(re.sub(r"<[^>]+>", " ", article.html))
    return re.sub(r"\s+", " ", f"{article.title}. {body}")


def named(slug: str) -> DemoArticle:
    return next(article for article in ARTICLES if article.slug.endswith(slug))


def test_the_story_is_told_once_in_each_of_four_languages() -> None:
    assert sorted(article.language for article in ALERTS) == ["ar", "en", "es", "fr"]
    assert min(article.minutes for article in ALERTS) == 0


@pytest.mark.parametrize("article", ALERTS, ids=lambda article: article.language)
def test_each_telling_has_the_facts_in_its_title_and_in_its_lead(article: DemoArticle) -> None:
    lead = " ".join(text(article).split()[:60])
    for part in (article.title, lead.removeprefix(article.title)):
        for fact in (ALGERIA, UNITED_STATES, ARMS):
            assert fact.search(part), (fact.pattern, part)


def test_every_article_that_must_stay_silent_says_why() -> None:
    for article in ARTICLES:
        assert bool(article.why_silent) is not article.expected_alert, article.slug


def test_every_outlet_has_something_standing_when_the_demo_starts() -> None:
    for outlet in OUTLETS:
        assert standing(outlet)
    assert len(breaking()) + sum(len(standing(outlet)) for outlet in OUTLETS) == len(ARTICLES)
    assert not any(article.expected_alert for article in ARTICLES if article.stands_before)


def test_no_two_articles_share_a_key_and_no_outlet_is_real() -> None:
    for keys in (
        [a.guid for a in ARTICLES],
        [a.link for a in ARTICLES],
        [text(a) for a in ARTICLES],
    ):
        assert len(set(keys)) == len(ARTICLES)
    assert all(outlet.domain.endswith(".example") for outlet in OUTLETS)
    assert len({outlet.path for outlet in OUTLETS}) == len(OUTLETS)


def test_the_far_mention_of_algeria_is_far_from_any_arms() -> None:
    article = named("morocco-apache-himars")
    words = text(article).split()
    algeria = [place for place, word in enumerate(words) if ALGERIA.search(word)]
    arms = [place for place, word in enumerate(words) if ARMS.search(word)]
    assert len(words) > 250
    assert "Algeria" in article.html.rpartition("<p>")[2]
    assert min(abs(one - other) for one in algeria for other in arms) >= 150


@pytest.mark.parametrize(
    "slug", ["algerie-russie-blindes", "algeria-russia-missiles", "tuna-quota-arms-folded"]
)
def test_a_near_miss_without_the_us_does_not_name_it(slug: str) -> None:
    assert ALGERIA.search(text(named(slug)))
    assert ARMS.search(text(named(slug)))
    assert not PRONOUN_SAFE_US.search(text(named(slug)))


@pytest.mark.parametrize("slug", ["algeria-us-lng", "gaz-algerie-etats-unis"])
def test_a_near_miss_without_arms_names_none(slug: str) -> None:
    assert ALGERIA.search(text(named(slug)))
    assert UNITED_STATES.search(text(named(slug)))
    assert not ARMS.search(text(named(slug)))


@pytest.mark.parametrize("slug", ["eeuu-armas-ucrania", "chad-and-jordan-drones"])
def test_a_near_miss_without_algeria_does_not_name_it(slug: str) -> None:
    assert UNITED_STATES.search(text(named(slug)))
    assert ARMS.search(text(named(slug)))
    assert not ALGERIA.search(text(named(slug)))


@pytest.mark.parametrize("slug", ["amical-algerie-etats-unis", "sport-escrime"])
def test_a_near_miss_about_sport_has_all_three_and_only_the_veto_stops_it(slug: str) -> None:
    for fact in (ALGERIA, UNITED_STATES, ARMS):
        assert fact.search(text(named(slug)))
    assert re.search(r"football|الرياضة", text(named(slug)))


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.domain)
def test_every_outlet_can_be_served(outlet: object) -> None:
    ours = [article for article in ARTICLES if article.outlet == outlet]
    body = render([item(article, BREAKS_AT) for article in ours], kind=ours[0].outlet.kind)
    root = ET.fromstring(body)
    titles = [element.text for element in root.iter() if element.tag.endswith("title")]
    assert titles[1:] == [article.title for article in ours]
