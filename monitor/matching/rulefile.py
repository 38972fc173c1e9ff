"""Decides: which rules the files of a folder hold, and all that is wrong in them.

::

    bytes → nodes (yamlnodes) → shapes → packs, then term lists, then rules → RuleSet, mistakes

``read`` is pure; ``files_in`` (``rulefolder``) looks at the disk. A file below a folder named
``concepts`` holds one concept, below ``entities`` one entity, below ``packs`` words for one
country; any other file one rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath

from monitor.errors import Mistake
from monitor.matching import versions
from monitor.matching.conditions import condition
from monitor.matching.packfile import read_packs
from monitor.matching.references import Kind, lists, named_by_rule
from monitor.matching.rulefolder import CONCEPTS, ENTITIES, LISTS, PACKS, files_in
from monitor.matching.rules import (
    Alias,
    EntityNames,
    Rule,
    RuleSet,
    RuleTest,
    TermList,
    Where,
)
from monitor.matching.ruleshape import RuleShape, WhereShape, keys_known, schema
from monitor.matching.shapecheck import checked, place_of, placed
from monitor.matching.termlists import TermLists, read_lists
from monitor.matching.vocabulary import Vocabulary
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
    groups: Collection[str] = (),
    concepts: Mapping[str, TermList] | None = None,
    entities: Mapping[str, EntityNames] | None = None,
    known: Known | None = None,
) -> tuple[RuleSet, tuple[Mistake, ...]]:
    """Read the files of rules, and of what they name.

    Args:
        files: the bytes of each, or why there are none; the key is the path shown to people.
        countries: the codes that a rule may name. In a mapping, each with its English name, by
            which a wrong code is explained.
        groups: those that a rule may name. In a mapping, each with what it stands for, which
            then counts for the versions of the rules that name it.
        concepts: those that are there already; one of the same id in ``files`` replaces it.
        entities: likewise.
        known: what rules may name; ``None``: any destination and any feed tag.

    Returns:
        The rules without a mistake and all usable concepts, entities and packs; and all mistakes
        of all files, by file and line. A rule that names what has a mistake is left out too.
    """
    kinds = _by_kind(files)
    everything = Vocabulary(
        countries=countries,
        groups=groups,
        destinations=known.destinations if known else None,
        feed_tags=known.feed_tags if known else None,
    )
    aliases, wrong_packs = read_packs(_composed(files, kinds[PACKS]), everything)
    found = read_lists(
        _composed(files, kinds[CONCEPTS]),
        _composed(files, kinds[ENTITIES]),
        lists(concepts or {}, entities or {}),
        everything,
    )
    made, wrong = _read_rules(_composed(files, kinds[""]), found.vocabulary)
    unread = [value for value in files.values() if isinstance(value, Mistake)]
    ruleset = _versioned(made, found, groups, aliases)
    return ruleset, tuple(sorted([*unread, *wrong_packs, *found.mistakes, *wrong]))


def _composed(files: Mapping[str, bytes | Mistake], chosen: Iterable[str]) -> Iterator[Document]:
    """One at a time, so that the nodes of one file can go before those of the next come."""
    for path in sorted(chosen):
        data = files[path]
        if isinstance(data, bytes):
            yield compose(path, data)


def _by_kind(paths: Collection[str]) -> Mapping[str, list[str]]:
    """The paths below each kind of folder, that all of them share or that is below that."""
    folders = {path: path.rpartition("/")[0] for path in paths}
    parts = {folder: PurePath(folder).parts for folder in set(folders.values())}
    columns = zip(*parts.values(), strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, columns)))
    start = max(shared - 1, 0)
    kinds = {
        folder: next((part for part in reversed(names[start:]) if part in LISTS), "")
        for folder, names in parts.items()
    }
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path, folder in folders.items():
        found[kinds[folder]].append(path)
    return found


_LISTED = frozenset({Kind.CONCEPT, Kind.ENTITY})


def _versioned(
    made: Iterable[Rule], found: TermLists, groups: Collection[str], aliases: tuple[Alias, ...]
) -> RuleSet:
    named = versions.named(found.usable, groups, aliases)
    sound: list[Rule] = []
    for rule in made:
        names = named_by_rule(rule)
        if all(one in found.usable for one in names if one.kind in _LISTED):
            version = versions.rule_version(rule, names, named)
            sound.append(replace(rule, version=version))
    return RuleSet(
        rules=tuple(sound),
        concepts=found.concepts,
        entities=found.entities,
        aliases=aliases,
        version=versions.ruleset_version(sound, named),
    )


# --- rules ---------------------------------------------------------------------------

_KEYS = keys_known(RuleShape)


def _read_rules(
    documents: Iterable[Document], vocabulary: Vocabulary
) -> tuple[list[Rule], list[Mistake]]:
    made: list[Rule] = []
    mistakes: list[Mistake] = []
    first: dict[str, str] = {}
    for document in documents:
        shape, wrong = checked(document, RuleShape, vocabulary, _KEYS)
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
        match=condition(shape.match),
        title=shape.title,
        owner=shape.owner,
        severity=shape.severity,
        status=shape.status,
        review_by=shape.review_by,
        unless=tuple(map(condition, shape.unless)),
        where=_where(shape.where),
        notify=shape.notify,
        min_relevance=shape.min_relevance,
        digest=shape.digest,
        throttle=shape.throttle,
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
