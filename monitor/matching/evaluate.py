"""Decides: whether a condition holds on an article, and where.

A ``Page`` is an article as the engine sees it: its mentions, on one line of numbered words,
the title first and the body after it. Other fields are lines of their own. A condition yields
the minimal intervals of words that satisfy it (Clarke, Cormack and Burkowski 1995, "An algebra
for structured text search"); what is satisfied only across lines holds without an interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from monitor.matching.index import Key
from monitor.matching.rules import All, Any, Concept, Condition, Country, Field, Not, Term

LEAD_WORDS = 60
"""Words of the body that belong to the lead (``RULES``: lead = title and the first 60 words)."""

MAIN = "main"
"""The line that the title and the body share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a term stands; ``first`` and ``last`` number the words of its line."""

    key: Key
    kind: str
    field: Field
    line: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Interval:
    """Words ``first`` to ``last`` of a line satisfy a condition by these mentions."""

    line: str
    first: int
    last: int
    mentions: tuple[Mention, ...]

    @property
    def words(self) -> int:
        """How wide it is."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An article's mentions by what they stand for, in the order of their words."""

    mentions: Mapping[Key, tuple[Mention, ...]] = field(default_factory=dict)
    title_words: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A condition that holds: at these intervals, or by what the article lacks, anywhere."""

    intervals: tuple[Interval, ...] = ()
    is_anywhere: bool = False


def evaluate(condition: Condition, page: Page) -> Found | None:
    """Where the condition holds, or ``None`` where it does not."""
    match condition:
        case All(of=of, within=within):
            return _all(of, within, page)
        case Any(of=of):
            found = [one for one in (evaluate(each, page) for each in of) if one is not None]
            if not found:
                return None
            return Found(
                minimal(chain.from_iterable(one.intervals for one in found)),
                is_anywhere=any(one.is_anywhere for one in found),
            )
        case Not(of=inner):
            return Found(is_anywhere=True) if evaluate(inner, page) is None else None
        case _:
            intervals = minimal(
                Interval(mention.line, mention.first, mention.last, (mention,))
                for mention in mentions_of(condition, page)
            )
            return Found(intervals) if intervals else None


def _all(of: Sequence[Condition], within: int | None, page: Page) -> Found | None:
    somewhere = []
    for condition in of:
        one = evaluate(condition, page)
        if one is None:
            return None
        if not one.is_anywhere:
            somewhere.append(one.intervals)
    if not somewhere:
        return Found(is_anywhere=True)
    windows = smallest_windows(somewhere)
    if within is None:
        return Found(windows)
    windows = tuple(window for window in windows if window.words <= within)
    return Found(windows) if windows else None


def minimal(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Those that hold no other, in order: both their ends ascend."""
    kept: list[Interval] = []
    for one in sorted(intervals, key=lambda one: (one.line, one.last, -one.first)):
        if not kept or kept[-1].line != one.line or one.first > kept[-1].first:
            kept.append(one)
    return tuple(kept)


def smallest_windows(lists: Sequence[tuple[Interval, ...]]) -> tuple[Interval, ...]:
    """The minimal intervals that hold one interval of each list, on one line."""
    lines = {interval.line for intervals in lists for interval in intervals}
    windows: list[Interval] = []
    for line in sorted(lines):
        on_line = [[one for one in intervals if one.line == line] for intervals in lists]
        if all(on_line):
            windows.extend(_sweep(line, on_line))
    return tuple(windows)


def _sweep(line: str, lists: list[list[Interval]]) -> list[Interval]:
    """Advance the list whose interval begins first; each state is a candidate window."""
    heads = [0] * len(lists)
    windows: list[Interval] = []
    while True:
        current = [intervals[head] for intervals, head in zip(lists, heads, strict=True)]
        first = min(one.first for one in current)
        last = max(one.last for one in current)
        while windows and windows[-1].first <= first and last <= windows[-1].last:
            windows.pop()
        if not windows or not (first <= windows[-1].first and windows[-1].last <= last):
            mentions = dict.fromkeys(chain.from_iterable(one.mentions for one in current))
            windows.append(Interval(line, first, last, tuple(mentions)))
        behind = min(range(len(lists)), key=lambda i: current[i].first)
        heads[behind] += 1
        if heads[behind] == len(lists[behind]):
            return windows


def mentions_of(leaf: Term | Country | Concept, page: Page) -> tuple[Mention, ...]:
    """The mentions that satisfy a condition without conditions inside, in order.

    Of those inside one another only the widest: "fighter jets", not "jets" again.
    """
    found = chain.from_iterable(page.mentions.get(key, ()) for key in keys_of(leaf))
    wanted = (
        mention for mention in found if _is_kind(leaf, mention) and _is_in(leaf, mention, page)
    )
    kept: list[Mention] = []
    for mention in sorted(wanted, key=lambda one: (one.line, one.first, -one.last)):
        if not (kept and covers(kept[-1], mention)):
            kept.append(mention)
    return tuple(kept)


def covers(outer: Mention, inner: Mention) -> bool:
    """Whether one mention's words hold all of the other's."""
    return outer.line == inner.line and outer.first <= inner.first and inner.last <= outer.last


def keys_of(leaf: Term | Country | Concept) -> tuple[Key, ...]:
    """What the index knows the leaf's terms by."""
    match leaf:
        case Country(codes=codes):
            return tuple(("country", code) for code in codes)
        case Concept(id=id_):
            return (("concept", id_),)
        case Term(text=text, is_exact=is_exact, is_prefix=is_prefix):
            return (("term", f"{'=' * is_exact}{text}{'*' * is_prefix}"),)


def leaves(condition: Condition) -> tuple[Term | Country | Concept, ...]:
    """Every condition without conditions inside that can satisfy, not those under ``not``."""
    match condition:
        case All(of=of) | Any(of=of):
            return tuple(dict.fromkeys(chain.from_iterable(map(leaves, of))))
        case Not():
            return ()
        case _:
            return (condition,)


def all_leaves(condition: Condition) -> tuple[Term | Country | Concept, ...]:
    """The same with those under ``not``."""
    match condition:
        case All(of=of) | Any(of=of):
            return tuple(dict.fromkeys(chain.from_iterable(map(all_leaves, of))))
        case Not(of=inner):
            return all_leaves(inner)
        case _:
            return (condition,)


def is_in_lead(mention: Mention, page: Page) -> bool:
    """Whether it stands in the title or in the first words of the body."""
    return mention.line == MAIN and mention.first < page.title_words + LEAD_WORDS


def _is_kind(leaf: Term | Country | Concept, mention: Mention) -> bool:
    return not isinstance(leaf, Country) or mention.kind in leaf.by


def _is_in(leaf: Term | Country | Concept, mention: Mention, page: Page) -> bool:
    if not leaf.fields:
        return mention.line == MAIN
    return mention.field in leaf.fields or (Field.LEAD in leaf.fields and is_in_lead(mention, page))
