"""Rule files: what they say, and every mistake in them, word for word."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Mistake, RulesError
from monitor.matching import rulefile, rules, rulevalues, yamlnodes
from monitor.matching.rulefile import Known, files_in, plain_yaml, read
from monitor.matching.rules import (
    All,
    Any,
    Concept,
    Condition,
    Country,
    EntityKind,
    EntityNames,
    Field,
    Names,
    Not,
    Rule,
    RuleSet,
    Scope,
    Status,
    Term,
    TermList,
    Where,
)
from monitor.models import Severity

ROOT = Path(__file__).parent.parent
BAD = ROOT / "tests" / "rules" / "bad"

COUNTRIES = {
    "DZ": "Algeria",
    "FR": "France",
    "GB": "United Kingdom",
    "MA": "Morocco",
    "US": "United States",
}
KNOWN = Known(
    destinations=frozenset({"desk-mail", "intel-slack"}),
    feed_tags=frozenset({"maghreb", "defence"}),
)
GROUPS = ("EU", "NATO", "OPEC", "maghreb")
CONCEPTS = {
    name: TermList(id=name, terms={"en": (Term(text=name),)})
    for name in ("arms", "sport", "weapons")
}
ENTITIES = {
    name: EntityNames(id=name, kind=EntityKind.PERSON, names={"any": (Term(text=name),)})
    for name in ("boukadoum", "macron")
}


def read_data(data: Mapping[str, bytes | Mistake]) -> tuple[RuleSet, tuple[Mistake, ...]]:
    """With everything that these tests' rules may name."""
    return read(
        data,
        countries=COUNTRIES,
        groups=GROUPS,
        concepts=CONCEPTS,
        entities=ENTITIES,
        known=KNOWN,
    )


def read_bad(name: str, data: bytes) -> tuple[Mistake, ...]:
    """The mistakes of one file among good ones."""
    files = {f"rules/{name}.yaml": data, "rules/good.yaml": b"id: good\nmatch: oil\n"}
    ruleset, mistakes = read_data(files)
    assert [rule.id for rule in ruleset.rules] == ["good"]
    return mistakes


def read_one(text: str, **files: str) -> Rule:
    """The one rule of a text, which has no mistake; ``files`` are concepts."""
    ruleset, mistakes = read_all({"rules/one.yaml": text, **_below_concepts(files)})
    assert mistakes == ()
    return ruleset.rules[0]


def read_all(files: Mapping[str, str]) -> tuple[RuleSet, tuple[Mistake, ...]]:
    return read_data({path: text.encode() for path, text in files.items()})


def _below_concepts(files: Mapping[str, str]) -> dict[str, str]:
    return {f"rules/concepts/{name}.yaml": text for name, text in files.items()}


def matched(condition: str) -> Condition:
    return read_one(f"id: one\nmatch: {condition}\n").match


# --- every mistake, word for word ------------------------------------------------------


@pytest.mark.parametrize("path", sorted(BAD.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_file_gets_exactly_these_mistakes(path: Path) -> None:
    data = path.read_bytes()
    lines = data.decode(errors="replace").splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    name = path.relative_to(BAD).with_suffix("").as_posix()
    found = [f"{m.line}:{m.column}: {m.message}" for m in read_bad(name, data)]
    assert found == expected
    assert found


def test_there_are_enough_bad_files() -> None:
    assert len(list(BAD.rglob("*.yaml"))) >= 90


def test_a_mistake_shows_file_line_and_column_and_quotes_the_line() -> None:
    _, [mistake] = read_all({"rules/energy.yaml": "id: energy\nmatch:\n  contry: DZ\n"})
    assert str(mistake).splitlines() == [
        'rules/energy.yaml:3:3: match.contry: unknown key (did you mean "country"?)',
        "      contry: DZ",
        "      ^",
    ]


def test_all_mistakes_of_all_files_come_at_once_by_file_and_line() -> None:
    ruleset, mistakes = read_all(
        {
            "rules/b.yaml": "id: b\nmatch: gas\nseverty: high\nowner: 3\n",
            "rules/good.yaml": "id: good\nmatch: gas\n",
            "rules/a.yaml": "id: a\nmatch: [\n",
            "rules/concepts/c.yaml": "id: c\nfr: []\n",
        }
    )
    assert [(mistake.file, mistake.line) for mistake in mistakes] == [
        ("rules/a.yaml", 2),
        ("rules/b.yaml", 3),
        ("rules/b.yaml", 4),
        ("rules/concepts/c.yaml", 2),
    ]
    assert [rule.id for rule in ruleset.rules] == ["good"]


def test_an_id_that_two_files_have_names_the_other_file() -> None:
    files = {"rules/a.yaml": "id: gas\nmatch: gas\n", "rules/b.yaml": "match: oil\nid: gas\n"}
    ruleset, [mistake] = read_all(files)
    assert str(mistake).startswith('rules/b.yaml:2:5: id: "gas" is already the id of rules/a.yaml')
    assert [rule.place.file for rule in ruleset.rules] == ["rules/a.yaml"]


def test_a_concept_id_that_two_files_have_names_the_other_file() -> None:
    _, [mistake] = read_all(_below_concepts({"a": "id: gas\nfr: [gaz]", "b": "id: gas\nfr: [gaz]"}))
    assert mistake.file == "rules/concepts/b.yaml"
    assert mistake.message == 'id: "gas" is already the id of rules/concepts/a.yaml'


def test_concepts_that_use_each_other_in_a_circle_are_told_once() -> None:
    circle = {name: f"id: {name}\nuse: [{other}]\n" for name, other in ("ab", "bc", "ca")}
    ruleset, [mistake] = read_all(
        {**_below_concepts(circle), "rules/r.yaml": "id: r\nmatch: {concept: a}\n"}
    )
    assert mistake.file == "rules/concepts/a.yaml"
    assert mistake.message == "use: goes in a circle: a → b → c → a"
    assert ruleset.rules == ()
    assert not {"a", "b", "c"} & ruleset.concepts.keys()


def test_a_circle_through_a_shipped_concept_is_found() -> None:
    shipped = {"arms": TermList(id="arms", terms={}, use=("tools",))}
    files = {"rules/concepts/tools.yaml": b"id: tools\nfr: [outil]\nuse: arms\n"}
    ruleset, [mistake] = read(files, countries=COUNTRIES, concepts=shipped)
    assert mistake.message == "use: goes in a circle: tools → arms → tools"
    assert not ruleset.concepts


def test_a_rule_that_names_a_broken_concept_is_left_out_without_a_mistake_of_its_own() -> None:
    files = {
        "rules/r.yaml": "id: r\nmatch: {concept: gas}\n",
        "rules/s.yaml": "id: s\nmatch: {concept: fuel}\n",
        "rules/t.yaml": "id: t\nmatch: {concept: unparsable}\n",
        **_below_concepts(
            {"x": "id: gas\nfr: []", "fuel": "id: fuel\nuse: gas", "unparsable": "["}
        ),
    }
    ruleset, mistakes = read_all(files)
    assert {mistake.file for mistake in mistakes} == {
        "rules/concepts/x.yaml",
        "rules/concepts/unparsable.yaml",
    }
    assert ruleset.rules == ()


def test_a_broken_file_of_many_mistakes_is_reported_in_part() -> None:
    text = f"id: r\nmatch: {{any: [{', '.join(['1'] * 10_000)}]}}\n"
    _, mistakes = read_all({"rules/r.yaml": text})
    assert len(mistakes) == 100
    assert sum(len(str(mistake)) for mistake in mistakes) < 100_000


# --- limits ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"#" * 1_000_001, "is larger than 1 MB"),
        (b"[" * 2000, "nested more than 20 deep"),
        (b"[" * 1_000_000, "nested more than 20 deep"),
        (b"- " * 2000, "nested more than 20 deep"),
        (b"? " * 2000, "nested more than 20 deep"),
        (b"{a: " * 2000, "nested more than 20 deep"),
        (b"[" + b"a," * 60_000 + b"]", "more than 50,000 values in one file"),
        (b"a: " + b"9" * 5000, "too long for a number"),
        (b"a: 0x" + b"f" * 5000, "too long for a number"),
        (b"", "the file is empty"),
        (b"\n# only a comment\n", "the file is empty"),
        (b"---\n...\n", "the file is empty"),
        ("id: é".encode("utf-16"), "is not UTF-8: found the byte 0xFF; save the file as UTF-8"),
        ("# e\r\n# é".encode("latin-1"), "is not UTF-8: found the byte 0xE9"),
    ],
)
def test_what_is_too_much_or_nothing_is_refused(data: bytes, message: str) -> None:
    document = yamlnodes.compose("rules/r.yaml", data)
    assert document.root is None
    assert [mistake.message.startswith(message) for mistake in document.mistakes] == [True]


def test_the_byte_that_is_not_utf_8_has_its_place() -> None:
    [mistake] = yamlnodes.compose("r.yaml", "id: r\r\nтitle: ".encode() + b"\xe9t\xe9").mistakes
    assert (mistake.line, mistake.column) == (2, 8)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    data = b"\xef\xbb\xbfid: r\r\nmatch: gas\r\nowner: 3\r\n"
    _, [mistake] = read({"r.yaml": data}, countries=())
    assert (mistake.line, mistake.column, mistake.quote) == (3, 8, "owner: 3")


def test_twenty_levels_are_not_too_deep() -> None:
    assert yamlnodes.compose("r.yaml", b"[" * 20 + b"]" * 20).mistakes == ()
    assert yamlnodes.compose("r.yaml", b"[" * 21 + b"]" * 21).mistakes != ()


# --- YAML means what it looks like -----------------------------------------------------

MEANINGS = {
    "NO": "NO",
    "no": "no",
    "on": "on",
    "Yes": "Yes",
    "off": "off",
    "y": "y",
    "12:30": "12:30",
    "1:20:30": "1:20:30",
    "2027-06-01": "2027-06-01",
    "2027-06-01 10:00:00": "2027-06-01 10:00:00",
    "1_000": "1_000",
    "0b11": "0b11",
    "=": "=",
    "=US": "=US",
    "1.2.3": "1.2.3",
    "F-16": "F-16",
    "+33": 33,
    "-7": -7,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "1e3": 1000.0,
    "1.": 1.0,
    ".5": 0.5,
    "-1.5E-1": -0.15,
    ".inf": float("inf"),
    "-.INF": float("-inf"),
    "true": True,
    "False": False,
    "tRue": "tRue",
    "~": None,
    "null": None,
    "Null": None,
    "nULL": "nULL",
    "'12'": "12",
    '"true"': "true",
    "''": "",
    "|-\n  12": "12",
    "١٢": "١٢",
}


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("written", MEANINGS)
def test_a_scalar_means_what_it_looks_like(
    written: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yamlnodes, "_LOADER", getattr(yamlnodes.yaml, loader))
    document = yamlnodes.compose("r.yaml", f"a: {written}\n".encode())
    assert document.mistakes == ()
    assert document.root is not None
    assert isinstance(document.root.plain, dict)
    found = document.root.plain["a"]
    assert (found, type(found)) == (MEANINGS[written], type(MEANINGS[written]))


def test_norway_is_a_country_and_a_term() -> None:
    ruleset, mistakes = read(
        {"r.yaml": b"id: r\nmatch: {any: [NO, {country: NO}]}"}, countries=["NO"]
    )
    assert mistakes == ()
    assert ruleset.rules[0].match == Any(
        of=(Term(text="NO", is_exact=True), Country(codes=("NO",)))
    )


def test_plain_yaml_gives_values_or_says_what_is_wrong() -> None:
    assert plain_yaml("code: NO\nnames: {fr: [a, b]}") == {
        "code": "NO",
        "names": {"fr": ["a", "b"]},
    }
    with pytest.raises(RulesError, match=r'NO.yaml:2:1: "code" is given twice, first on line 1'):
        plain_yaml("code: NO\ncode: SE", "NO.yaml")
    with pytest.raises(RulesError, match="expected a mapping"):
        plain_yaml("- NO")


# --- from text to values ---------------------------------------------------------------


def test_a_whole_rule() -> None:
    rule = read_one(
        """\
id: gas
title: >
  Gas and
  oil
owner: energy desk
severity: critical
status: experimental
review_by: 2027-06-01
match:
  all: [{country: [DZ, MA, DZ], by: [capital, government]}, {concept: arms}]
  within: 60 words
unless: {concept: sport}
where: {language: [fr, ar], feeds: {tags: maghreb}, max_age: 3d}
notify: desk-mail
min_relevance: strict
tests:
  - {fire: Alger et Rabat, lang: fr}
  - silent: Paris
"""
    )
    assert rule.match == All(
        of=(
            Country(codes=("DZ", "MA"), by=frozenset({Names.CAPITAL, Names.GOVERNMENT})),
            Concept(id="arms"),
        ),
        within=60,
    )
    assert rule.title == "Gas and oil"
    assert (rule.owner, rule.review_by) == ("energy desk", date(2027, 6, 1))
    assert (rule.severity, rule.status) == (Severity.CRITICAL, Status.EXPERIMENTAL)
    assert rule.unless == (Concept(id="sport"),)
    assert rule.where == Where(
        languages=frozenset({"fr", "ar"}),
        feed_tags=frozenset({"maghreb"}),
        max_age=timedelta(days=3),
    )
    assert (rule.notify, rule.min_relevance) == (("desk-mail",), rules.STRICT)
    assert [(test.text, test.fires, test.language) for test in rule.tests] == [
        ("Alger et Rabat", True, "fr"),
        ("Paris", False, None),
    ]
    assert (rule.place.file, rule.place.line, rule.place.quote) == ("rules/one.yaml", 1, "id: gas")
    assert [(test.place.line, test.place.column) for test in rule.tests] == [(17, 5), (18, 5)]


def test_what_is_left_out_has_its_default() -> None:
    rule = read_one("id: gas\nmatch: gas\n")
    assert rule == Rule(id="gas", match=Term(text="gas"), version=rule.version)
    assert rule.notify is None


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("arms deal", Term(text="arms deal")),
        ("'  arms   deal '", Term(text="arms deal")),
        ("arme*", Term(text="arme", is_prefix=True)),
        ("avion de chas*", Term(text="avion de chas", is_prefix=True)),
        ("=US", Term(text="US", is_exact=True)),
        ("=Élysée", Term(text="Élysée", is_exact=True)),
        ("US", Term(text="US", is_exact=True)),
        ("UK", Term(text="UK", is_exact=True)),
        ("USA", Term(text="USA", is_exact=True)),
        ("NATO", Term(text="NATO")),
        ("us", Term(text="us")),
        ("U.S.", Term(text="U.S.")),
        ("F-16", Term(text="F-16")),
        ("USA*", Term(text="USA", is_prefix=True)),
        ("سلاح", Term(text="سلاح")),
        ("核兵器", Term(text="核兵器")),
    ],
)
def test_the_marks_of_a_term_become_flags(written: str, term: Term) -> None:
    assert matched(written) == term


def test_in_goes_down_to_the_conditions_that_have_none() -> None:
    title = Scope(fields=frozenset({Field.TITLE}))
    lead = Scope(fields=frozenset({Field.TITLE, Field.LEAD}))
    both = "{all: [gas, {country: DZ, in: title}, {any: [{concept: arms}, {not: oil}]}], in: [title, lead]}"
    assert matched(both) == All(
        of=(
            Term(text="gas", scope=lead),
            Country(codes=("DZ",), scope=title),
            Any(of=(Concept(id="arms", scope=lead), Not(of=Term(text="oil", scope=lead)))),
        )
    )


@pytest.mark.parametrize(
    ("written", "words"), [("60", 60), ("60 words", 60), ("1 word", 1), ('"40"', 40)]
)
def test_within_is_a_number_of_words(written: str, words: int) -> None:
    condition = matched(f"{{all: [gas, oil], within: {written}}}")
    assert isinstance(condition, All)
    assert condition.within == words


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("any", rules.ANY),
        ("normal", rules.NORMAL),
        ("strict", rules.STRICT),
        ("0.5", 0.5),
        ("1", 1.0),
    ],
)
def test_relevance_is_a_word_or_a_number(written: str, value: float) -> None:
    assert read_one(f"id: r\nmatch: gas\nmin_relevance: {written}\n").min_relevance == value


@pytest.mark.parametrize("written", [".nan", "-0.1", "1.01", "true", "'0.5'"])
def test_other_relevances_are_refused(written: str) -> None:
    _, [mistake] = read_all({"r.yaml": f"id: r\nmatch: gas\nmin_relevance: {written}\n"})
    assert mistake.message.startswith("min_relevance: expected any, normal, strict or a number")


def test_without_a_configuration_destinations_and_tags_may_be_anything() -> None:
    text = b"id: r\nmatch: gas\nnotify: []\nwhere: {feeds: {tags: [x]}}\n"
    ruleset, mistakes = read({"r.yaml": text}, countries=())
    assert mistakes == ()
    assert ruleset.rules[0].notify == ()
    ruleset, mistakes = read({"r.yaml": b"id: r\nmatch: gas\nnotify: [x]\n"}, countries=())
    assert ruleset.rules[0].notify == ("x",)


def test_countries_may_come_without_their_names() -> None:
    _, [mistake] = read({"r.yaml": b"id: r\nmatch: {country: Algeria}"}, countries=["DZ"])
    assert mistake.message.endswith(
        'unknown country "Algeria" (write the two-letter ISO code, such as DZ)'
    )


def test_a_concept_file() -> None:
    arms = """\
id: arms
fr: [arme*, "matériel militaire"]
no: [våpen]
any: [HIMARS, "=F-16"]
except: {en: ["coat of arms"], any: [Apache Kafka]}
use: weapons
"""
    ruleset, mistakes = read_all(_below_concepts({"arms": arms}))
    assert mistakes == ()
    assert ruleset.concepts["arms"] == TermList(
        id="arms",
        terms={
            "fr": (Term(text="arme", is_prefix=True), Term(text="matériel militaire")),
            "no": (Term(text="våpen"),),
            "any": (Term(text="HIMARS"), Term(text="F-16", is_exact=True)),
        },
        masks={"en": (Term(text="coat of arms"),), "any": (Term(text="Apache Kafka"),)},
        use=("weapons",),
    )
    assert ruleset.concepts["arms"].place.line == 1
    assert ruleset.concepts.keys() == {"arms", "sport", "weapons"}


@pytest.mark.parametrize(
    ("paths", "kinds"),
    [
        (["rules/a.yaml", "rules/concepts/b.yaml"], ["", "concepts"]),
        (["rules/a.yaml", "rules/x/concepts/y/b.yaml"], ["", "concepts"]),
        (["concepts/b.yaml"], ["concepts"]),
        (["/srv/concepts/desk/a.yaml"], [""]),
        (["/srv/concepts/desk/a.yaml", "/srv/concepts/desk/concepts/b.yaml"], ["", "concepts"]),
        (["rules/concepts.yaml"], [""]),
        (["concepts"], [""]),
        (["a.yaml", "entities/b.yaml", "packs/DZ.yaml"], ["", "entities", "packs"]),
        (["a.yaml", "concepts/packs/b.yaml", "packs/concepts/c.yaml"], ["", "packs", "concepts"]),
    ],
)
def test_the_folder_above_a_file_says_what_it_holds(paths: list[str], kinds: list[str]) -> None:
    found = rulefile._by_kind(paths)
    assert [kind for path in paths for kind in found if path in found[kind]] == kinds


# --- versions --------------------------------------------------------------------------

RULE = "id: r\ntitle: Gas\nmatch: {any: [{concept: arms}, gas]}\n"
FUEL = {"arms": "id: arms\nfr: [arme]\nuse: fuel\n", "fuel": "id: fuel\nfr: [gaz]\n"}


def version(text: str = RULE, **concepts: str) -> str:
    return read_one(text, **{**FUEL, **concepts}).version


def test_a_version_is_twelve_hexadecimal_digits() -> None:
    assert len(version()) == 12
    assert set(version()) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\nmatch:\n  any:\n    - concept: 'arms'\n    - \"gas\"\ntitle:   Gas\nid: r\n",
        RULE + "tests: [{fire: gas}]\n",
        RULE + "owner: desk\nreview_by: 2030-01-01\nstatus: experimental\n",
        RULE + "severity: normal\nmin_relevance: normal\n",
    ],
)
def test_layout_comments_and_tests_do_not_change_the_version(text: str) -> None:
    assert version(text) == version()


@pytest.mark.parametrize(
    "text",
    [
        RULE.replace("gas]", "oil]"),
        RULE.replace("gas]", "=gas]"),
        RULE.replace("title: Gas", "title: Oil"),
        RULE + "severity: high\n",
        RULE + "min_relevance: any\n",
        RULE + "unless: oil\n",
        RULE + "where: {max_age: 3d}\n",
        RULE + "where: {language: fr}\n",
        RULE + "notify: desk-mail\n",
        RULE.replace("match: {", "match: {in: title, "),
    ],
)
def test_what_a_verdict_follows_from_changes_the_version(text: str) -> None:
    assert version(text) != version()


def test_a_term_list_that_is_used_changes_the_version_however_far_down_it_is() -> None:
    changed = version(fuel="id: fuel\nfr: [gaz, carburant]\n")
    assert changed != version()
    assert version(fuel="# more\nid: fuel\nfr:\n  - gaz\n") == version()
    assert version(other="id: other\nfr: [gaz]\n") == version()


def test_the_version_of_all_rules_changes_with_any_rule_or_concept() -> None:
    files = {"r.yaml": RULE, **_below_concepts(FUEL)}
    first = read_all(files)[0].version
    assert read_all({**files, "r.yaml": RULE + "tests: [{fire: gas}]"})[0].version == first
    assert read_all({**files, "s.yaml": "id: s\nmatch: gas"})[0].version != first
    assert read_all({**files, "concepts/c.yaml": "id: c\nfr: [gaz]"})[0].version != first


def test_another_process_finds_the_same_version() -> None:
    text = RULE + "where: {language: [fr, ar, en, es], feeds: {tags: [maghreb, defence]}}\n"
    program = f"""
from monitor.matching.rulefile import read
files = {{"r.yaml": {text.encode()!r}, "concepts/a.yaml": b"id: arms\\nfr: [arme]\\nen: [arm]"}}
print(read(files, countries=[])[0].rules[0].version, end="")
"""
    versions = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(versions) == 1
    assert all(len(found) == 12 for found in versions)


# --- the folder ------------------------------------------------------------------------


def test_yaml_files_at_any_depth_are_read_and_backups_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["b.yaml", "a.yml", "energy/c.YAML", "concepts/d.yaml"]
    skipped = [".e.yaml", "f.yaml~", "#g.yaml#", ".#h.yaml", ".git/i.yaml", "j.yaml.swp", "k.txt"]
    for name in names + skipped:
        path = tmp_path / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    found = files_in(Path("rules"))
    assert list(found) == sorted(f"rules/{name}" for name in names)
    assert found["rules/b.yaml"] == b"b.yaml"
    assert list(files_in(tmp_path / "rules")) == list(found)


def test_a_folder_elsewhere_is_shown_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a")
    assert list(files_in(tmp_path)) == [str(tmp_path / "a.yaml")]


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    [mistake] = files_in(tmp_path).values()
    assert str(mistake).endswith(": no rules in this folder: a rule is a file named *.yaml")
    (tmp_path / "concepts").mkdir()
    (tmp_path / "concepts" / "a.yaml").write_text("id: a\nfr: [a]\n")
    _, mistakes = read(files_in(tmp_path), countries=())
    assert [mistake.file for mistake in mistakes] == [str(tmp_path)]


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    _, [mistake] = read(files_in(tmp_path / "rules"), countries=())
    assert str(mistake) == f"{tmp_path}/rules: cannot be read: No such file or directory"


def test_a_file_instead_of_a_folder_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a")
    [mistake] = files_in(tmp_path / "a.yaml").values()
    assert str(mistake) == f"{tmp_path}/a.yaml: cannot be read: Not a directory"


def test_what_cannot_be_read_is_a_mistake_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("id: good\nmatch: gas\n")
    (tmp_path / "dangling.yaml").symlink_to("nowhere")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    ruleset, mistakes = read(files_in(tmp_path), countries=())
    assert [rule.id for rule in ruleset.rules] == ["good"]
    assert {Path(mistake.file).name: mistake.message for mistake in mistakes} == {
        "dangling.yaml": "cannot be read: No such file or directory",
        "loop.yaml": "cannot be read: Too many levels of symbolic links",
        "pipe.yaml": "is not a file",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a")
    (tmp_path / "a.yaml").chmod(0)
    [mistake] = files_in(tmp_path).values()
    assert str(mistake).endswith("a.yaml: cannot be read: Permission denied")


def test_links_are_followed_and_their_circles_end(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "rules"
    elsewhere.mkdir()
    folder.mkdir()
    (elsewhere / "a.yaml").write_text("id: a\nmatch: gas\n")
    (folder / "team").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    (folder / "b.yaml").symlink_to(elsewhere / "a.yaml")
    assert list(files_in(folder)) == [str(folder / "b.yaml"), str(folder / "team" / "a.yaml")]


def test_of_an_oversize_file_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(5_000_000_000)
    [data] = files_in(tmp_path).values()
    assert isinstance(data, bytes)
    assert len(data) == 1_000_001
    _, [mistake] = read(files_in(tmp_path), countries=())
    assert mistake.message == "is larger than 1 MB"


def test_a_name_that_is_not_utf_8_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"r\xe9gle.yaml")).write_text("id: 3")
    _, mistakes = read(files_in(tmp_path), countries=())
    assert "r\\udce9gle.yaml" in str(mistakes[0])
    "\n".join(map(str, mistakes)).encode()


# --- the founding rule -----------------------------------------------------------------


def test_the_founding_rule_is_good_and_has_tests_in_four_languages() -> None:
    files = files_in(ROOT / "rules")
    path = next(path for path in files if path.endswith("algeria-us-arms.yaml"))
    ruleset, mistakes = read({path: files[path]}, countries=COUNTRIES, concepts=CONCEPTS)
    assert mistakes == ()
    [rule] = ruleset.rules
    assert rule.match == All(
        of=(Country(codes=("DZ",)), Country(codes=("US",)), Concept(id="arms"))
    )
    assert rule.unless == (Concept(id="sport", scope=Scope(fields=frozenset({Field.LEAD}))),)
    assert (rule.where, rule.notify) == (Where(), None)
    fired = {test.language for test in rule.tests if test.fires}
    assert fired == {"fr", "ar", "en", "es"}
    assert sum(not test.fires for test in rule.tests) >= 4


# --- anything at all -------------------------------------------------------------------


def check_anything(data: bytes) -> None:
    for path in ("r.yaml", "concepts/c.yaml", "entities/e.yaml", "packs/p.yaml"):
        ruleset, mistakes = read_data({f"rules/{path}": data, "rules/zz.yaml": BYSTANDER})
        assert "bystander" in {rule.id for rule in ruleset.rules}
        found = len(ruleset.rules) + len(ruleset.concepts) + len(ruleset.entities)
        is_pack = path.startswith("packs/")
        assert mistakes or found == 1 + len(CONCEPTS) + len(ENTITIES) + (not is_pack)
        "\n".join(map(str, mistakes)).encode()
        pickle.dumps((ruleset, mistakes))


BYSTANDER = b"id: bystander\nmatch: x"

LINES = st.sampled_from(
    """id: a
match:
match: gas
  all:
  any: [gas, "oil", ~, 12:30]
    - country: DZ
    - {country: [US, NO]}
    - concept: arms
    - not:
    - not: {all: [x], in: title}
  within: 60 words
unless: [{concept: sport}]
where: {language: [fr], max_age: 3d}
notify: [desk-mail]
tests:
  - {fire: x, lang: fr}
  - silent: "x
fr: [gaz, pétrole]
except: {fr: [a]}
use: [arms, sport]
kind: person
code: DZ
names: {fr: [a, b*], any: [c]}
ambiguous: {fr: [a]}
    - {term: x, lang: fr, only_near: [{group: EU}, gas], except: y}
    - {near: {words: 3, of: [gas, oil], ordered: true}, first_words: 20}
    - same: {unit: sentence, of: [gas]}
    - not_near: {words: 5, of: gas, to: {entity: macron}}
    - count: {of: gas, min: 3, short: {words: 9, min: 1}}
    - score: {threshold: 2, of: [{term: gas, weight: 1.5}, {concept: arms, weight: -1, max: 2}]}
    - at_least: {n: 1, of: [gas, {regex: 'ga[sz]'}, {named: {label: PER}}]}
? [x]
: x
- a
---
&a b: *a
<<: {a: b}
!!str a: !x b
%YAML 1.2
|
 >-
\t- x
""".splitlines()
)
ATOMS = st.sampled_from(list("{}[],:-?!&*#|>'\"%@`~<=\\ \n\t\r\0\x85\u2028\ufeffé٣a1."))


@given(st.binary(max_size=200))
def test_any_bytes_give_rules_or_mistakes(data: bytes) -> None:
    check_anything(data)


@given(st.lists(ATOMS | LINES.map("{}\n".format), max_size=40).map("".join))
def test_any_text_gives_rules_or_mistakes(text: str) -> None:
    check_anything(text.encode(errors="surrogatepass"))


@given(st.lists(ATOMS | LINES.map("{}\n".format), max_size=40).map("".join))
def test_any_text_gives_rules_or_mistakes_without_the_c_parser(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamlnodes, "_LOADER", yamlnodes.yaml.SafeLoader)
        check_anything(text.encode())


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    [
        *("id", "match", "all", "any", "not", "in", "within", "country", "by", "concept", "unless"),
        *("where", "language", "feeds", "tags", "max_age", "notify", "tests", "fire", "silent"),
        *("lang", "min_relevance", "near", "fr", "except", "use", "title", "review_by"),
        *("term", "only_near", "group", "entity", "named", "regex", "at_least", "same", "not_near"),
        *("count", "score", "of", "to", "n", "words", "weight", "max", "threshold", "short", "min"),
        *("unit", "label", "first_words", "code", "names", "ambiguous", "kind", "<of>", "<term>"),
    ]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_any_tree_gives_rules_or_mistakes(tree: dict[str, object]) -> None:
    check_anything(json.dumps(tree).encode())


@given(st.text(alphabet="gas*= -.é\u0627USU3", max_size=8))
def test_a_term_that_is_accepted_keeps_no_marks(text: str) -> None:
    try:
        term = rulevalues.term(text)
    except ValueError:
        return
    assert "*" not in term.text
    assert not term.text.startswith("=")
    assert any(letter.isalnum() for letter in term.text)
    assert not (term.is_exact and term.is_prefix)
