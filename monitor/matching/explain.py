"""Decides: why a rule fired on an article or was silent, and how near it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.matching.engine import Dropped, Engine, read_page, show, texts, why_not_where
from monitor.matching.evaluate import Page, evaluate, keys_of, mentions_of
from monitor.matching.relevance import Relevance, relevance
from monitor.matching.rules import All, Any, Condition, Field, Not, Rule, label
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
    page, dropped = read_page(engine, article)
    holds = evaluate(rule.match, page) is not None
    score = relevance(rule.match, page, len(article.title) + len(article.text)) if holds else None
    match = tuple(_lines(rule.match, page, article, dropped, depth=0))
    unless = tuple(
        line for veto in rule.unless for line in _lines(veto, page, article, (), depth=0)
    )
    why_not = why_not_where(rule.where, article, now) or _why_not(rule, page, score, match)
    return Explanation(
        rule_id=rule.id,
        rule_version=rule.version,
        fires=not why_not,
        why=why_not or "every condition holds, nothing vetoes it",
        language=article.language,
        min_relevance=rule.min_relevance,
        relevance=score,
        match=match,
        unless=unless,
    )


def _why_not(rule: Rule, page: Page, score: Relevance | None, match: tuple[Line, ...]) -> str:
    if score is None:
        missing = [
            line.condition + (f" ({line.note})" if line.note else "")
            for line in match
            if not line.holds and (line.depth > 0 or len(match) == 1)
        ]
        return "does not hold: " + "; ".join(
            missing or [match[0].condition + f" ({match[0].note})"]
        )
    for veto in rule.unless:
        if evaluate(veto, page):
            return f"vetoed by unless: {label(veto)}"
    if score.score < rule.min_relevance:
        return f"too weak: relevance {score.score:.2f} is below {rule.min_relevance:.2f}"
    return ""


def _lines(
    condition: Condition, page: Page, article: Article, dropped: tuple[Dropped, ...], depth: int
) -> Iterator[Line]:
    found = evaluate(condition, page)
    match condition:
        case All(of=of) | Any(of=of):
            yield Line(
                depth=depth,
                condition=_head(condition),
                holds=found is not None,
                note=_how_near(condition, page) if found is None else "",
            )
            for inner in of:
                yield from _lines(inner, page, article, dropped, depth + 1)
        case Not(of=inner):
            yield Line(depth=depth, condition="not", holds=found is not None)
            yield from _lines(inner, page, article, dropped, depth + 1)
        case _:
            mentions = mentions_of(condition, page)
            keys = keys_of(condition)
            passed_over = [one for one in dropped if one.mention.key in keys]
            yield Line(
                depth=depth,
                condition=label(condition),
                holds=bool(mentions),
                note=_count(len(mentions)) if mentions else _why_passed_over(passed_over, article),
                evidence=tuple(
                    show(label(condition), mention, article) for mention in mentions[:EXAMPLES]
                ),
            )


def _head(condition: All | Any) -> str:
    if isinstance(condition, Any):
        return "any"
    return "all" + (f" within {condition.within} words" if condition.within else "")


def _how_near(condition: All | Any, page: Page) -> str:
    """For words that all stand there, but too far apart: how far."""
    if not isinstance(condition, All) or condition.within is None:
        return ""
    found = evaluate(All(of=condition.of), page)
    if found is None:
        return ""
    if not found.intervals:
        return "they stand in different fields"
    return f"the narrowest window is {min(one.words for one in found.intervals)} words"


def _why_passed_over(dropped: list[Dropped], article: Article) -> str:
    if not dropped:
        return "no mention"
    fields: dict[Field, str] = dict(texts(article))
    shown = dropped[0]
    text = fields[shown.mention.field][shown.mention.start : shown.mention.end]
    return f"“{text}” does not count: {shown.why}"


def _count(mentions: int) -> str:
    return "1 mention" if mentions == 1 else f"{mentions} mentions"
