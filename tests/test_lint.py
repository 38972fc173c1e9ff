"""Warnings: what in rules is probably not meant as it is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import pytest

from monitor.matching import packs
from monitor.matching.commonwords import COMMON, LANGUAGES
from monitor.matching.lint import lint
from monitor.matching.rulefile import files_in, read
from monitor.matching.rules import EntityNames, TermList
from monitor.matching.words import fold_term

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 3, 7)
LISTS = {
    "concepts/arms.yaml": "id: arms\nfr: [arme, bras armé, missile*]\nen: [weapon]\nuse: tanks\n",
    "concepts/tanks.yaml": "id: tanks\nen: [battle tank]\n",
    "concepts/ships.yaml": "id: ships\nany: [FREMM]\n",
    "entities/total.yaml": "id: total\nkind: organisation\nfr: [TotalEnergies]\n",
}


def warnings(
    files: Mapping[str, str],
    languages: Collection[str] = (),
    shipped: Mapping[str, TermList | EntityNames] | None = None,
    today: date = TODAY,
) -> list[str]:
    data = {f"rules/{path}": text.encode() for path, text in files.items()}
    ruleset, mistakes = read(data, countries=["DZ", "FR", "US"], groups=["EU"])
    assert mistakes == ()
    return [
        f"{found.file.removeprefix('rules/')}: {found.message}"
        for found in lint(ruleset, today=today, languages=languages, shipped=shipped)
    ]


def warned(rule: str, languages: Collection[str] = ()) -> list[str]:
    """What is said of a rule alone."""
    found = warnings({**LISTS, "r.yaml": f"id: r\n{rule}\n"}, languages)
    return [one.removeprefix("r.yaml: ") for one in found if one.startswith("r.yaml: ")]


GOOD = """\
title: Gas
review_by: 2026-03-07
match:
  all:
    - country: DZ
    - {concept: arms}
    - {near: {words: 60, of: [pipeline, =NATO]}}
    - {score: {threshold: 10, of: [{concept: arms, weight: 6, max: 9}, {term: oil, weight: 2, max: 4}]}}
  within: 60 words
unless: [football, {term: =US, lang: en}]
"""


def test_a_good_rule_has_no_warnings() -> None:
    assert warned(GOOD, ["fr", "en"]) == []


# --- conditions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "warning"),
    [
        (
            "{all: [gas, oil], within: 61}",
            "match: all within 61 words: wider than a lead (60 words)",
        ),
        (
            "{any: [coal, {near: {words: 80, of: [gas, oil]}}]}",
            "match: near, 80 words: wider than a lead (60 words)",
        ),
        (
            "{term: gas, only_near: {near: {words: 80, of: [oil, coal]}}}",
            "match: near, 80 words: wider than a lead (60 words)",
        ),
        (
            "{near: {words: 8, of: [gas, {not: oil}]}}",
            "match: near, 8 words: a `not` in it is about the whole article: use not_near",
        ),
        (
            "{same: {unit: sentence, of: [gas, {not: oil}]}}",
            "match: same sentence: a `not` in it is about the whole article: use not_near",
        ),
    ],
)
def test_a_window_that_is_too_wide_or_has_a_not_is_told(condition: str, warning: str) -> None:
    assert warned(f"match: {condition}") == [warning]


@pytest.mark.parametrize(
    ("parts", "warning"),
    [
        (
            "{term: gas, weight: 10}, {term: oil, weight: 5, max: 5}",
            'one mention of "gas" reaches it alone',
        ),
        (
            "{term: gas, weight: 1}, {term: oil, weight: 5, max: 9}",
            '"gas" reaches it alone by being repeated: give it a max below 10',
        ),
        (
            "{term: gas, weight: 1, max: 9}, {concept: arms, weight: 5, max: 10}",
            "concept: arms reaches it alone by being repeated: give it a max below 10",
        ),
        ("{term: gas, weight: 10, max: 9}, {term: oil, weight: 5, max: 9}", ""),
        ("{term: gas, weight: 1}, {term: oil, weight: -5}", ""),
    ],
)
def test_a_score_that_one_condition_reaches_alone_is_told(parts: str, warning: str) -> None:
    found = warned(f"match: {{score: {{threshold: 10, of: [{parts}]}}}}")
    assert found == ([f"match: a score of 10: {warning}"] if warning else [])


def test_a_rule_is_told_when_its_day_of_review_is_past_and_not_before() -> None:
    files = {"r.yaml": "id: r\nmatch: gas\nreview_by: 2026-03-07\n"}
    assert warnings(files, today=date(2026, 3, 7)) == []
    assert warnings(files, today=date(2026, 3, 8)) == [
        "r.yaml: review_by: 2026-03-07 is past: look at the rule again"
    ]


# --- terms -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "languages", "warning"),
    [
        ("us", (), '"us" is an everyday word in English: give it a language'),
        ("Main", ["fr", "de", "ar"], '"Main" is an everyday word in French: give it a language'),
        ("ein", ["fr", "ar"], ""),
        ("=die", ["de"], '"=die" is an everyday word in German: give it a language'),
        ("{term: arma, only_near: guerra}", (), ""),
        ("{term: die, lang: en}", (), ""),
        ("=Main", (), ""),
        ("US", (), ""),
        ("{term: 'sin*'}", (), ""),
        ("sin tax", (), ""),
    ],
)
def test_a_term_that_is_an_everyday_word_elsewhere_is_told(
    term: str, languages: Collection[str], warning: str
) -> None:
    expected = [f"match: {warning}"] if warning else []
    assert warned(f"match: {{any: [{term}, pipeline]}}", languages) == expected


def test_the_languages_of_a_rule_are_asked_before_those_of_the_feeds() -> None:
    rule = "match: {any: [die, pipeline]}\nwhere: {language: [ar, fr]}"
    assert warned(rule, ["de"]) == []


@pytest.mark.parametrize("word", ["et", "us", "bras", "arma", "come", "are", "an", "die", "man"])
@pytest.mark.parametrize("other", ["sin", "son", "mine", "pain", "main", "fin"])
def test_the_usual_traps_are_known(word: str, other: str) -> None:
    every = frozenset().union(*COMMON.values())
    assert {word, other} <= every


def test_common_words_are_as_terms_are_folded_and_their_languages_have_names() -> None:
    assert all(fold_term(word) == word for words in COMMON.values() for word in words)
    assert COMMON.keys() == LANGUAGES.keys()


@pytest.mark.parametrize(
    ("term", "is_told"),
    [
        ("NATO", True),
        ("{term: NATO, lang: en}", True),
        ("=NATO", False),
        ("USA", False),
        ("Opec", False),
        ("HIMARS", False),
        ("'NATO*'", False),
        ("F-16", False),
        ("سلاح", False),
    ],
)
def test_a_short_term_in_capitals_that_is_not_exact_is_told(term: str, *, is_told: bool) -> None:
    warning = 'match: "NATO" is found in small letters too: write "=NATO" if it is a name'
    assert warned(f"match: {term}") == [warning] * is_told


def test_the_terms_of_concepts_and_entities_are_looked_at() -> None:
    files = {
        "concepts/c.yaml": "id: c\nany: [OPEC, et]\nen: [die, NATO, {term: et}]\n",
        "entities/e.yaml": "id: e\nkind: person\nfr: [ELLE]\nany: [Man]\n",
    }
    expected = [
        'concepts/c.yaml: any: "OPEC" is found in small letters too: write "=OPEC" if it is a name',
        'concepts/c.yaml: any: "et" is an everyday word in French: give it a language',
        'concepts/c.yaml: en: "NATO" is found in small letters too: write "=NATO" if it is a name',
        'entities/e.yaml: any: "Man" is an everyday word in English and German: give it a language',
        'entities/e.yaml: fr: "ELLE" is found in small letters too: write "=ELLE" if it is a name',
    ]
    assert warnings(files) == expected


def test_of_lists_that_came_with_the_program_the_terms_are_not_looked_at() -> None:
    text = "id: c\nany: [OPEC]\n"
    ruleset, _ = read({"concepts/c.yaml": text.encode()}, countries=[])
    assert warnings({"concepts/c.yaml": text}, shipped=ruleset.concepts) == []
    assert len(warnings({"concepts/c.yaml": text + "en: [oil]\n"}, shipped=ruleset.concepts)) == 1


def test_a_term_that_is_among_its_own_exceptions_is_told() -> None:
    text = "id: c\nen: [arms, coat of arms, gas*]\nfr: [gaz]\nexcept: {en: [Coat of arms, gas], any: [GAZ]}\n"
    assert warnings({"concepts/c.yaml": text}) == [
        'concepts/c.yaml: en: "coat of arms" never counts: it is in `except` too',
        'concepts/c.yaml: fr: "gaz" never counts: it is in `except` too',
    ]


# --- exclusions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "unless", "warning"),
    [
        ("gas", "gas", '"gas" is wanted too'),
        ("{all: [oil, {concept: arms}]}", "{concept: arms}", "concept: arms is wanted too"),
        (
            "{concept: arms, in: lead}",
            "{any: [oil, {concept: arms}]}",
            "concept: arms is wanted too",
        ),
        ("{country: DZ}", "{country: [FR, DZ]}", "country: [FR, DZ] is wanted too"),
        (
            "{all: [gas, oil], within: 9}",
            "{all: [gas, oil], within: 9}",
            'all within 9 words: ["gas", "oil"] is wanted too',
        ),
        ("{concept: arms}", "{concept: arms, in: lead}", ""),
        ("{country: [DZ, FR]}", "{country: DZ}", ""),
        ("{concept: arms, in: url}", "{concept: arms}", ""),
        ("{all: [gas, {not: oil}]}", "oil", ""),
        ("{not_near: {words: 5, of: gas, to: oil}}", "oil", ""),
        (
            "{score: {threshold: 2, of: [{term: gas, weight: 2}, {term: oil, weight: -2}]}}",
            "oil",
            "",
        ),
        (
            "{score: {threshold: 2, of: [{term: gas, weight: 2}, {term: oil, weight: -2}]}}",
            "gas",
            '"gas" is wanted too',
        ),
        ("bras d'honneur", "bras", '"bras" is a part of "bras d\'honneur", which is wanted'),
        ("armement", "'arm*'", '"arm*" is a part of "armement", which is wanted'),
        ("US Army", "army", '"army" is a part of "US Army", which is wanted'),
        ("US Army", "=us", ""),
        ("bras d'honneur", "{term: bras, lang: fr}", ""),
        ("bras d'honneur", "{term: bras, only_near: x}", ""),
        ("bras d'honneur", "bras honneur", ""),
        ("'bras d honn*'", "honn", ""),
        ("'bras d honn*'", "'honn*'", '"honn*" is a part of "bras d honn*", which is wanted'),
        (
            "{concept: arms}",
            "bras",
            '"bras" is a part of "bras armé" (concept: arms), which is wanted',
        ),
        (
            "{concept: arms}",
            "{term: bras, lang: fr}",
            '"bras" is a part of "bras armé" (concept: arms), which is wanted',
        ),
        ("{concept: arms}", "{term: bras, lang: en}", ""),
        (
            "{concept: arms}",
            "tank",
            '"tank" is a part of "battle tank" (concept: tanks), which is wanted',
        ),
    ],
)
def test_an_exclusion_that_is_wanted_or_a_part_of_it_is_told(
    match: str, unless: str, warning: str
) -> None:
    told = f"unless: {warning}: where it stands the rule is silent"
    found = warned(f"match: {match}\nunless: {unless}", ["ar"])
    assert found == ([told] if warning else [])


# --- languages -------------------------------------------------------------------------


def test_a_concept_without_terms_in_a_language_of_the_feeds_is_told_once() -> None:
    rules = {f"{name}.yaml": f"id: {name}\nmatch: {{concept: arms}}\n" for name in "rs"}
    assert warnings({**LISTS, **rules}, ["fr", "en"]) == []
    assert warnings({**LISTS, **rules}, ["fr", "ar", "es"]) == [
        'concepts/arms.yaml: concept "arms": no terms in "ar" or "es"'
    ]


def test_the_languages_that_a_rule_asks_for_count_instead_of_those_of_the_feeds() -> None:
    rule = "id: r\nmatch: {all: [{concept: arms}, {entity: total}]}\nwhere: {language: [fr, de]}\n"
    assert warnings({**LISTS, "r.yaml": rule}, ["ar"]) == [
        'concepts/arms.yaml: concept "arms": no terms in "de"',
        'entities/total.yaml: entity "total": no terms in "de"',
    ]


def test_a_list_whose_terms_are_safe_in_every_language_lacks_none() -> None:
    rule = "id: r\nmatch: {concept: ships}\n"
    assert warnings({**LISTS, "r.yaml": rule}, ["ar", "fr"]) == []


# --- what comes with the program ---------------------------------------------------------


def test_the_sample_rule_has_no_warnings_before_its_review() -> None:
    files = files_in(ROOT / "rules")
    ruleset, mistakes = read(files, countries=packs.territories(), groups=packs.groups())
    assert mistakes == ()
    shipped = {**ruleset.concepts, **ruleset.entities}
    languages = ["fr", "en", "ar", "es"]
    assert lint(ruleset, today=TODAY, languages=languages, shipped=shipped) == ()
