"""Decides: how much an article is about what a rule asks for, from 0 to 1.

Each condition counts by the best place of its mentions, and a little by their number; the
weakest condition counts for all of them; far apart counts less. A short text need only have
them all. Every part is kept, so that ``explain`` can show why.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.matching.evaluate import Found, Interval, mentions_of
from monitor.matching.page import Mention, Page
from monitor.matching.rules import (
    All,
    Any,
    AtLeast,
    Condition,
    Count,
    Field,
    Leaf,
    Near,
    Not,
    NotNear,
    Same,
    Score,
)

TITLE, LEAD, OTHER = 3.0, 1.5, 0.5
REPEATED, MOST_REPEATS = 0.3, 5
CLOSE = 40
"""Words: a window up to here is full marks."""
FARTHEST = 0.4
"""What is left of the marks however far apart the conditions stand."""
SHORT, MEDIUM = 450, 1_200
"""Characters of title and body below which presence is enough, and is almost enough."""
PRESENT, ALMOST = 0.6, 1.5


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


def relevance(condition: Condition, found: Found, page: Page) -> Relevance:
    """How much an article is about a condition that was found to hold on it."""
    place = _place(condition, page)
    window = narrowest(found)
    closeness = 1.0 if window is None else max(FARTHEST, min(1.0, CLOSE / window.words))
    score = place * closeness
    characters = len(page.article.title) + len(page.article.text)
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


def narrowest(found: Found) -> Interval | None:
    """The shortest run of words in which the whole condition holds."""
    return min(found.intervals, key=_width, default=None)


def _width(one: Interval) -> tuple[int, int]:
    return one.last - one.first, one.first


def _place(condition: Condition, page: Page) -> float:
    known = page.places.get(id(condition))
    if known is not None and known[0] is condition:
        return known[1]
    match condition:
        case All(of=of) | Near(of=of) | Same(of=of):
            return min((_place(one, page) for one in of if not isinstance(one, Not)), default=1.0)
        case Any(of=of):
            return max((_place(one, page) for one in of), default=0.0)
        case AtLeast(n=n, of=of):
            return sorted((_place(one, page) for one in of), reverse=True)[n - 1]
        case NotNear(of=one) | Count(of=one):
            return _place(one, page)
        case Score(of=weights):
            return max((_place(one.of, page) for one in weights if one.weight > 0), default=0.0)
        case Not():
            return 0.0
        case _:
            return _leaf_place(condition, page)


def _leaf_place(leaf: Leaf, page: Page) -> float:
    place = _score(mentions_of(leaf, page), page)
    page.places[id(leaf)] = leaf, place
    return place


def _score(mentions: tuple[Mention, ...], page: Page) -> float:
    if not mentions:
        return 0.0
    weights = sorted([_weight(mention, page) for mention in mentions], reverse=True)
    return min(weights[0] + REPEATED * sum(weights[1 : 1 + MOST_REPEATS]), TITLE) / TITLE


def _weight(mention: Mention, page: Page) -> float:
    """News tell the most important first: below the lead, a mention weighs less and less."""
    if mention.field is Field.TITLE:
        return TITLE
    if mention.field is not Field.BODY:
        return OTHER
    if mention.first < page.lead_words:
        return LEAD
    return LEAD * (1 - mention.first / page.words)
