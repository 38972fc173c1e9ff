"""Decides: why a rule fired on an article or was silent, and how near it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.matching import recogniser
from monitor.matching.engine import Engine, show, why_not_where
from monitor.matching.evaluate import Found, evaluate, keys_of, mentions_of, points
from monitor.matching.page import Page
from monitor.matching.relevance import Relevance, relevance
from monitor.matching.rules import (
    All,
    Any,
    AtLeast,
    Condition,
    Count,
    Leaf,
    Named,
    Near,
    Not,
    NotNear,
    Regex,
    Rule,
    Same,
    Score,
    head,
    inner,
    label,
)
from monitor.models import Article, Evidence

EXAMPLES = 3
"""How many mentions of a condition are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One condition's verdict; ``depth`` is how deep it is nested."""

    depth: int
    condition: str
    holds: bool
    note: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A rule's verdict on an article, with everything that led to it."""

    rule_id: str
    rule_version: str
    fires: bool
    why: str
    """The verdict in one sentence."""
    language: str | None
    min_relevance: float
    relevance: Relevance | None
    match: tuple[Line, ...]
    unless: tuple[Line, ...]


def explain(engine: Engine, rule: Rule, article: Article, now: datetime) -> Explanation:
    """Judge one article by one rule, and say why."""
    page = Page(article, article.language, engine.index, engine.fields)
    found = evaluate(rule.match, page)
    score = relevance(rule.match, found, page) if found else None
    match = tuple(_lines(rule.match, page, depth=0))
    unless = tuple(line for veto in rule.unless for line in _lines(veto, page, depth=0))
    why_not = why_not_where(rule.where, page, now) or _why_not(rule, page, score, match)
    return Explanation(
        rule_id=rule.id,
        rule_version=rule.version,
        fires=not why_not,
        why=why_not or _why(unless),
        language=page.language,
        min_relevance=rule.min_relevance,
        relevance=score,
        match=match,
        unless=unless,
    )


def _why(unless: tuple[Line, ...]) -> str:
    return "every condition holds" + (", and nothing vetoes it" if unless else "")


def _why_not(rule: Rule, page: Page, score: Relevance | None, match: tuple[Line, ...]) -> str:
    if score is None and isinstance(rule.match, Score | AtLeast | Count | Any):
        return f"does not hold: {_noted(match[0])}"
    if score is None:
        missing = [_noted(line) for line in match if not line.holds and line.depth == 1]
        return "does not hold: " + ("; ".join(missing) or _noted(match[0]))
    for veto in rule.unless:
        if evaluate(veto, page):
            return f"vetoed by unless: {label(veto)}"
    if score.score < rule.min_relevance:
        return f"too weak: relevance {score.score:.2f} is below {rule.min_relevance:.2f}"
    return ""


def _noted(line: Line) -> str:
    return line.condition + (f" ({line.note})" if line.note else "")


def _lines(condition: Condition, page: Page, depth: int) -> Iterator[Line]:
    found = evaluate(condition, page)
    if not (parts := inner(condition)):
        yield _leaf(condition, page, depth)  # type: ignore[arg-type]
        return
    yield Line(
        depth=depth,
        condition=head(condition),
        holds=found is not None,
        note=_how_near(condition, found, page),
    )
    for part in parts:
        yield from _lines(part, page, depth + 1)


def _leaf(leaf: Leaf, page: Page, depth: int) -> Line:
    mentions = mentions_of(leaf, page)
    return Line(
        depth=depth,
        condition=label(leaf),
        holds=bool(mentions),
        note=_count(len(mentions)) if mentions else _why_none(leaf, page),
        evidence=tuple(show(label(leaf), mention, page) for mention in mentions[:EXAMPLES]),
    )


def _how_near(condition: Condition, found: Found | None, page: Page) -> str:
    """What an unsatisfied combination lacked, in numbers where it has any."""
    match condition:
        case Score(of=weights, threshold=threshold):
            reached = sum(points(one, evaluate(one.of, page)) for one in weights)
            return f"{reached:g} points" + ("" if found else f" of {threshold:g}")
        case _ if found is not None:
            return ""
        case All(of=of, within=words) if words is not None:
            return _how_wide(of, page)
        case Near(of=of, ordered=ordered):
            wide = _how_wide(of, page)
            return f"{wide}, in any order" if ordered and wide else wide
        case Same(of=of, unit=unit):
            return f"not in one {unit}; {wide}" if (wide := _how_wide(of, page)) else ""
        case AtLeast(n=n, of=of):
            return f"{sum(evaluate(one, page) is not None for one in of)} of {n}"
        case Count(of=of, min=least):
            one = evaluate(of, page)
            return f"{len(one.intervals) if one else 0} of {least}"
        case NotNear(of=of, to=to):
            return f"each stands near {label(to)}" if evaluate(of, page) else ""
        case _:
            return ""


def _how_wide(of: tuple[Condition, ...], page: Page) -> str:
    """For words that all stand there, but too far apart: how far."""
    found = evaluate(All(of=tuple(one for one in of if not isinstance(one, Not))), page)
    if found is None:
        return ""
    if not found.intervals:
        return "they stand in different fields"
    return f"the narrowest window is {min(one.words for one in found.intervals)} words"


def _why_none(leaf: Leaf, page: Page) -> str:
    if isinstance(leaf, Regex):
        return "no match"
    if isinstance(leaf, Named):
        if recogniser.reads(page.language):
            return "not found by the recogniser"
        return f"no model is installed that recognises names in {page.language or 'it'}"
    if leaf.scope.fields:
        everywhere = [one for key in keys_of(leaf) for one in page.mentions(key)]
        if everywhere:
            fields = ", ".join(dict.fromkeys(one.field.value for one in everywhere))
            return f"mentioned only elsewhere: {fields}"
    dropped = [one for key in keys_of(leaf) for one in page.dropped(key)]
    if not dropped:
        return "no mention"
    mention, why = dropped[0]
    text = page.text_of(mention.field)[mention.start : mention.end]
    return f"“{text}” does not count: {why}"


def _count(mentions: int) -> str:
    return "1 mention" if mentions == 1 else f"{mentions} mentions"
