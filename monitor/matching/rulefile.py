"""Decides: which rules the files of a folder hold, and all that is wrong in them.

::

    bytes → nodes (yamlnodes) → shapes (ruleshape) → term lists, then rules → RuleSet, mistakes

``read`` is pure; ``files_in`` (``rulefolder``) looks at the disk. A file below a folder named ``concepts``
holds one concept, any other file one rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath

from monitor.errors import Mistake
from monitor.matching import rules, versions
from monitor.matching.conceptfile import read_concepts
from monitor.matching.conditionshape import (
    AllShape,
    AnyShape,
    ConceptShape,
    ConditionShape,
    CountryShape,
    NotShape,
    Vocabulary,
)
from monitor.matching.rulefolder import CONCEPTS, files_in
from monitor.matching.rules import Condition, Rule, RuleSet, RuleTest, Term, TermList, Where
from monitor.matching.ruleshape import RuleShape, WhereShape, known_keys, schema
from monitor.matching.shapecheck import checked, place_of, placed
from monitor.matching.yamlnodes import Document, compose, plain_yaml
from monitor.mistakes import Complaint, quoted

__all__ = ["CONCEPTS", "Known", "files_in", "plain_yaml", "read", "schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the configuration lets rules name."""

    destinations: frozenset[str]
    feed_tags: frozenset[str]


def read(
    files: Mapping[str, bytes | Mistake],
    *,
    countries: Collection[str],
    concepts: Mapping[str, TermList] | None = None,
    known: Known | None = None,
) -> tuple[RuleSet, tuple[Mistake, ...]]:
    """Read rule and concept files.

    Args:
        files: the bytes of each, or why there are none; the key is the path shown to people.
        countries: the codes that a rule may name. In a mapping, each with its English name, by
            which a wrong code is explained.
        concepts: those that are there already; one of the same id in ``files`` replaces it.
        known: what rules may name; ``None``: any destination and any feed tag.

    Returns:
        The rules without a mistake and all usable concepts; and all mistakes of all files, by
        file and line. A rule that names a concept with a mistake is left out too.
    """
    kinds = _concept_files(files)
    lists = read_concepts(_composed(files, kinds), concepts or {})
    vocabulary = Vocabulary(
        countries=countries,
        concepts=lists.names,
        destinations=known.destinations if known else None,
        feed_tags=known.feed_tags if known else None,
    )
    made, wrong = _read_rules(_composed(files, files.keys() - kinds), vocabulary)
    unread = [value for value in files.values() if isinstance(value, Mistake)]
    ruleset = _versioned(made, lists.usable)
    return ruleset, tuple(sorted([*unread, *lists.mistakes, *wrong]))


def _composed(files: Mapping[str, bytes | Mistake], chosen: Set[str]) -> Iterator[Document]:
    """One at a time, so that the nodes of one file can go before those of the next come."""
    for path in sorted(chosen):
        data = files[path]
        if isinstance(data, bytes):
            yield compose(path, data)


def _concept_files(paths: Collection[str]) -> frozenset[str]:
    """Those below a folder ``concepts``, that all of them share or that is below that."""
    parts = {path: PurePath(path).parts[:-1] for path in paths}
    columns = zip(*parts.values(), strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, columns)))
    start = max(shared - 1, 0)
    return frozenset(path for path in paths if CONCEPTS in parts[path][start:])


def _versioned(made: Iterable[Rule], concepts: Mapping[str, TermList]) -> RuleSet:
    digests = {name: versions.digest(terms) for name, terms in concepts.items()}
    sound = tuple(
        replace(rule, version=versions.rule_version(rule, digests, concepts))
        for rule in made
        if versions.concepts_named(rule) <= concepts.keys()
    )
    version = versions.ruleset_version(sound, digests)
    return RuleSet(rules=sound, concepts=concepts, version=version)


# --- rules ---------------------------------------------------------------------------


def _read_rules(
    documents: Iterable[Document], vocabulary: Vocabulary
) -> tuple[list[Rule], list[Mistake]]:
    made: list[Rule] = []
    mistakes: list[Mistake] = []
    first: dict[str, str] = {}
    for document in documents:
        shape, wrong = checked(document, RuleShape, vocabulary, known_keys)
        name = _id(document)
        if name and (other := first.setdefault(name, document.source.file)) != document.source.file:
            message = f"{quoted(name)} is already the id of {other}"
            wrong.append(placed(document, Complaint(path=("id",), message=message)))
        if shape and not wrong and not document.mistakes:
            made.append(_rule(shape, document))
        mistakes += [*document.mistakes, *wrong]
    return made, mistakes


def _id(document: Document) -> str | None:
    plain = document.root.plain if document.root else None
    name = plain.get("id") if isinstance(plain, dict) else None
    return name if isinstance(name, str) else None


def _rule(shape: RuleShape, document: Document) -> Rule:
    return Rule(
        id=shape.id,
        match=_condition(shape.match),
        title=shape.title,
        owner=shape.owner,
        severity=shape.severity,
        status=shape.status,
        review_by=shape.review_by,
        unless=tuple(map(_condition, shape.unless)),
        where=_where(shape.where),
        notify=shape.notify,
        min_relevance=shape.min_relevance,
        tests=tuple(
            RuleTest(
                text=test.fire or test.silent,
                fires=bool(test.fire),
                language=test.language,
                place=place_of(document, "tests", number),
            )
            for number, test in enumerate(shape.tests)
        ),
        place=place_of(document, "id"),
    )


def _where(shape: WhereShape | None) -> Where:
    if shape is None:
        return Where()
    return Where(
        languages=frozenset(shape.languages),
        feed_tags=frozenset(shape.feeds.tags if shape.feeds else ()),
        max_age=shape.max_age,
    )


def _condition(shape: ConditionShape, around: frozenset[rules.Field] = frozenset()) -> Condition:
    """The condition; ``in:`` of what is ``around`` it holds for those that have none."""
    if isinstance(shape, Term):
        return replace(shape, fields=around)
    fields = frozenset(shape.fields) or around
    match shape:
        case CountryShape():
            codes = tuple(dict.fromkeys(shape.codes))
            return rules.Country(codes=codes, by=frozenset(shape.by), fields=fields)
        case ConceptShape():
            return rules.Concept(id=shape.id, fields=fields)
        case AllShape():
            return rules.All(
                of=tuple(_condition(one, fields) for one in shape.of), within=shape.within
            )
        case AnyShape():
            return rules.Any(of=tuple(_condition(one, fields) for one in shape.of))
        case NotShape():
            return rules.Not(of=_condition(shape.of, fields))
