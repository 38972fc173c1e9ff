"""Decides: how much an article is about what a rule asks for, from 0 to 1.

Each condition counts by the best place of its mentions, and a little by their number; the
weakest condition counts for all of them; far apart counts less. A short text need only have
them all. Every part is kept, so that ``explain`` can show why.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.matching.evaluate import (
    Interval,
    Mention,
    Page,
    evaluate,
    is_in_lead,
    mentions_of,
)
from monitor.matching.rules import All, Any, Condition, Field, Not

TITLE, LEAD, BODY, OTHER = 3.0, 1.5, 0.5, 0.5
REPEATED, MOST_REPEATS = 0.3, 5
CLOSE = 40
"""Words: a window up to here is full marks."""
FARTHEST = 0.4
"""What is left of the marks however far apart the conditions stand."""
SHORT, MEDIUM = 450, 1_200
"""Characters of title and body below which presence is enough, and is almost enough."""
PRESENT, ALMOST = 0.5, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The score with the parts it was made of."""

    score: float
    place: float
    """The weakest condition's place and number, 0 to 1."""
    closeness: float
    """1 for a window of up to 40 words, less for wider ones."""
    words: int | None
    """The narrowest window that holds all conditions; ``None``: they share no line."""


def relevance(condition: Condition, page: Page, characters: int) -> Relevance:
    """How much an article of so many characters is about a condition that holds on it."""
    place = _place(condition, page)
    window = narrowest(condition, page)
    closeness = 1.0 if window is None else max(FARTHEST, min(1.0, CLOSE / window.words))
    score = place * closeness
    if characters < SHORT:
        score = max(score, PRESENT)
    elif characters < MEDIUM:
        score *= ALMOST
    return Relevance(
        score=round(min(score, 1.0), 3),
        place=round(place, 3),
        closeness=round(closeness, 3),
        words=None if window is None else window.words,
    )


def narrowest(condition: Condition, page: Page) -> Interval | None:
    """The shortest run of words in which the whole condition holds."""
    found = evaluate(condition, page)
    if found is None:
        return None
    return min(found.intervals, key=lambda one: (one.words, one.first), default=None)


def _place(condition: Condition, page: Page) -> float:
    match condition:
        case All(of=of):
            return min((_place(one, page) for one in of if not isinstance(one, Not)), default=1.0)
        case Any(of=of):
            return max((_place(one, page) for one in of), default=0.0)
        case Not():
            return 0.0
        case _:
            return _score(mentions_of(condition, page), page)


def _score(mentions: tuple[Mention, ...], page: Page) -> float:
    if not mentions:
        return 0.0
    best = max(_weight(mention, page) for mention in mentions)
    more = REPEATED * min(len(mentions) - 1, MOST_REPEATS)
    return min(best + more, TITLE) / TITLE


def _weight(mention: Mention, page: Page) -> float:
    if mention.field is Field.TITLE:
        return TITLE
    if is_in_lead(mention, page):
        return LEAD
    return BODY if mention.field is Field.BODY else OTHER
