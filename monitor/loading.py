"""Orders: rule files become a set of rules that may be used, or every mistake in them.

::

    files → read → word forms → compile → the rules' own tests → PackedRules | RulesError

What has passed is kept in the cache folder under a hash of everything it was made from, so that
a start with thousands of rules that were seen before is quick.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from monitor import __version__, caches
from monitor.articles import language
from monitor.config import Config
from monitor.errors import Mistake, RulesError
from monitor.matching import inflection, packs, recogniser, rulefile
from monitor.matching.engine import Engine, compile_rules, languages_of, spelled_terms, words_of
from monitor.matching.explain import explain
from monitor.matching.packed import PackedRules
from monitor.matching.rulefile import Known
from monitor.matching.rules import Concept, Rule, RuleSet, RuleTest, TermList
from monitor.models import Article


def load(folder: Path, known: Known | None = None) -> RuleSet:
    """The rules below a folder, each of which has passed its own tests.

    ``known`` are the destinations and feed tags that rules may name; ``None``: any.

    Raises:
        RulesError: with every mistake of every file.
    """
    with _without_collection():
        return _packed(folder, known).unpack()


def packed(folder: Path, known: Known | None = None) -> PackedRules:
    """The same, for those who pass them on.

    Raises:
        RulesError: with every mistake of every file.
    """
    with _without_collection():
        return _packed(folder, known)


def packed_or_not(folder: Path, known: Known | None) -> PackedRules | tuple[Mistake, ...]:
    """The same, for another process to call: its mistakes are values."""
    try:
        return packed(folder, known)
    except RulesError as error:
        return error.mistakes


@contextmanager
def _without_collection() -> Iterator[None]:
    """Thousands of rules are millions of objects that live on: looking for circles among them,
    again and again while they are made, takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _packed(folder: Path, known: Known | None) -> PackedRules:
    contents = rulefile.files_in(folder)
    name = f"rules-{_digest(contents, known)}"
    if (kept := caches.read(name)) is not None:
        found: PackedRules = pickle.loads(kept)  # noqa: S301 - only we write there, see caches
        return found
    made = PackedRules.of(_check(contents, known))
    caches.write(name, pickle.dumps(made), family="rules-")
    return made


def _check(contents: Mapping[str, bytes | Mistake], known: Known | None) -> RuleSet:
    ruleset, mistakes = read(contents, known)
    failed = [mistake for _, _, mistake in trials(ruleset) if mistake is not None]
    if mistakes or failed:
        raise RulesError([*mistakes, *failed])
    return ruleset


def read(
    contents: Mapping[str, bytes | Mistake], known: Known | None = None
) -> tuple[RuleSet, tuple[Mistake, ...]]:
    """The rules in these files, ready to be compiled, and every mistake in them."""
    ruleset, mistakes = rulefile.read(
        contents,
        countries=packs.territories(),
        groups=packs.groups(),
        concepts=shipped_concepts(),
        known=known,
    )
    return with_forms(ruleset), mistakes


def _digest(contents: Mapping[str, bytes | Mistake], known: Known | None) -> str:
    """A hash of all that the rules are made from: the files, the names, and this program."""
    names = known and (sorted(known.destinations), sorted(known.feed_tags))
    hashed = hashlib.sha256(repr((__version__, _program(), names)).encode())
    for path, content in sorted(contents.items()):
        data = content if isinstance(content, bytes) else repr(content).encode()
        hashed.update(f"\0{path}\0{len(data)}\0".encode())
        hashed.update(data)
    return hashed.hexdigest()[:32]


@cache
def _program() -> str:
    """What of the program the verdict on a rule depends on: code, packs, models, concepts."""
    hashed = hashlib.sha256(sys.version.encode())
    hashed.update(repr(recogniser.models(packs.languages())).encode())
    folder = Path(str(files("monitor")))
    for path in sorted([*folder.glob("matching/*.py"), *folder.glob("packs/words/*.tsv")]):
        status = path.stat()
        hashed.update(f"{path.name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    for name, content in _shipped_files().items():
        hashed.update(f"\0{name}\0".encode() + content)
    return hashed.hexdigest()


def names_in(settings: Config) -> Known:
    """What rules may name under this configuration."""
    return Known(
        destinations=frozenset(settings.destinations),
        feed_tags=frozenset(tag for feed in settings.sources for tag in feed.tags),
    )


def with_forms(ruleset: RuleSet) -> RuleSet:
    """The rules with the inflected forms of the words in their terms."""
    used = languages_of(ruleset)
    inflection.prepare(used, lambda message: print(f"news-monitor: {message}", file=sys.stderr))
    return replace(ruleset, forms=_forms(words_of(ruleset, used)))


def _forms(words: Iterable[tuple[str, str]]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By language, the forms of those words that have any but themselves."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for word, spoken in words:
        forms = inflection.forms(word, spoken)
        if len(forms) > 1:
            found.setdefault(spoken, {})[word] = forms
    return found


def terms_of(ruleset: RuleSet, concept: str) -> dict[str, dict[str, list[str]]]:
    """By language, each term of a concept with the other forms in which it is found."""
    rule = Rule(id=concept, match=Concept(id=concept))
    one = with_forms(replace(ruleset, rules=(rule,)))
    found: dict[str, dict[str, list[str]]] = {}
    for language_, term, forms in spelled_terms(one):
        found.setdefault(language_, {})[term] = forms
    return dict(sorted(found.items()))


def trials(ruleset: RuleSet) -> Iterator[tuple[Rule, RuleTest, Mistake | None]]:
    """Run each rule's own tests; a mistake says why one failed."""
    if not any(rule.tests for rule in ruleset.rules):
        return
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
    ruleset, mistakes = rulefile.read(_shipped_files(), countries=packs.territories())
    if mistakes:
        raise RulesError(mistakes)
    return ruleset.concepts


@cache
def _shipped_files() -> dict[str, bytes]:
    folder = examples() / "rules" / "concepts"
    return {
        f"concepts/{path.name}": path.read_bytes()
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".yaml")
    }


def examples() -> Traversable:
    """Where the sample rules and configuration are: in the wheel, or in the source tree."""
    package = files("monitor")
    inside = package / "examples"
    if inside.is_dir():
        return inside
    return Path(str(package)).parent
