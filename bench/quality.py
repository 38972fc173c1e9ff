"""Measures how well rules find what they are about: precision and recall on labelled news in eight languages.

``python bench/quality.py [--part dev|test] [--errors] [--json]``. The articles and their labels are
those of ``../shared/data``. The rules and two of the concepts they name are in ``bench/rules``; the
other concepts ship with the program. They were written from the rules' names alone ("Bolivia +
Chile + sea"), before their author had seen an article or a label, and were not changed after.

One pass over the same texts, five ways to raise an alarm: the engine at ``min_relevance`` any,
normal and strict, and what a plain keyword filter would do, twice:

- substrings: a few English keywords for each condition, anywhere in the lower-cased text;
- CLDR names: the countries' names in the text's language (Babel) and the concepts' terms as
  written, uninflected, on word borders, anywhere in the text; no vetoes.

The articles that are wanted are few, and a translation is no new article: the numbers say better
which language lags behind than how good a rule is. An article that has no label for a rule is
one that it should not find.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel import Locale

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor import loading
from monitor.errors import RulesError
from monitor.matching.engine import compile_rules, judge, used_lists
from monitor.matching.recogniser import sentence_around
from monitor.matching.rules import (
    ANY,
    ANY_LANGUAGE,
    NORMAL,
    STRICT,
    All,
    Concept,
    Condition,
    Country,
    Rule,
    RuleSet,
)
from monitor.models import Article

ROOT = Path(__file__).parent.parent
RULES = Path(__file__).parent / "rules"
DATA = ROOT.parent / "shared" / "data"
ARTICLES, LABELS = DATA / "ntrex_articles.jsonl", DATA / "ntrex_labels.jsonl"
LANGUAGES = ("en", "fr", "ar", "es", "de", "pt", "ru", "it")

THRESHOLDS = {"any": ANY, "normal": NORMAL, "strict": STRICT}
BASELINES = ("substrings", "CLDR names")
METHODS = (*THRESHOLDS, *BASELINES)

SUBSTRINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "prk-usa-nuclear": (
        ("north korea", "pyongyang"),
        ("united states", "u.s.", "america", "washington"),
        ("nuclear",),
    ),
    "mkd-grc-name": (("macedonia",), ("greece", "greek", "athens"), ("name",)),
    "syr-usa-troops": (
        ("syria", "damascus"),
        ("united states", "u.s.", "america", "washington"),
        ("troops", "soldiers", "forces"),
    ),
    "bol-chl-sea": (("bolivia",), ("chile",), ("sea", "ocean", "hague")),
    "rus-usa-energy": (
        ("russia", "moscow"),
        ("united states", "u.s.", "america", "washington"),
        ("energy", "oil", "gas", "pipeline"),
    ),
    "dza-usa-arms": (
        ("algeria", "algiers"),
        ("united states", "u.s.", "america", "washington"),
        ("arms", "weapon", "missile"),
    ),
}
"""English keywords: one of each group must be in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was said about one rule on one article, and what is true."""

    rule: str
    doc: str
    language: str
    is_wanted: bool
    relevance: float | None
    """``None``: the engine's rule does not match."""
    baselines: frozenset[str]
    """Those that raised an alarm."""

    def alarms(self, method: str) -> bool:
        if method in THRESHOLDS:
            return self.relevance is not None and self.relevance >= THRESHOLDS[method]
        return method in self.baselines


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Alarms counted; ``None`` where there is nothing to divide by."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# --- the pass ------------------------------------------------------------------------


def verdicts(part: str) -> list[Verdict]:
    """Every rule on every article of the part, in every language."""
    ruleset = loading.load(RULES)
    engine = compile_rules(ruleset)
    sentence_around("Warm. Up.", 6, 8)  # what it loads at first is not to count as a rule's time
    wanted = {(label["id"], label["rule"]) for label in _lines(LABELS) if label["label"] == 1}
    now = datetime.now(UTC)
    found: list[Verdict] = []
    for each in _lines(ARTICLES):
        if part not in {"both", part_of(each["doc"])}:
            continue
        article = Article(title=each["title"], text=each["text"], language=each["lang"])
        judged = judge(engine, article, now)
        for trouble in judged.troubles:
            print(f"{each['id']}: {trouble.rule_id}: {trouble.why}: no match", file=sys.stderr)
        relevances = {match.rule_id: match.relevance for match in judged.matches}
        text = f"{article.title}\n{article.text}"
        lowered, words = text.lower(), _spaced(text)
        for rule in ruleset.rules:
            alarms = {
                "substrings": _has_substrings(rule, lowered),
                "CLDR names": _has_words(rule.match, words, each["lang"], ruleset),
            }
            found.append(
                Verdict(
                    rule=rule.id,
                    doc=each["doc"],
                    language=each["lang"],
                    is_wanted=(each["id"], rule.id) in wanted,
                    relevance=relevances.get(rule.id),
                    baselines=frozenset(name for name, alarm in alarms.items() if alarm),
                )
            )
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def part_of(doc: str) -> str:
    """Half of the articles are for tuning, half for reporting; translations stay together."""
    return "dev" if sha256(doc.encode()).digest()[0] % 2 else "test"


# --- the baselines -------------------------------------------------------------------


def _has_substrings(rule: Rule, lowered: str) -> bool:
    return all(any(word in lowered for word in group) for group in SUBSTRINGS[rule.id])


def _has_words(condition: Condition, words: str, language: str, ruleset: RuleSet) -> bool:
    match condition:
        case All(of=of):
            return all(_has_words(one, words, language, ruleset) for one in of)
        case Country(codes=codes):
            return any(_cldr_name(code, language) in words for code in codes)
        case Concept(id=id_):
            return any(term in words for term in _plain_terms(id_, language, ruleset))
        case _:
            raise SystemExit(f"the baseline does not know how to ask for {condition}")


@cache
def _cldr_name(code: str, language: str) -> str:
    return _spaced(Locale.parse(language).territories[code])


_PLAIN: dict[tuple[str, str], frozenset[str]] = {}


def _plain_terms(concept: str, language: str, ruleset: RuleSet) -> frozenset[str]:
    """Those of the language; a term that counts only near others is none for a plain list."""
    if (concept, language) not in _PLAIN:
        _PLAIN[concept, language] = frozenset(
            _spaced(term.text).removesuffix(" " if term.is_prefix else "")
            for terms in used_lists(concept, ruleset)
            for key in (language, ANY_LANGUAGE)
            for term in terms.terms.get(key, ())
            if not term.only_near
        )
    return _PLAIN[concept, language]


def _spaced(text: str) -> str:
    """The words of a text in lower case between blanks, so that a border is a blank."""
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(words)} "


# --- the report ----------------------------------------------------------------------


def score(among: Iterable[Verdict], method: str) -> Score:
    counts = Counter((one.is_wanted, one.alarms(method)) for one in among)
    return Score(right=counts[True, True], wrong=counts[False, True], missed=counts[True, False])


def rows(found: Sequence[Verdict]) -> Iterator[tuple[str, list[Verdict]]]:
    """The parts that are scored: each rule, each language, all; "" is a line between."""
    for rule in SUBSTRINGS:
        yield rule, [one for one in found if one.rule == rule]
    yield "", []
    for language in LANGUAGES:
        yield language, [one for one in found if one.language == language]
    yield "", []
    yield "all", list(found)


def heading(found: Sequence[Verdict], part: str) -> str:
    docs = {one.doc for one in found}
    wanted = {one.doc for one in found if one.is_wanted}
    return (
        f"{len(docs)} articles ({part}) × {len(LANGUAGES)} languages × {len(SUBSTRINGS)} rules;"
        f" {len(wanted)} articles are wanted, n counts their translations.\n"
        "P precision, R recall. Rules: bench/rules, written from their names alone, unseen articles.\n"
    )


def table(found: Sequence[Verdict]) -> Iterator[str]:
    yield (
        " " * 22
        + "".join(f"{name:<16}" for name in ("≥ any", "≥ normal", "≥ strict", *BASELINES)).rstrip()
    )
    yield f"{'':15}   n" + "     P    R   F1" * len(METHODS)
    for name, among in rows(found):
        if not name:
            yield ""
            continue
        wanted = sum(one.is_wanted for one in among)
        yield f"{name:15} {wanted:3}" + "".join(_cells(score(among, key)) for key in METHODS)


def _cells(one: Score) -> str:
    values = (one.precision, one.recall, one.f1)
    return " " + "".join("    –" if value is None else f"{value:5.2f}" for value in values)


def false_alarms(found: Sequence[Verdict]) -> str:
    counts = (f"{name} {score(found, name).wrong}" for name in METHODS)
    return f"false alarms: {', '.join(counts)}"


def errors(found: Sequence[Verdict]) -> Iterator[str]:
    """Each article that a rule gets wrong at some threshold, with its relevances by language."""
    kinds: tuple[tuple[str, Callable[[Verdict], bool]], ...] = (
        ("not wanted, but matches", lambda one: not one.is_wanted and one.alarms("any")),
        ("wanted, but below strict", lambda one: one.is_wanted and not one.alarms("strict")),
    )
    for title, is_wrong in kinds:
        yield f"\n{title} (relevance; normal is {NORMAL}, strict {STRICT}, – no match):"
        shown: dict[tuple[str, str], list[str]] = {}
        for one in filter(is_wrong, found):
            value = "–" if one.relevance is None else f"{one.relevance:.2f}"
            shown.setdefault((one.rule, one.doc), []).append(f"{one.language} {value}")
        for (rule, doc), values in sorted(shown.items()):
            yield f"{rule:15} {doc}"
            yield f"{'':15} {'  '.join(values)}"


def as_json(found: Sequence[Verdict], part: str) -> str:
    """Scores by rule, language and both, and every verdict that is wanted or an alarm."""
    pairs = [
        (f"{rule}/{language}", [v for v in found if (v.rule, v.language) == (rule, language)])
        for rule in SUBSTRINGS
        for language in LANGUAGES
    ]
    scores = {
        name: {method: _plain_score(score(among, method)) for method in METHODS}
        for name, among in (*rows(found), *pairs)
        if name
    }
    told = [
        {
            "rule": one.rule,
            "doc": one.doc,
            "language": one.language,
            "wanted": one.is_wanted,
            "relevance": one.relevance,
            "baselines": sorted(one.baselines),
        }
        for one in found
        if one.is_wanted or one.relevance is not None or one.baselines
    ]
    return json.dumps({"part": part, "scores": scores, "verdicts": told}, indent=1)


def _plain_score(one: Score) -> dict[str, float | None]:
    counts = {"right": one.right, "wrong": one.wrong, "missed": one.missed}
    return {**counts, "precision": one.precision, "recall": one.recall, "f1": one.f1}


def main() -> None:
    asked = argparse.ArgumentParser(description="Precision and recall on labelled news.")
    asked.add_argument("--part", choices=("dev", "test", "both"), default="both")
    asked.add_argument("--errors", action="store_true", help="which articles are judged wrongly")
    asked.add_argument("--json", action="store_true", help="all scores and verdicts, for programs")
    options = asked.parse_args()
    if not (ARTICLES.exists() and LABELS.exists()):
        print(
            "quality: nothing measured. The labelled articles are not part of this repository:\n"
            "put ntrex_articles.jsonl and ntrex_labels.jsonl into ../shared/data, beside it."
        )
        return
    try:
        found = verdicts(options.part)
    except RulesError as error:
        raise SystemExit(str(error)) from None
    if options.json:
        print(as_json(found, options.part))
        return
    print(heading(found, options.part))
    print("\n".join(table(found)))
    print(f"\n{false_alarms(found)}")
    if options.errors:
        print("\n".join(errors(found)))


if __name__ == "__main__":
    main()
