"""Orders: rule files become a set of rules that may be used, or every mistake in them.

::

    files → read → compile → the rules' own tests → RuleSet | RulesError
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from monitor.articles import language
from monitor.config import Config
from monitor.errors import Mistake, RulesError
from monitor.matching import packs, rulefile
from monitor.matching.engine import Engine, compile_rules
from monitor.matching.explain import explain
from monitor.matching.rulefile import Known
from monitor.matching.rules import Rule, RuleSet, RuleTest, TermList
from monitor.models import Article


def load(folder: Path, known: Known | None = None) -> RuleSet:
    """The rules below a folder, each of which has passed its own tests.

    ``known`` are the destinations and feed tags that rules may name; ``None``: any.

    Raises:
        RulesError: with every mistake of every file.
    """
    contents = rulefile.files_in(folder)
    ruleset, mistakes = rulefile.read(
        contents, countries=packs.territories(), concepts=shipped_concepts(), known=known
    )
    failed = [mistake for _, _, mistake in trials(ruleset) if mistake is not None]
    if mistakes or failed:
        raise RulesError([*mistakes, *failed])
    return ruleset


def names_in(settings: Config) -> Known:
    """What rules may name under this configuration."""
    return Known(
        destinations=frozenset(settings.destinations),
        feed_tags=frozenset(tag for feed in settings.sources for tag in feed.tags),
    )


def trials(ruleset: RuleSet) -> Iterator[tuple[Rule, RuleTest, Mistake | None]]:
    """Run each rule's own tests; a mistake says why one failed."""
    engine = compile_rules(ruleset)
    for rule in ruleset.rules:
        for test in rule.tests:
            yield rule, test, _try(engine, rule, test)


def _try(engine: Engine, rule: Rule, test: RuleTest) -> Mistake | None:
    """A test is about words: filters on the article's feed and age are not asked."""
    spoken = test.language or language.detect("", test.text, engine.languages)
    now = datetime.now(UTC)
    found = explain(engine, rule, Article(text=test.text, language=spoken, published_at=now), now)
    if found.fires is test.fires:
        return None
    expected = "fire" if test.fires else "be silent"
    why = found.why if test.fires else "every condition holds"
    return Mistake(
        file=test.place.file,
        line=test.place.line,
        column=test.place.column,
        quote=test.place.quote,
        message=f"{rule.id}: its own test should {expected} ({spoken or 'no language'}): {why}",
    )


@cache
def shipped_concepts() -> Mapping[str, TermList]:
    """The term lists that come with the program; a user's own of the same id replaces one."""
    folder = examples() / "rules" / "concepts"
    contents = {
        f"concepts/{path.name}": path.read_bytes()
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".yaml")
    }
    ruleset, mistakes = rulefile.read(contents, countries=packs.territories())
    if mistakes:
        raise RulesError(mistakes)
    return ruleset.concepts


def examples() -> Traversable:
    """Where the sample rules and configuration are: in the wheel, or in the source tree."""
    package = files("monitor")
    inside = package / "examples"
    if inside.is_dir():
        return inside
    return Path(str(package)).parent
