"""Decides: what those who were told of an article should know of an edit of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.alerts import plan
from monitor.alerts.samestory import folded, words_in
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Before,
    DigestTime,
    Match,
)

LEAD_WORDS = 60
OTHER_LEAD = 0.85
"""Shared words by all words of two leads, below which they say something else."""
NEXT_AFTER = timedelta(hours=1)
"""Of one alert; an update that comes sooner waits for the full hour or the rule's digest."""
LONGEST_NOTE = 300


def what_changed(before: Before, article: Article, *, has_lead: bool = True) -> str:
    """Say which of headline and lead says something else now, in a line; "" if neither does.

    Case and punctuation do not count. ``has_lead``: what stands there is what the feed says; the
    text of a page may be its summary the next time.
    """
    if (old := _words(before.title)) != _words(article.title):
        shown = before.title[:LONGEST_NOTE] + "…" * (len(before.title) > LONGEST_NOTE)
        return f"The headline was: {shown}" if old else "It had no headline"
    if has_lead and _is_other_lead(before.text, article.text):
        return "Its first sentences were changed"
    return ""


def _is_other_lead(text: str, other: str) -> bool:
    one, two = (frozenset(_words(each[:2_000])[:LEAD_WORDS]) for each in (text, other))
    return bool(one) and len(one & two) < OTHER_LEAD * len(one | two)


def _words(text: str) -> tuple[str, ...]:
    return words_in(folded(text))


def updates_for(
    before: Before,
    article: Article,
    matches: Sequence[Match],
    note: str,
    identity: str,
    now: datetime,
) -> Iterator[Alert]:
    """Yield an update of each alert whose message somebody has, for those who have it.

    Each new headline and lead is told once. A rule that no longer holds is said to.
    """
    says = "\n".join((article.title, *_words(article.text)[:LEAD_WORDS]))
    holding = {match.rule_id: match for match in matches}
    for told in before.told:
        if not told.destinations:
            continue
        match = holding.get(told.match.rule_id, told.match)
        lost = "" if told.match.rule_id in holding else "; the rule no longer holds"
        if told.updated_at is not None and timedelta(0) <= now - told.updated_at < NEXT_AFTER:
            waiting = replace(match.handling, digest=match.handling.digest or DigestTime())
            match = replace(match, handling=waiting)
        yield Alert(
            key=plan.key(identity, match.rule_id, "update", says),
            article=article,
            match=match,
            destinations=told.destinations,
            created_at=now,
            kind=AlertKind.UPDATE,
            note=note + lost,
        )
