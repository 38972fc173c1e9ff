"""Measures what the recogniser costs: sentences in doubt alone beside whole articles, in one run.

``./dev bench`` or ``python bench/recogniser.py``; French, with the model of the extra ``models``.
The texts are the French articles of ``../shared/data`` where they are, else the demo's. Each way
answers for every country that the article may mention, which no real rule asks for.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.matching import recogniser
from monitor.matching.engine import Engine, compile_rules
from monitor.matching.names import Names
from monitor.matching.page import COUNTRY, Page
from monitor.matching.rules import RuleSet
from monitor.models import Article

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT.parent / "shared" / "data" / "ntrex_articles.jsonl"


def articles() -> list[Article]:
    if ARTICLES.exists():
        values = map(json.loads, ARTICLES.read_text(encoding="utf-8").splitlines())
        found = [Article(title=v["title"], text=v["text"], language=v["lang"]) for v in values]
    else:
        from monitor.articles.text import plain as plain_text
        from tests.demo.articles import ARTICLES as OWN

        found = [Article(title=a.title, text=plain_text(a.html), language=a.language) for a in OWN]
    return [one for one in found if one.language == "fr"]


def countries(engine: Engine, article: Article) -> int:
    """How many sentences were read to know which countries the article mentions."""
    page = Page(article, article.language, engine.index, engine.fields)
    for key in page.keys:
        if key.startswith(COUNTRY):
            page.mentions(key)
    return len(page._recognised._read)  # noqa: SLF001 - nothing but a benchmark wants to know


def everything(article: Article) -> int:
    names = Names(f"{article.title}\n{article.text}", "fr")
    names.everywhere()
    return len(names._read)  # noqa: SLF001


def report(name: str, work: Callable[[Article], int], texts: Sequence[Article]) -> None:
    work(texts[0])
    began = time.process_time()
    read = [work(text) for text in texts]
    each = (time.process_time() - began) / len(texts)
    asked = sum(map(bool, read))
    print(
        f"  {name:44} {each * 1e3:8.2f} ms an article {1 / each:8.0f}/s;"
        f" {sum(read)} sentences read in {asked} of {len(texts)} articles"
    )


def main() -> None:
    if not recogniser.reads("fr"):
        print("recogniser: nothing measured: no French model is installed (the extra models)")
        return
    texts = articles()
    words = sum(len(one.text.split()) for one in texts) // len(texts)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    recogniser.prepare(["fr"])
    took = time.process_time() - began
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(
        f"{len(texts)} French articles of {words} words; spaCy and its model: {took:.1f} s, {more} MB"
    )
    engine = compile_rules(RuleSet())
    unread = [Article(title=one.title, text=one.text, language="fr") for one in texts]
    report("whole articles", everything, texts)
    report("all countries, sentences in doubt", lambda text: countries(engine, text), unread)


if __name__ == "__main__":
    main()
