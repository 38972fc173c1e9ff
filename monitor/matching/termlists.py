"""Decides: which concepts and entities there are, and all that is wrong in their files.

They may name each other: a concept uses others, and a term may want a concept or an entity
nearby. What names a broken one cannot be used either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from monitor.errors import Mistake
from monitor.matching.conceptfile import read_concept
from monitor.matching.entityfile import read_entity
from monitor.matching.listfile import name_of, twice
from monitor.matching.references import Kind, Links, Listed, Lists, Reference, links
from monitor.matching.rules import EntityNames, TermList
from monitor.matching.shapecheck import placed
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint

_Documents: TypeAlias = list[tuple[Reference, Document]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLists:
    """What the files and the lists that were there before come to."""

    usable: Lists
    vocabulary: Vocabulary
    """With the names of those that cannot be used: a rule that names one is not itself mistaken."""
    mistakes: tuple[Mistake, ...]

    @property
    def concepts(self) -> Mapping[str, TermList]:
        """The usable concepts."""
        return {one.id: one for one in self.usable.values() if isinstance(one, TermList)}

    @property
    def entities(self) -> Mapping[str, EntityNames]:
        """The usable entities."""
        return {one.id: one for one in self.usable.values() if isinstance(one, EntityNames)}


def read_lists(
    concepts: Iterable[Document],
    entities: Iterable[Document],
    before: Lists,
    vocabulary: Vocabulary,
) -> TermLists:
    """Read the files of both; one that has the id of a list in ``before`` replaces it."""
    documents: _Documents = [
        *((Reference(Kind.CONCEPT, name_of(one)), one) for one in concepts),
        *((Reference(Kind.ENTITY, name_of(one)), one) for one in entities),
    ]
    names = before.keys() | {name for name, _ in documents}
    vocabulary = replace(
        vocabulary,
        concepts=frozenset(one.id for one in names if one.kind is Kind.CONCEPT),
        entities=frozenset(one.id for one in names if one.kind is Kind.ENTITY),
    )
    found = dict(before)
    first: dict[Reference, Document] = {}
    mistakes: list[Mistake] = []
    for name, document in documents:
        listed, wrong = _read(name.kind, document, vocabulary)
        if document.root and first.setdefault(name, document) is not document:
            wrong.append(twice(document, first[name]))
        mistakes += [*document.mistakes, *wrong]
        if listed is None or wrong or document.mistakes:
            found.pop(name, None)
        else:
            found[name] = listed
    linked = links(found)
    sound = _sound(linked)
    broken = {name: named for name, named in linked.items() if name not in sound}
    mistakes += _circles(found, broken, first)
    usable = {name: listed for name, listed in found.items() if name in sound}
    return TermLists(usable=usable, vocabulary=vocabulary, mistakes=tuple(mistakes))


def _read(
    kind: Kind, document: Document, vocabulary: Vocabulary
) -> tuple[Listed | None, list[Mistake]]:
    if kind is Kind.CONCEPT:
        return read_concept(document, vocabulary)
    return read_entity(document, vocabulary)


# --- circles -------------------------------------------------------------------------


def _circles(lists: Lists, links: Links, first: Mapping[Reference, Document]) -> list[Mistake]:
    """A mistake for every circle of lists that name each other, at the first file in it."""
    mistakes: list[Mistake] = []
    told: set[Reference] = set()
    for name, document in first.items():
        if name in told or not (circle := _circle(name, links)):
            continue
        told.update(circle)
        message = f"goes in a circle: {' → '.join(one.id for one in [*circle, name])}"
        is_used = _uses(lists[name], circle[1] if len(circle) > 1 else name)
        path = ("use",) if is_used else ("id",)
        message += "" if is_used else ", by what its terms want nearby"
        mistakes.append(placed(document, Complaint(path=path, message=message)))
    return mistakes


def _uses(listed: Listed, other: Reference) -> bool:
    """Whether it names the other under ``use``, and not as what a term wants nearby."""
    return isinstance(listed, TermList) and other.id in listed.use


def _circle(name: Reference, links: Links) -> list[Reference]:
    """The shortest way from a list to itself, by what each names; empty if there is none."""
    ways = [[name]]
    visited: set[Reference] = set()
    for way in ways:
        for other in _lists_named(way[-1], links):
            if other == name:
                return way
            if other not in visited:
                visited.add(other)
                ways.append([*way, other])
    return []


def _lists_named(name: Reference, links: Links) -> list[Reference]:
    return [one for one in sorted(links.get(name, ())) if _is_list(one)]


def _is_list(name: Reference) -> bool:
    return name.kind in {Kind.CONCEPT, Kind.ENTITY}


def _sound(links: Links) -> frozenset[Reference]:
    """The lists all of whose names lead to lists without a mistake, and never back."""
    waiting = {name: len(_lists_named(name, links)) for name in links}
    namers: defaultdict[Reference, list[Reference]] = defaultdict(list)
    for name in links:
        for other in _lists_named(name, links):
            namers[other].append(name)
    ready = [name for name, left in waiting.items() if not left]
    for name in ready:
        for namer in namers[name]:
            waiting[namer] -= 1
            if not waiting[namer]:
                ready.append(namer)
    return frozenset(ready)
