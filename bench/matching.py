"""Measures matching beside spaCy's PhraseMatcher: the same terms over the same articles, in one run.

``./dev bench`` or ``python bench/matching.py``. The articles are those of ``../shared/data`` where
they are, else the demo's. The rule is the founding one; the engine does all of its work (language
aside): folding, search, conditions, relevance, evidence. PhraseMatcher only finds the terms.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from statistics import median

import spacy
from spacy.matcher import PhraseMatcher

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor import loading
from monitor.matching import packs
from monitor.matching.engine import compile_rules, judge
from monitor.models import Article

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT.parent / "shared" / "data" / "ntrex_articles.jsonl"
ROUNDS = 5


def articles() -> list[Article]:
    if ARTICLES.exists():
        values = map(json.loads, ARTICLES.read_text(encoding="utf-8").splitlines())
        return [Article(title=v["title"], text=v["text"], language=v["lang"]) for v in values]
    from monitor.articles.text import plain
    from tests.demo.articles import ARTICLES as OWN

    return [Article(title=a.title, text=plain(a.html), language=a.language) for a in OWN]


def seconds(work: Callable[[], object]) -> list[float]:
    """Each round's time; the first, which warms, is not among them."""
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times[1:]


def main() -> None:
    texts = articles()
    ruleset = loading.load(ROOT / "rules")
    began = time.perf_counter()
    engine = compile_rules(ruleset)
    build = time.perf_counter() - began
    now = datetime.now(UTC)
    ours = seconds(lambda: [judge(engine, article, now) for article in texts])

    terms = set(all_terms(ruleset.concepts, engine.languages))
    nlp = spacy.blank("xx")
    began = time.perf_counter()
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("terms", [nlp.make_doc(term) for term in terms])
    build_theirs = time.perf_counter() - began

    def scan() -> None:
        for article in texts:
            matcher(nlp.make_doc(f"{article.title}\n{article.text}"))

    theirs = seconds(scan)
    print(
        f"{len(texts)} articles, {len(terms)} terms, median of {ROUNDS} rounds (fastest – slowest)"
    )
    report("news-monitor, whole engine", ours, len(texts), build)
    report("spaCy PhraseMatcher, terms only", theirs, len(texts), build_theirs)
    print(f"ratio: {median(theirs) / median(ours):.1f} ×")


def all_terms(concepts: object, languages: frozenset[str]) -> Iterable[str]:
    assert isinstance(concepts, dict) or hasattr(concepts, "values")
    for concept in concepts.values():
        yield from (term.text for term in chain.from_iterable(concept.terms.values()))
    for code in ("DZ", "US"):
        yield from (word.text for word in packs.words(code, languages))


def report(name: str, times: list[float], count: int, build: float) -> None:
    rates = sorted(count / one for one in times)
    print(
        f"{name:34} {count / median(times):8.0f} articles/s"
        f" ({rates[0]:.0f} – {rates[-1]:.0f}), built in {build:.2f} s"
    )


if __name__ == "__main__":
    main()
