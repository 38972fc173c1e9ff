"""Decides: what conditions and term lists name: concepts, entities, groups, countries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, TypeAlias

from monitor.matching.rules import (
    Concept,
    Condition,
    Country,
    Entity,
    EntityNames,
    Group,
    Rule,
    Term,
    TermList,
    inner,
)


class Kind(StrEnum):
    """What it is that is named, by the key of the condition."""

    CONCEPT = "concept"
    ENTITY = "entity"
    GROUP = "group"
    COUNTRY = "country"


class Reference(NamedTuple):
    """One thing that is named."""

    kind: Kind
    id: str


Listed: TypeAlias = TermList | EntityNames
Lists: TypeAlias = Mapping[Reference, Listed]
"""Concepts and entities, by what they are named by."""


def lists(concepts: Mapping[str, TermList], entities: Mapping[str, EntityNames]) -> Lists:
    """All of them together."""
    return {
        **{Reference(Kind.CONCEPT, name): terms for name, terms in concepts.items()},
        **{Reference(Kind.ENTITY, name): names for name, names in entities.items()},
    }


def named_by_rule(rule: Rule) -> frozenset[Reference]:
    """What a rule names itself."""
    return frozenset(chain.from_iterable(map(_named_in, (rule.match, *rule.unless))))


def named_by_list(listed: Listed) -> frozenset[Reference]:
    """What a concept or an entity names: other concepts, and what its terms want nearby."""
    used = listed.use if isinstance(listed, TermList) else ()
    terms = chain.from_iterable(terms_of(listed).values())
    return frozenset(
        chain(
            (Reference(Kind.CONCEPT, name) for name in used),
            *(_named_in(term) for term in terms if term.only_near or term.unless_near),
        )
    )


def terms_of(listed: Listed) -> Mapping[str, tuple[Term, ...]]:
    """The terms of a list, by language."""
    return listed.terms if isinstance(listed, TermList) else listed.names


Links: TypeAlias = Mapping[Reference, frozenset[Reference]]
"""What each list names."""


def links(among: Lists) -> Links:
    """What each of the lists names: looked up once, as terms are many."""
    return {name: named_by_list(listed) for name, listed in among.items()}


def reached(names: Iterable[Reference], links: Links) -> frozenset[Reference]:
    """These and all that they name, directly or not; unknown ones are among them."""
    found: set[Reference] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(links.get(name, ()))
    return frozenset(found)


def walk(condition: Condition) -> Iterator[Condition]:
    """A condition and all that are inside it, those in the options of its terms among them."""
    yield condition
    inside = inner(condition)
    if isinstance(condition, Term):
        inside = (*condition.only_near, *condition.unless_near)
    for one in inside:
        yield from walk(one)


def _named_in(condition: Condition) -> Iterator[Reference]:
    for one in walk(condition):
        match one:
            case Country(codes=codes):
                yield from (Reference(Kind.COUNTRY, code) for code in codes)
            case Concept(id=name):
                yield Reference(Kind.CONCEPT, name)
            case Entity(id=name):
                yield Reference(Kind.ENTITY, name)
            case Group(ids=names):
                yield from (Reference(Kind.GROUP, name) for name in names)
