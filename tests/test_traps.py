"""Sentences that look like a rule's and are not, and hard forms that must be found in many places.

``data/traps.tsv`` has sentences on which a rule stays silent, ``data/hard_forms.tsv`` sentences
that name a country by one hard form and by nothing else. A rule is written in one word:
``country: DZ``, ``DZ+US``, or ``DZ+US+arms`` (with the sample rule's veto on sport).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.loading import shipped_concepts, with_forms
from monitor.matching import packs
from monitor.matching.engine import Engine, compile_rules, judge
from monitor.matching.explain import explain
from monitor.matching.rules import (
    ANY,
    All,
    Concept,
    Condition,
    Country,
    Field,
    Rule,
    RuleSet,
    Scope,
)
from monitor.models import Article, Match

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DATA = Path(__file__).parent / "data"
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "pt", "ru", "tr", "zh")

FORMS = {
    "للجزائر": r"\bللجزائر\b",
    "وبالجزائر": r"\b(?:[وف]?[بك]ال|[وف]ال|[وف]لل)جزائر\b",
    "algéro-américain": r"(?i)\balgéro[-\u2011\u2013]américaine?s?\b",
    "U.S.-Algerian": r"\bU\.S\.[-\u2011\u2013]Algerian\b",
    "EE. UU.": r"\bEE\. ?UU\.|\bEEUU\b",
    "США": r"\bСША\b",
    "Алжир": r"\bАлжир(?:|а|у|ом|е)\b",
    "أميركي": r"\b[وفبكل]*(?:ال|لل)?[أا]م(?:ير|ري)كي\w*",
    "US-Waffen": r"\b(?:Ex-)?US-[A-ZÄÖÜ]\w+",
    "阿尔及利亚": r"阿尔及利亚",
}
"""Each hard form, and all the shapes in which its sentences may have it."""

EACH = 60
"""How many different sentences a hard form has."""


class Trap(NamedTuple):
    """A line of ``traps.tsv``."""

    number: int
    language: str
    rule: str
    sentence: str
    trap: str


class Hard(NamedTuple):
    """A line of ``hard_forms.tsv``."""

    number: int
    form: str
    language: str
    country: str
    sentence: str


def _rows(name: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a data file after its head, with their numbers in it."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        yield number, line.split("\t")


TRAPS = [Trap(number, *columns) for number, columns in _rows("traps.tsv")]
HARD = [Hard(number, *columns) for number, columns in _rows("hard_forms.tsv")]


def _rule(name: str) -> Rule:
    parts = name.removeprefix("country: ").split("+")
    of: list[Condition] = [
        Country(codes=(part,)) if part.isupper() else Concept(id=part) for part in parts
    ]
    sport = Concept(id="sport", scope=Scope(fields=frozenset({Field.LEAD})))
    return Rule(
        id=name,
        match=All(of=tuple(of)) if len(of) > 1 else of[0],
        unless=(sport,) if "arms" in parts else (),
        min_relevance=ANY,
    )


RULES = {
    name: _rule(name)
    for name in sorted({trap.rule for trap in TRAPS} | {"country: DZ", "country: US"})
}


@cache
def engine() -> Engine:
    ruleset = RuleSet(rules=tuple(RULES.values()), concepts=shipped_concepts())
    return compile_rules(with_forms(ruleset))


def found(rule: str, language: str, sentence: str) -> Match | None:
    judged = judge(engine(), Article(text=sentence, language=language), NOW)
    assert judged.troubles == ()
    return next((match for match in judged.matches if match.rule_id == rule), None)


def why(rule: str, language: str, sentence: str) -> str:
    article = Article(text=sentence, language=language)
    return explain(engine(), RULES[rule], article, NOW).why


def said(match: Match) -> str:
    """What a match found, for a reader of a failure."""
    return ", ".join(f"{one.condition} by “{one.text}” ({one.kind})" for one in match.evidence)


def report(failures: Iterable[str]) -> None:
    listed = list(failures)
    assert not listed, f"{len(listed)} lines:\n" + "\n".join(listed)


# --- traps -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_stays_silent_on_what_only_looks_like_its_words(language: str) -> None:
    report(
        f"traps.tsv:{trap.number}: {trap.rule} fires ({trap.trap}): {said(match)} in: {trap.sentence}"
        for trap in TRAPS
        if trap.language == language
        and (match := found(trap.rule, language, trap.sentence)) is not None
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_rule_fires_when_the_country_is_named_for_sure(language: str) -> None:
    """Without this a country whose words were lost would pass every trap."""
    codes = {trap.rule.removeprefix("country: ") for trap in TRAPS if trap.language == language}
    report(
        f"{language}: country: {code} is not found by “{word}”"
        for code in sorted(codes)
        if "+" not in code
        for word in (_sure_word(code, language),)
        if found(f"country: {code}", language, word) is None
    )


def _sure_word(code: str, language: str) -> str:
    """A word for the country that needs no support."""
    listed = [word for word in packs.words(code, [language]) if not word.is_prefix]
    sure = [word.text for word in listed if not word.is_ambiguous and word.language == language]
    assert sure, f"{language}: every word for {code} is ambiguous"
    return sure[0]


def test_there_are_six_traps_or_more_in_every_language_and_none_twice() -> None:
    counts = Counter(trap.language for trap in TRAPS)
    assert counts.keys() == set(LANGUAGES)
    assert min(counts.values()) >= 6, counts
    assert len({(trap.rule, trap.sentence) for trap in TRAPS}) == len(TRAPS)


# --- hard forms --------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_hard_form_is_found_wherever_it_stands(form: str) -> None:
    report(
        f"hard_forms.tsv:{hard.number}: {failure} in: {hard.sentence}"
        for hard in HARD
        if hard.form == form
        for country in hard.country.split("+")
        if (failure := _why_not_by_the_form(hard, country))
    )


def _why_not_by_the_form(hard: Hard, country: str) -> str:
    """Why a country is not found in the form's own letters; "" if it is."""
    rule = f"country: {country}"
    match = found(rule, hard.language, hard.sentence)
    if match is None:
        return f"{rule} is silent: {why(rule, hard.language, hard.sentence)}"
    spans = [place.span() for place in re.finditer(FORMS[hard.form], hard.sentence)]
    if any(start < one.end and one.start < end for start, end in spans for one in match.evidence):
        return ""
    return f"not by the form, but {said(match)}"


@pytest.mark.parametrize("form", FORMS)
def test_nothing_but_the_hard_form_names_its_country(form: str) -> None:
    """Another word for the country would hide that the form was not found."""
    report(
        f"hard_forms.tsv:{hard.number}: {said(match)} in: {rest}"
        for hard in HARD
        if hard.form == form
        for rest in (re.sub(FORMS[form], "…", hard.sentence),)
        for country in hard.country.split("+")
        if (match := found(f"country: {country}", hard.language, rest)) is not None
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_hard_form_has_sixty_different_sentences(form: str) -> None:
    sentences = [hard.sentence for hard in HARD if hard.form == form]
    assert len(sentences) == len(set(sentences)) == EACH
    assert [one for one in sentences if not re.search(FORMS[form], one)] == []


def test_every_hard_form_of_the_data_is_one_of_ours() -> None:
    assert {hard.form for hard in HARD} == FORMS.keys()
