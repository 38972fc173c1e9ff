"""Decides: the version of a rule, a hash of everything that its verdicts follow from.

The same content has the same version in every process and on every machine, however its file
is laid out; comments, tests, owner and the like do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import timedelta
from functools import cache, lru_cache
from itertools import chain

from monitor.matching import rules
from monitor.matching.references import Kind, Links, Lists, Reference, links, reached, walk
from monitor.matching.rules import Alias, Concept, Country, Entity, EntityNames, Group, Rule

_LENGTH = 12
"""Hex digits: 2.8e14 versions, and short enough to be read out on the telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """All that rules may name, with the digest of each."""

    links: Links
    digests: Mapping[Reference, str]
    """Of the lists and the groups."""
    aliases: str
    """Of the user's own words for countries: those for one bear out those for another."""
    entities: str
    """Of all entity files: a country's word in the name of a person is none."""


def named(lists: Lists, groups: Collection[str], aliases: Collection[Alias]) -> Named:
    """Digests of what rules may name; of groups only where ``groups`` says what each is."""
    known = groups if isinstance(groups, Mapping) else {}
    entities = tuple(one for _, one in sorted(lists.items()) if isinstance(one, EntityNames))
    return Named(
        links=links(lists),
        digests={
            **{name: digest(listed) for name, listed in lists.items()},
            **{Reference(Kind.GROUP, name): digest(group) for name, group in known.items()},
        },
        aliases=digest(tuple(aliases)) if aliases else "",
        entities=digest(entities) if entities else "",
    )


def rule_version(rule: Rule, names: Iterable[Reference], named: Named) -> str:
    """The version of a rule and of all that it names: ``names``, and what these name."""
    used = sorted(reached(names, named.links))
    has_countries = any(one.kind in {Kind.COUNTRY, Kind.GROUP} for one in used)
    content = (
        *(rule.match, rule.unless, rule.where, rule.min_relevance),
        *(rule.notify, rule.severity, rule.title),
        tuple((*one, named.digests[one]) for one in used if one in named.digests),
        named.aliases if has_countries else "",
        named.entities if named.entities and (has_countries or _asks_for_names(rule)) else "",
    )
    return digest(content)[:_LENGTH]


def _asks_for_names(rule: Rule) -> bool:
    inside = chain.from_iterable(map(walk, (rule.match, *rule.unless)))
    return any(isinstance(one, rules.Named) for one in inside)


def ruleset_version(rules: Iterable[Rule], named: Named) -> str:
    """The version of all rules, and of all that they may name, together."""
    content = (
        tuple(sorted((rule.id, rule.version) for rule in rules)),
        tuple((*one, found) for one, found in sorted(named.digests.items())),
        named.aliases,
    )
    return digest(content)[:_LENGTH]


def digest(value: object) -> str:
    """A SHA-256 over frozen values, places left out."""
    return hashlib.sha256(_encode(_plain(value)).encode()).hexdigest()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _plain(value: object) -> object:
    """Without what is as it is by default: a new option changes no version but of its users."""
    match value:
        case str() | int() | float() | None:
            return value
        case tuple():
            return [_plain(item) for item in value]
        case frozenset():
            return sorted(value)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case timedelta():
            return value.total_seconds()
        case Country() | Group() | Concept() | Entity():
            return _same_in_many(value)
    return _told(value)


@lru_cache(4_096)
def _same_in_many(leaf: Country | Group | Concept | Entity) -> object:
    """Ten thousand rules name the same hundred things."""
    return _told(leaf)


def _told(value: object) -> object:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"no canonical form for {value!r}")
    told = {
        name: _plain(given)
        for name, default in _compared(type(value))
        if (given := getattr(value, name)) is not default and given != default
    }
    return [type(value).__name__, told]


@cache
def _compared(kind: type) -> tuple[tuple[str, object], ...]:
    """The fields of a class that count, each with its default."""
    assert is_dataclass(kind)
    return tuple(
        (
            field.name,
            field.default if field.default_factory is MISSING else field.default_factory(),
        )
        for field in fields(kind)
        if field.compare
    )
