"""Decides: which condition a shape stands for."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from monitor.matching import rules
from monitor.matching.combinationshape import (
    AllShape,
    AnyShape,
    AtLeastShape,
    CombinationShape,
    CountBody,
    CountShape,
    ListedTermShape,
    NearShape,
    NotNearShape,
    NotShape,
    SameShape,
    ScoreShape,
    TermShape,
    WeightShape,
)
from monitor.matching.conditionshape import ConditionShape, ListedTerm
from monitor.matching.leafshape import (
    EVERY_KIND,
    ConceptShape,
    CountryShape,
    EntityShape,
    GroupShape,
    NamedShape,
    RegexShape,
    Scoped,
)
from monitor.matching.rules import EVERYWHERE, LEAD_WORDS, Condition, Field, Names, Scope, Term

_EVERY_KIND = frozenset(EVERY_KIND)


def condition(shape: ConditionShape, around: Scope = EVERYWHERE) -> Condition:
    """The condition; ``in:`` of what is ``around`` it holds for those that have none.

    What a term wants to stand nearby is inside it too.
    """
    if isinstance(shape, Term):
        return shape if around is EVERYWHERE else replace(shape, scope=around)
    scope = _scope(shape, around)
    match shape:
        case CountryShape():
            return rules.Country(codes=_distinct(shape.codes), by=_kinds(shape.by), scope=scope)
        case GroupShape():
            return rules.Group(ids=_distinct(shape.ids), by=_kinds(shape.by), scope=scope)
        case ConceptShape():
            return rules.Concept(id=shape.id, scope=scope)
        case EntityShape():
            return rules.Entity(id=shape.id, scope=scope)
        case NamedShape():
            return rules.Named(label=shape.body.label, text=shape.body.text, scope=scope)
        case RegexShape():
            return rules.Regex(pattern=shape.pattern, scope=scope)
        case TermShape():
            return replace(_term(shape, scope), language=shape.language, scope=scope)
        case _:
            return _combination(shape, scope)


def _combination(shape: CombinationShape, scope: Scope) -> Condition:
    match shape:
        case AllShape():
            return rules.All(of=_conditions(shape.of, scope), within=shape.within)
        case AnyShape():
            return rules.Any(of=_conditions(shape.of, scope))
        case NotShape():
            return rules.Not(of=condition(shape.of, scope))
        case AtLeastShape():
            return rules.AtLeast(n=shape.body.n, of=_conditions(shape.body.of, scope))
        case NearShape():
            return rules.Near(
                words=shape.body.words,
                of=_conditions(shape.body.of, scope),
                ordered=shape.body.ordered,
            )
        case SameShape():
            return rules.Same(unit=shape.body.unit, of=_conditions(shape.body.of, scope))
        case NotNearShape():
            return rules.NotNear(
                words=shape.body.words,
                of=condition(shape.body.of, scope),
                to=condition(shape.body.to, scope),
            )
        case CountShape():
            return _count(shape.body, scope)
        case ScoreShape():
            weights = tuple(_weight(part, scope) for part in shape.body.of)
            return rules.Score(threshold=shape.body.threshold, of=weights)


def listed_term(shape: ListedTerm) -> Term:
    """A term of a concept or an entity."""
    return shape if isinstance(shape, Term) else _term(shape, EVERYWHERE)


def _conditions(shapes: tuple[ConditionShape, ...], scope: Scope) -> tuple[Condition, ...]:
    return tuple([condition(one, scope) for one in shapes])


def _scope(shape: Scoped, around: Scope) -> Scope:
    if not shape.fields and not shape.first_words:
        return around
    return Scope(
        fields=frozenset(shape.fields or [Field.LEAD]),
        first_words=shape.first_words or LEAD_WORDS,
    )


def _term(shape: ListedTermShape, scope: Scope) -> Term:
    return replace(
        shape.term,
        has_accents=bool(shape.accents),
        only_near=_conditions(shape.only_near, scope),
        unless_near=_conditions(shape.unless_near, scope),
        masks=shape.masks,
    )


def _count(body: CountBody, scope: Scope) -> rules.Count:
    of = condition(body.of, scope)
    if not body.short:
        return rules.Count(of=of, min=body.min)
    return rules.Count(of=of, min=body.min, short_words=body.short.words, short_min=body.short.min)


def _weight(shape: WeightShape, scope: Scope) -> rules.Weight:
    most = None if shape.most == inf else shape.most
    return rules.Weight(of=condition(shape.of, scope), weight=shape.weight, most=most)


def _kinds(by: tuple[Names, ...]) -> frozenset[Names]:
    return _EVERY_KIND if by is EVERY_KIND else frozenset(by)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
