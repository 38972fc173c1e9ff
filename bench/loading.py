"""Measures loading: 10,000 rules from YAML, cold and from the cache, and a reload under load.

``python bench/loading.py``. The rules are those of ``bench/matching.py``, one a file.
Cold means that these rules were never loaded; the word forms of the languages are there, as after
the first start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.matching import articles, long_texts, made_up_rules, specific_words
from monitor import assembly, loading, reading, workers
from monitor.matching.rules import All, Condition, Count, Country, Near, Rule, Score, Term

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PATIENCE = timedelta(seconds=60)


def as_yaml(rule: Rule) -> str:
    """YAML is a superset of JSON; a rule a file, in both their ways of writing."""
    lines = [f"id: {rule.id}", "match:"]
    lines += [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in shape(rule.match)]
    if rule.unless:
        lines += ["unless:", "  - concept: sport"]
    return "\n".join(lines) + "\n"


def shape(condition: Condition) -> list[tuple[str, object]]:
    match condition:
        case All(of=of):
            return [("all", [dict(shape(one)) for one in of])]
        case Near(of=of, words=words, ordered=ordered):
            of_ = [dict(shape(one)) for one in of]
            return [("near", {"words": words, "ordered": ordered, "of": of_})]
        case Count(of=of, min=least):
            return [("count", {"of": dict(shape(of)), "min": least})]
        case Score(threshold=threshold, of=weights):
            parts = [{**dict(shape(w.of)), "weight": w.weight, "max": w.most} for w in weights]
            return [("score", {"threshold": threshold, "of": parts})]
        case Country(codes=codes):
            return [("country", codes[0])]
        case Term(text=text):
            return [("term", text)]
        case _:
            return [("concept", condition.id)]  # type: ignore[union-attr]


def load_aside(folder: Path, home: Path) -> str:
    """What a process says that loads a folder of rules: seconds, of its own too, and megabytes."""
    code = (
        "import sys, time, resource; from pathlib import Path; from monitor import loading;"
        "began, own = time.perf_counter(), time.process_time();"
        "loading.load(Path(sys.argv[1]));"
        "memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "print(f'{time.perf_counter() - began:.2f} s ({time.process_time() - own:.2f} s of its own),'"
        " f' {memory} MB')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CACHE_DIRECTORY": str(home)},
    )
    return done.stdout.strip()


async def reload_under_load(folder: Path) -> None:
    """Ask readers without a pause while they are replaced; the longest that one answer took."""
    texts = long_texts(articles())[:40]
    workers.preload("monitor.preloaded")
    rules = loading.packed(folder)
    languages = frozenset(text.language for text in texts if text.language)
    pool = workers.Workers(2, reading.start, (rules, languages))
    await pool.call(PATIENCE, reading.judge_all, texts, NOW)
    waits: list[float] = []
    pauses: list[float] = []
    is_over = asyncio.Event()

    async def ask() -> None:
        while not is_over.is_set():
            for text in texts:
                began = time.perf_counter()
                await pool.call(PATIENCE, reading.judge_all, (text,), NOW)
                waits.append(time.perf_counter() - began)

    async def beat() -> None:
        while not is_over.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            pauses.append(time.perf_counter() - began)

    beating = asyncio.create_task(beat())
    asking = asyncio.create_task(ask())
    await asyncio.sleep(2)
    usual = sorted(waits)[len(waits) // 2]
    before = len(waits)
    (folder / "one-more.yaml").write_text("id: one-more\nmatch: {term: more}\n", encoding="utf-8")
    began = time.perf_counter()
    changed = await assembly.rules_aside(folder, None)
    await pool.renew((changed, languages), PATIENCE)
    took = time.perf_counter() - began
    is_over.set()
    await asyncio.gather(asking, beating)
    pool.close()
    print(
        f"reload: {took:.1f} s aside; meanwhile {len(waits) - before} articles were judged,"
        f" the longest answer {max(waits[before:]) * 1e3:.0f} ms (usually {usual * 1e3:.1f} ms),"
        f" the core's longest pause {max(pauses) * 1e3:.0f} ms"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("count", type=int, nargs="?", default=10_000, help="how many rules")
    count = options.parse_args().count
    found = articles()
    vocabulary = specific_words(found[::2])
    concepts = sorted(loading.shipped_concepts().keys() - {"sport"})
    from monitor.matching import inflection, packs

    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name, "rules"), Path(name, "cache")
        folder.mkdir()
        os.environ["CACHE_DIRECTORY"] = str(home)
        inflection.prepare(packs.languages(), lambda said: print(said, file=sys.stderr))
        for rule in made_up_rules(count, vocabulary, concepts):
            (folder / f"{rule.id}.yaml").write_text(as_yaml(rule), encoding="utf-8")
        print(f"{count:,} rules from YAML, cold: {load_aside(folder, home)}")
        for _ in range(3):
            print(f"{count:,} rules from the cache: {load_aside(folder, home)}")
        asyncio.run(reload_under_load(folder))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"largest process: {children} MB")


if __name__ == "__main__":
    main()
