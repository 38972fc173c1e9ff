"""Huge and hostile texts and rules come to an end in time, and the other rules match."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from monitor.matching import expressions
from monitor.matching.engine import compile_rules, judge
from monitor.matching.rules import All, Country, Near, Not, Regex, Rule, RuleSet, Same, Term, Unit
from monitor.models import Article

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEADLINE = 5.0
"""Seconds that a reader has for an article."""

RULES = (
    Rule(
        id="countries",
        match=All(of=(Country(codes=("DZ",)), Country(codes=("US",)))),
        min_relevance=0,
    ),
    Rule(
        id="near", match=Near(of=(Term(text="arms"), Term(text="deal")), words=5), min_relevance=0
    ),
    Rule(
        id="sentence",
        match=Same(of=(Term(text="arms"), Country(codes=("DZ",))), unit=Unit.SENTENCE),
        min_relevance=0,
    ),
    Rule(id="regex", match=Regex(pattern=r"\bF-\d+\b"), min_relevance=0),
    Rule(
        id="absent", match=All(of=(Term(text="arms"), Not(of=Term(text="peace")))), min_relevance=0
    ),
)
STORY = "Algeria and the United States signed an arms deal for F-16 jets. "


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    judge(ENGINE, Article(text=STORY, language="en"), NOW)


ENGINE = compile_rules(RuleSet(rules=RULES))


@pytest.mark.parametrize(
    "text",
    [
        STORY * 16_000,
        STORY + "🙂" * 100_000,
        "x" * 200_000 + " " + STORY,
        STORY + "\u0301" * 100_000,
        "(" * 100_000 + STORY,
        STORY + "arms " * 100_000,
        "deal " * 50_000 + STORY + "arms " * 50_000,
        STORY + "Chad Jordan " * 50_000,
        "ال" * 100_000 + " " + STORY,
        "中" * 300_000 + STORY,
        STORY + ". " * 200_000,
        STORY + "\n" * 300_000,
        "U." * 100_000 + STORY,
        STORY + "\u202e\u200b\u00ad" * 50_000,
    ],
    ids=[
        *("1 MB", "emoji", "one word", "accents", "brackets", "one term", "two terms"),
        *("doubtful names", "particles", "no blanks", "full stops", "lines", "dots", "invisible"),
    ],
)
def test_a_huge_text_is_judged_in_time(text: str) -> None:
    began = time.monotonic()
    judged = judge(ENGINE, Article(title="A title", text=text, language="en"), NOW)
    assert time.monotonic() - began < DEADLINE
    assert "countries" in {match.rule_id for match in judged.matches}


CATASTROPHES = [
    *(r"(a+)+$", r"(a|aa)+$", r"(a|a?)+$", r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]([a-z])+$"),
    *(r"(x+x+)+y", r"([a-zA-Z]+)*$", r"(a*)*b", r"(\w+\s?)*$!", r"(\d+)*\.(\d+)*x"),
    *(r"(?:a?){30}a{30}b", r"((a+)b?)+c", r"(([^\"])*)*\"z", r"(.+)+=(.+)+;", r"(a|b|ab)*c$"),
    *(r"(\s*\w+\s*)+:", r"(<[^>]*>)*x{99}", r"(a{1,50}){1,50}c", r"(?=(a+)+$)z", r"(\p{L}+)+\d$"),
    *(r"(.|\n)*(.|\n)*(.|\n)*z{9}", r"(a+){10}b", r"([ab]*)*([ab]*)*c", r"(?i)(É|e|ée)+$!"),
    *(r"(a?a?a?a?a?)*b", r"(ab|a|b)+\1c", r"(?:(?:a|b)+)+c", r"^(a+)*(b+)*(a+)*c$"),
    *(r"(\W*\w*)*\W{9}$", r"((((a*)*)*)*)*b"),
]


@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_an_expression_that_would_take_for_ever_is_reported_and_the_others_match(
    pattern: str,
) -> None:
    hostile = Rule(id="hostile", match=Regex(pattern=pattern), min_relevance=0)
    good = RULES[0]
    engine = compile_rules(RuleSet(rules=(hostile, good)))
    text = "a" * 5_000 + "! " + "aab" * 2_000 + " x" * 3_000 + "! " + STORY
    began = time.monotonic()
    judged = judge(engine, Article(text=text, language="en"), NOW)
    assert time.monotonic() - began < DEADLINE
    assert "countries" in {match.rule_id for match in judged.matches}
    assert {trouble.rule_id for trouble in judged.troubles} <= {"hostile"}


def test_some_of_these_expressions_are_indeed_stopped() -> None:
    stopped = 0
    for pattern in CATASTROPHES:
        try:
            list(expressions.find(pattern, "a" * 5_000 + "!", 10))
        except expressions.ExpressionTooSlow:
            stopped += 1
    assert stopped >= 10
