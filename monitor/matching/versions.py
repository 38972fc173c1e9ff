"""Decides: the version of a rule, a hash of everything that its verdicts follow from.

The same content has the same version in every process and on every machine, however its file
is laid out; comments, tests, owner and the like do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta

from monitor.matching.rules import All, Any, Concept, Condition, Not, Rule, TermList

_LENGTH = 12
"""Hex digits: 2.8e14 versions, and short enough to be read out on the telephone."""


def rule_version(rule: Rule, digests: Mapping[str, str], concepts: Mapping[str, TermList]) -> str:
    """The version of a rule and of all term lists it uses (``digests`` of these lists)."""
    used = sorted(concepts_used(concepts_named(rule), concepts))
    content = [
        *(rule.match, rule.unless, rule.where, rule.min_relevance),
        *(rule.notify, rule.severity, rule.title),
        [(name, digests[name]) for name in used],
    ]
    return digest(content)[:_LENGTH]


def ruleset_version(rules: Iterable[Rule], digests: Mapping[str, str]) -> str:
    """The version of all rules and all concepts together."""
    return digest([sorted((rule.id, rule.version) for rule in rules), digests])[:_LENGTH]


def digest(value: object) -> str:
    """A SHA-256 over frozen values, places left out."""
    plain = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        compared = (f.name for f in fields(value) if f.compare)
        return [type(value).__name__, {name: _plain(getattr(value, name)) for name in compared}]
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case frozenset():
            return sorted(value)
        case timedelta():
            return value.total_seconds()
        case str() | int() | float() | None:
            return value
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"no canonical form for {value!r}")


def concepts_named(rule: Rule) -> frozenset[str]:
    """The concepts that a rule names itself."""
    return frozenset().union(*map(_concepts_in, (rule.match, *rule.unless)))


def _concepts_in(condition: Condition) -> frozenset[str]:
    match condition:
        case Concept(id=name):
            return frozenset([name])
        case All(of=of) | Any(of=of):
            return frozenset().union(*map(_concepts_in, of))
        case Not(of=inner):
            return _concepts_in(inner)
        case _:
            return frozenset()


def concepts_used(names: Iterable[str], concepts: Mapping[str, TermList]) -> frozenset[str]:
    """These concepts and all that they use, directly or not; unknown ones are among them."""
    used: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting.extend(concepts[name].use if name in concepts else ())
    return frozenset(used)
