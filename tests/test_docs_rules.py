"""The handbook of the rule language holds: every example is read, fires and is silent as it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor import loading
from monitor.matching import engine as engine_module
from monitor.matching import expressions, packs, page, recogniser, relevance, rules
from monitor.matching.conditionshape import HEADS
from monitor.matching.engine import Engine, compile_rules, judge
from monitor.matching.evaluate import all_leaves
from monitor.matching.rulefile import Known, plain_yaml, read, schema
from monitor.matching.rulefolder import LISTS
from monitor.matching.rules import Named, Rule, RuleSet
from monitor.models import Article
from tests.service import COMMAND, clean_environment

HANDBOOK = Path(__file__).parents[1] / "docs" / "rules.md"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
KNOWN = Known(destinations=frozenset({"desk-mail"}), feed_tags=frozenset({"maghreb"}))
"""What a configuration has in which the handbook's examples may be used."""

FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# (rules/\S+\.yaml)\n")
"""The first line of an example that is no rule says what file it is."""
TEXT = re.compile(
    r"(?P<verdict>fires|weak|silent) (?P<language>[a-z]{2})(?P<details>(?: [a-z]+=\S+)*):"
    r" (?P<text>.+)"
)
TITLE, PARAGRAPH = " // ", " ¶ "
"""What stands between a title and its body, and between two paragraphs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line below an example: an article, and what the rule makes of it."""

    line: str
    verdict: str
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One block of YAML, as the file that it is, with the texts below it."""

    path: str
    yaml: str
    texts: tuple[Text, ...]

    @property
    def is_rule(self) -> bool:
        return not set(LISTS) & set(Path(self.path).parts)


def examples(markdown: str) -> Iterator[Example]:
    """Every block of YAML; the block of texts that follows it, if any, is about it."""
    blocks = FENCE.findall(markdown)
    for number, (kind, content) in enumerate(blocks):
        if kind == "yaml":
            named = NAME.match(content)
            after, texts = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
            yield Example(
                path=named[1] if named else f"rules/{plain_yaml(content, 'example')['id']}.yaml",
                yaml=content,
                texts=tuple(map(text, texts.splitlines())) if after == "texts" else (),
            )


def text(line: str) -> Text:
    """An article from ``fires fr category=Sport: title // body ¶ body``.

    Without a title it is all body. ``age`` is in hours, ``tags`` are the feed's.
    """
    found = TEXT.fullmatch(line)
    assert found, f"neither fires nor weak nor silent: {line}"
    title, is_titled, body = found["text"].partition(TITLE)
    details = dict(one.split("=", 1) for one in found["details"].split())
    article = Article(
        title=title if is_titled else "",
        text=(body if is_titled else title).replace(PARAGRAPH, "\n"),
        language=found["language"],
        url=details.pop("url", ""),
        author=details.pop("author", "").replace("_", " "),
        categories=tuple(details.pop("category", "").split(",")),
        feed_url="https://feeds.example/" if "tags" in details else "",
        tags=tuple(details.pop("tags", "").split(",")),
        published_at=NOW - timedelta(hours=int(details.pop("age", "1"))),
    )
    assert not details, f"unknown detail: {line}"
    return Text(line=line, verdict=found["verdict"], article=article)


MARKDOWN = HANDBOOK.read_text(encoding="utf-8")
EXAMPLES = tuple(examples(MARKDOWN))
RULES = {example.path: example for example in EXAMPLES if example.is_rule}
FILES = {example.path: example.yaml.encode() for example in EXAMPLES if not example.is_rule}


def ruleset_of(*rules: Example) -> RuleSet:
    """The rules with every concept, entity and pack of the handbook, and those that ship."""
    ruleset, mistakes = read(
        FILES | {rule.path: rule.yaml.encode() for rule in rules},
        countries=packs.territories(),
        groups=packs.groups(),
        concepts=loading.shipped_concepts(),
        known=KNOWN,
    )
    assert mistakes == ()
    return loading.with_forms(ruleset)


@cache
def compiled(path: str) -> tuple[Rule, Engine]:
    ruleset = ruleset_of(RULES[path])
    (rule,) = ruleset.rules
    return rule, compile_rules(ruleset)


def verdict(engine: Engine, article: Article) -> str:
    judged = judge(engine, article, NOW)
    assert judged.troubles == ()
    if not judged.matches:
        return "silent"
    (match,) = judged.matches
    return "weak" if match.is_weak else "fires"


def expected(one: Text, rule: Rule) -> str:
    """What the handbook says; ``named`` never holds where no model for the language is installed."""
    asks_a_model = any(isinstance(leaf, Named) for leaf in all_leaves(rule.match))
    if asks_a_model and not recogniser.reads(one.article.language):
        return "silent"
    return one.verdict


# --- the examples ------------------------------------------------------------------------


def test_all_examples_together_are_read_without_a_mistake_and_pass_their_own_tests() -> None:
    ruleset = ruleset_of(*RULES.values())
    assert len(ruleset.rules) == len(RULES)
    assert set(FILES) == {one.path for one in EXAMPLES} - set(RULES)
    assert [mistake for _, _, mistake in loading.trials(ruleset) if mistake] == []


@pytest.mark.parametrize("path", RULES)
def test_an_example_fires_and_is_silent_as_the_handbook_says(path: str) -> None:
    rule, engine = compiled(path)
    found = {one.line: verdict(engine, one.article) for one in RULES[path].texts}
    assert found == {one.line: expected(one, rule) for one in RULES[path].texts}


@pytest.mark.parametrize("path", RULES)
def test_every_example_has_a_text_on_which_it_fires_and_one_on_which_it_is_silent(
    path: str,
) -> None:
    verdicts = {one.verdict for one in RULES[path].texts}
    assert "fires" in verdicts
    assert verdicts & {"silent", "weak"}


# --- the handbook is whole ---------------------------------------------------------------


def keys_in(value: object) -> Iterator[str]:
    """Every key of every mapping, however deep."""
    if isinstance(value, Mapping):
        yield from value
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from keys_in(inner)


def keys_of_the_schema() -> frozenset[str]:
    """Every key that a rule can have, from the JSON Schema that editors use."""

    def properties(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("properties"), dict):
                yield from value["properties"]
            for inner in value.values():
                yield from properties(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from properties(inner)

    return frozenset(properties(schema()))


def test_every_key_of_a_rule_stands_in_an_example() -> None:
    used = {key for one in RULES.values() for key in keys_in(plain_yaml(one.yaml, one.path))}
    assert keys_of_the_schema() - used == set()
    assert HEADS.keys() <= used


def test_every_group_of_countries_is_listed() -> None:
    assert {name for name in packs.groups() if f"`{name}`" not in MARKDOWN} == set()


def test_the_handbook_s_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", MARKDOWN, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", MARKDOWN):
        file, _, anchor = target.partition("#")
        assert not file or (HANDBOOK.parent / file).exists(), target
        assert not anchor or anchor in headings, target


@pytest.mark.parametrize(
    "sentence",
    [
        f"the first {rules.LEAD_WORDS} words of the body",
        f"`only_near: […]` | it counts only if one of these conditions holds within {rules.NEARBY} words",
        f"government of another country within {page.SUPPORT} words",
        f"| `any` | {rules.ANY:g}:",
        f"| `normal` | {rules.NORMAL:g}:",
        f"| `strict` | {rules.STRICT:g}:",
        f"{relevance.TITLE:g} in the title, {relevance.LEAD:g} in the lead, and below the lead",
        f"add {relevance.REPEATED:g} of what they count",
        f"is below {rules.NORMAL:g}`",
        f"is wider than {relevance.CLOSE} words",
        f"never below {relevance.FARTHEST:g}",
        f"Below {relevance.SHORT} characters (title and body) it is at least {relevance.PRESENT:g}",
    ],
)
def test_the_handbook_has_the_engine_s_numbers(sentence: str) -> None:
    assert sentence in MARKDOWN


@pytest.mark.parametrize(
    ("is_so", "words"),
    [
        (relevance.MOST_REPEATS == 5, "Other mentions, up to five"),
        (relevance.TITLE == 3, "Three is full marks"),
        (relevance.MEDIUM == 1_200 and relevance.ALMOST == 1.5, "1,200 characters it is half as"),
        (engine_module.SECONDS == 2, "longer than two seconds over one article"),
        (expressions.SECONDS == 0.1, "a tenth of a second for each text"),
        (len(packs.languages()) == 10, "The ten languages with all these words"),
    ],
)
def test_the_handbook_s_numbers_in_words_are_the_engine_s(is_so: bool, words: str) -> None:
    assert is_so
    assert words in MARKDOWN


def test_the_concepts_that_ship_are_listed() -> None:
    assert {name for name in loading.shipped_concepts() if f"`{name}`" not in MARKDOWN} == set()


# --- what the program prints ---------------------------------------------------------------


def ask(command: str, folder: Path) -> str:
    """What a command of the handbook prints in a folder that has its first rule."""
    program = shlex.join(COMMAND)
    done = subprocess.run(
        ["bash", "-c", f'news-monitor() {{ {program} "$@"; }}; {command}'],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(HANDBOOK.parents[1]), LC_ALL="C.UTF-8", COLUMNS="200"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader of the handbook is after its first example."""
    (tmp_path / "rules").mkdir()
    first = EXAMPLES[0]
    (tmp_path / first.path).write_text(first.yaml, encoding="utf-8")
    return tmp_path


SHOWN = [
    content.partition("\n")[::2]
    for kind, content in FENCE.findall(MARKDOWN)
    if kind == "console" and content.strip().count("\n")
]


@pytest.mark.parametrize(("command", "answer"), SHOWN)
def test_a_command_prints_what_the_handbook_shows(command: str, answer: str, folder: Path) -> None:
    assert ask(command.removeprefix("$ "), folder) == answer.rstrip()


def test_a_mistyped_key_is_told_as_the_handbook_shows(folder: Path) -> None:
    first = folder / EXAMPLES[0].path
    first.write_text(EXAMPLES[0].yaml.replace("concept: energy", "concpet: energy"), "utf-8")
    (shown,) = (content for kind, content in FENCE.findall(MARKDOWN) if kind == "text")
    assert shown.rstrip() in ask("news-monitor rules test --rules rules", folder)


# --- and the test itself -------------------------------------------------------------------


def test_a_wrong_verdict_is_noticed() -> None:
    markdown = "```yaml\nid: x\nmatch: gas\n```\n\n```texts\nfires en: oil\nsilent en: gas\n```\n"
    (example,) = examples(markdown)
    engine = compile_rules(ruleset_of(example))
    assert [verdict(engine, one.article) for one in example.texts] == ["silent", "fires"]
    with pytest.raises(AssertionError):
        text("fire en: gas")
