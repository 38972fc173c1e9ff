"""Measures matching beside its peers: the same rules over the same unseen texts, in one run.

``./dev bench`` or ``python bench/matching.py``. The texts are articles of ``../shared/data`` where
they are, else the demo's, cut or put together to 500 words; ten of a language come after each
other, as a feed brings them. Times are the thread's own, the median of rounds that everybody has
in turns, each after a round that is not timed. The rules are made up from the packs, the shipped
concepts and rare words of other articles than those that are timed:

    60 %   country + country + concept, unless sport
    20 %   country + a term of two words
    20 %   two of three terms near each other, or a count, or a score

Peers do less: the spaCy matchers and the regular expressions only find terms. What is too slow to
be run over everything is run over a part, and says so.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, cycle
from pathlib import Path
from statistics import median

import regex
import spacy
from spacy.matcher import Matcher, PhraseMatcher

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor import loading, reading
from monitor.matching import plain, recogniser
from monitor.matching.engine import (
    Engine,
    compile_rules,
    country_entries,
    judge,
    leaves_of,
    rule_entries,
)
from monitor.matching.evaluate import all_leaves, keys_of
from monitor.matching.index import Entry
from monitor.matching.page import MASK
from monitor.matching.rules import (
    All,
    Concept,
    Condition,
    Count,
    Country,
    Near,
    Rule,
    RuleSet,
    Score,
    Term,
    Weight,
)
from monitor.matching.words import fold
from monitor.models import Article

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT.parent / "shared" / "data" / "ntrex_articles.jsonl"
WORDS = 500
TEXTS = 160
IN_A_ROW = 10
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def articles() -> list[Article]:
    if ARTICLES.exists():
        values = map(json.loads, ARTICLES.read_text(encoding="utf-8").splitlines())
        return [Article(title=v["title"], text=v["text"], language=v["lang"]) for v in values]
    from monitor.articles.text import plain as plain_text
    from tests.demo.articles import ARTICLES as OWN

    return [Article(title=a.title, text=plain_text(a.html), language=a.language) for a in OWN]


def specific_words(seen: Sequence[Article]) -> list[str]:
    """Words as rules have them: long ones that few articles of those seen have."""
    counts = Counter(word for one in seen for word in set(one.text.split()))
    return sorted(word for word, n in counts.items() if word.isalpha() and len(word) > 5 and n < 4)


def long_texts(found: Sequence[Article]) -> list[Article]:
    """As many texts of 500 words, each from articles of one language."""
    by_language: dict[str, list[Article]] = {}
    for article in found:
        by_language.setdefault(article.language or "", []).append(article)
    made: list[Article] = []
    turns = {language: cycle(listed) for language, listed in by_language.items()}
    for language in chain.from_iterable([one] * IN_A_ROW for one in cycle(by_language)):
        first = next(turns[language])
        words = first.text.split(" ")
        while len(words) < WORDS:
            words += next(turns[language]).text.split(" ")
        text = " ".join(words[:WORDS])
        made.append(Article(title=first.title, text=text, language=language))
        if len(made) == TEXTS:
            return made
    return made


def made_up_rules(count: int, vocabulary: Sequence[str], concepts: Sequence[str]) -> list[Rule]:
    """Rules as a newsroom might have them, the same ones each time."""
    chance = random.Random(count)
    codes = [one for one in sorted(COUNTRIES) if one != "US"]
    rules = []
    for number in range(count):
        kind = chance.random()
        unless: tuple[Condition, ...] = ()
        if kind < 0.6:
            pair = chance.sample(codes, 2)
            if chance.random() < 0.2:
                pair[0] = "US"
            match: Condition = All(
                of=(
                    Country(codes=(pair[0],)),
                    Country(codes=(pair[1],)),
                    Concept(id=chance.choice(concepts)),
                )
            )
            unless = (Concept(id="sport"),)
        elif kind < 0.8:
            match = All(
                of=(Country(codes=(chance.choice(codes),)), own_term(chance, vocabulary, 2))
            )
        else:
            terms = tuple(own_term(chance, vocabulary, 1) for _ in range(3))
            match = chance.choice(
                [
                    Near(of=terms[:2], words=12, ordered=chance.random() < 0.5),
                    Count(of=terms[0], min=3),
                    Score(threshold=6, of=tuple(Weight(of=one, weight=2, most=4) for one in terms)),
                ]
            )
        rules.append(Rule(id=f"rule-{number}", match=match, unless=unless))
    return rules


def own_term(chance: random.Random, vocabulary: Sequence[str], words: int) -> Term:
    return Term(text=" ".join(chance.sample(vocabulary, words)))


COUNTRIES = loading.packs.territories()


Work = Callable[[Article], object]


def seconds_each(
    works: Mapping[str, Work], texts: Sequence[Article], rounds: int, *, warm: bool = True
) -> dict[str, float]:
    """The median round's time of each for one text, in turns.

    Warm: each goes over the texts once before its clock runs, so that nobody pays for what another
    has driven out of the caches.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            for text in texts if warm else ():
                work(text)
            began = time.thread_time()
            for text in texts:
                work(text)
            times[name].append((time.thread_time() - began) / len(texts))
    return {name: median(one) for name, one in times.items()}


def ruleset_of(rules: Sequence[Rule]) -> RuleSet:
    concepts = loading.shipped_concepts()
    return loading.with_forms(RuleSet(rules=tuple(rules), concepts=concepts))


def report(name: str, seconds: float, ours: float, note: str = "") -> None:
    print(f"  {name:44} {seconds * 1e3:10.3f} ms a text {seconds / ours:9.1f} ×  {note}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--quick", action="store_true", help="without 50,000 rules")
    options.add_argument("--models", action="store_true", help="with spaCy's models, if installed")
    chosen = options.parse_args()
    os.environ[MODELS] = "yes" if chosen.models else ""
    without_models()
    found = articles()
    half = len(found) // 2
    seen, unseen = found[::2][:half], found[1::2]
    vocabulary = specific_words(seen)
    concepts = sorted(loading.shipped_concepts().keys() - {"sport"})
    texts = long_texts(unseen)
    print(f"{len(texts)} texts of {WORDS} words in {len({a.language for a in texts})} languages")

    times: dict[int, float] = {}
    for count in (100, 1_000, 10_000, *(() if chosen.quick else (50_000,))):
        times[count] = measured_aside(count, vocabulary, concepts, texts)
    peers(10_000, vocabulary, concepts, texts)
    last = max(times)
    print(f"from 1,000 to {last:,} rules a text takes {times[last] / times[1_000]:.1f} × as long")


def measured_aside(
    count: int, vocabulary: Sequence[str], concepts: Sequence[str], texts: Sequence[Article]
) -> float:
    """In a process of its own, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure_ours, (count, vocabulary, concepts, texts))


MODELS = "BENCH_MODELS"


def without_models() -> None:
    """Measure the engine as it is installed by default, whatever is installed here."""
    if not os.environ.get(MODELS):
        recogniser.reads = lambda _: False


def measure_ours(
    count: int, vocabulary: Sequence[str], concepts: Sequence[str], texts: Sequence[Article]
) -> float:
    without_models()
    rules = made_up_rules(count, vocabulary, concepts)
    began = time.perf_counter()
    ruleset = ruleset_of(rules)
    forms = time.perf_counter() - began
    began = time.perf_counter()
    engine = compile_rules(ruleset)
    compiled = time.perf_counter() - began
    gc.collect()
    reading.settle(count)
    began = time.perf_counter()
    for text in texts[:: len(texts) // 16]:
        judge(engine, text, NOW)
    first = time.perf_counter() - began
    each = seconds_each({"": lambda text: judge(engine, text, NOW)}, texts, 5)[""]
    matches = sum(len(judge(engine, text, NOW).matches) for text in texts)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{count:7,} rules: {each * 1e3:6.3f} ms a text, {1 / each:6,.0f} texts/s;"
        f" {matches / len(texts):.2f} matches a text; word forms {forms:.1f} s,"
        f" compiling {compiled:.1f} s, first texts {first:.1f} s; {memory} MB"
    )
    return each


def peers(
    count: int, vocabulary: Sequence[str], concepts: Sequence[str], texts: Sequence[Article]
) -> None:
    print(f"beside others, {count:,} rules:")
    ruleset = ruleset_of(made_up_rules(count, vocabulary, concepts))
    engine = compile_rules(ruleset)
    listed = [
        *chain.from_iterable(map(country_entries, sorted({*engine.languages, "any"}))),
        *rule_entries(leaves_of(ruleset), ruleset),
    ]
    terms = sorted({entry.text for entry in listed})
    nlp = spacy.blank("xx")

    began = time.perf_counter()
    phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
    phrases.add("terms", [nlp.make_doc(term) for term in terms])
    built = time.perf_counter() - began
    gc.collect()
    reading.settle(count)
    quick = seconds_each(
        {
            "ours": lambda text: judge(engine, text, NOW),
            "scan": lambda text: scan_of(engine, text),
            "phrase": lambda text: phrases(nlp.make_doc(whole(text))),
        },
        texts,
        7,
    )
    ours, scan, phrase = quick["ours"], quick["scan"], quick["phrase"]

    few = terms[:2_000]
    matcher = Matcher(nlp.vocab)
    for number, term in enumerate(few):
        matcher.add(str(number), [[{"LOWER": token.lower_} for token in nlp.make_doc(term)]])

    by_key: dict[str, list[Entry]] = {}
    for entry in listed:
        by_key.setdefault(entry.key, []).append(entry)
    part, few_texts = ruleset.rules[:20], texts[:: len(texts) // 4]
    patterns = [compiled(rule, by_key) for rule in part]

    used = [entries_for(rule, by_key) for rule in part]
    slow = seconds_each(
        {
            "token": lambda text: matcher(nlp.make_doc(whole(text))),
            "regex": lambda text: regexes(patterns, whole(text)),
            "plain": lambda text: plain_way(part, used, engine, text),
        },
        few_texts,
        1,
        warm=False,
    )
    token = slow["token"] * len(terms) / len(few)
    one_each, plainly = (slow[name] * count / len(part) for name in ("regex", "plain"))

    print(f"  {len(terms):,} terms; PhraseMatcher was built in {built:.1f} s")
    report("news-monitor, scan alone", scan, scan)
    report("spaCy PhraseMatcher, terms only", phrase, scan, "of our scan")
    report("news-monitor, rules, evidence, relevance", ours, ours)
    report("spaCy PhraseMatcher, terms only", phrase, ours)
    report("spaCy Matcher, terms only", token, ours, f"from {len(few):,} terms, 4 texts")
    report("a regular expression a rule", one_each, ours, "from 20 rules, 4 texts")
    report("our plain evaluator", plainly, ours, "from 20 rules, 4 texts")


def whole(text: Article) -> str:
    return f"{text.title}\n{text.text}"


def scan_of(engine: Engine, text: Article) -> object:
    return engine.index.scan(fold(f"{text.title}\n\n{text.text}"), text.language).counts()


def compiled(rule: Rule, by_key: dict[str, list[Entry]]) -> list[regex.Pattern[str]]:
    """An expression for each thing that a rule asks for; all must be found."""
    return [
        regex.compile(
            r"\b(?:"
            + "|".join(regex.escape(one.text) for key in keys_of(leaf) for one in by_key[key])
            + r")\b",
            regex.I,
        )
        for leaf in all_leaves(rule.match)
    ]


def regexes(patterns: Sequence[Sequence[regex.Pattern[str]]], text: str) -> int:
    return sum(all(pattern.search(text) for pattern in rule) for rule in patterns)


def entries_for(rule: Rule, by_key: dict[str, list[Entry]]) -> list[Entry]:
    """What a rule's terms are, with the phrases that mask them."""
    keys = {key for leaf in all_leaves(rule.match) for key in keys_of(leaf)}
    return [
        one for key in sorted(keys) for name in (key, MASK + key) for one in by_key.get(name, ())
    ]


def plain_way(
    rules: Sequence[Rule], used: Sequence[list[Entry]], engine: Engine, text: Article
) -> int:
    held = 0
    for rule, listed in zip(rules, used, strict=True):
        page = plain.PlainPage(text, listed, engine.languages, lambda word, _: (word,))
        held += plain.holds(rule.match, page)
    return held


if __name__ == "__main__":
    main()
