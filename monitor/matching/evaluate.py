"""Decides: whether a condition holds on an article, and where.

A condition yields the minimal intervals of words that satisfy it (Clarke, Cormack and Burkowski
1995, "An algebra for structured text search"), each on one line of the page; conditions that
combine others combine their intervals, so that nesting has one meaning. What is satisfied only
across lines, or by what is not there, holds without an interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from monitor.matching import packs
from monitor.matching.index import Key
from monitor.matching.page import COUNTRY, NAMED, Mention, Page
from monitor.matching.rules import (
    NEARBY,
    All,
    Any,
    AtLeast,
    Concept,
    Condition,
    Count,
    Country,
    Entity,
    Group,
    Leaf,
    Named,
    Near,
    Not,
    NotNear,
    Regex,
    Same,
    Score,
    Term,
    Weight,
    inner,
)


class Interval(NamedTuple):
    """Words ``first`` to ``last`` of a line satisfy a condition by these mentions."""

    line: str
    first: int
    last: int
    mentions: tuple[Mention, ...]

    @property
    def words(self) -> int:
        """How wide it is."""
        return self.last - self.first + 1


class Found(NamedTuple):
    """A condition that holds: at these intervals, or by what the article lacks, anywhere."""

    intervals: tuple[Interval, ...] = ()
    is_anywhere: bool = False


_ANYWHERE = Found(is_anywhere=True)


def evaluate(condition: Condition, page: Page) -> Found | None:
    """Where the condition holds, or ``None`` where it does not.

    Raises:
        RuleTooSlow: the page's deadline is over.
        ExpressionTooSlow: a regular expression did not end in time.
    """
    page.check_time()
    known = page.answers.get(id(condition))
    if known is not None and known[0] is condition:
        found: Found | None = known[1]
        return found
    match condition:
        case All(of=of, within=within):
            return _within(_together(of, page), within)
        case Near(words=words, of=of, ordered=ordered):
            return _within(_together(of, page, ordered=ordered), words, is_place=True)
        case Same(unit=unit, of=of):
            together = _together(of, page)
            return together and _kept(
                one
                for one in together.intervals
                if page.unit_of(one.line, one.first, unit) == page.unit_of(one.line, one.last, unit)
            )
        case Any(of=of):
            return _any([evaluate(each, page) for each in of])
        case AtLeast(n=n, of=of):
            return _at_least(n, [evaluate(each, page) for each in of])
        case Not(of=one):
            return _ANYWHERE if evaluate(one, page) is None else None
        case NotNear(words=words, of=one, to=other):
            return _not_near(words, evaluate(one, page), evaluate(other, page))
        case Count():
            return _count(condition, page)
        case Score():
            return _score(condition, page)
        case _:
            return _leaf(condition, page)


def _leaf(leaf: Leaf, page: Page) -> Found | None:
    mentions = mentions_of(leaf, page)  # in order, none inside another
    found = Found(tuple([Interval(*one[:3], (one,)) for one in mentions])) if mentions else None
    page.answers[id(leaf)] = leaf, found
    return found


def _kept(intervals: Iterable[Interval]) -> Found | None:
    kept = minimal(intervals)
    return Found(kept) if kept else None


def _within(found: Found | None, words: int | None, *, is_place: bool = False) -> Found | None:
    """``is_place``: it must be satisfied by something that stands somewhere."""
    if found is None or words is None:
        return found
    if found.is_anywhere:
        return None if is_place else found
    return _kept(window for window in found.intervals if window.words <= words)


def _together(of: Sequence[Condition], page: Page, *, ordered: bool = False) -> Found | None:
    somewhere = []
    for condition in of:
        one = evaluate(condition, page)
        if one is None:
            return None
        if not one.is_anywhere:
            somewhere.append(one.intervals)
    if not somewhere:
        return _ANYWHERE
    return Found(_ordered(somewhere) if ordered else smallest_windows(somewhere))


def _any(found: Sequence[Found | None]) -> Found | None:
    holding = [one for one in found if one is not None]
    if not holding:
        return None
    return Found(
        minimal(chain.from_iterable(one.intervals for one in holding)),
        is_anywhere=any(one.is_anywhere for one in holding),
    )


def _at_least(n: int, found: Sequence[Found | None]) -> Found | None:
    """The smallest windows that hold n of them; what holds anywhere is in each."""
    holding = [one for one in found if one is not None]
    if len(holding) < n:
        return None
    free = sum(one.is_anywhere for one in holding)
    lists = [one.intervals for one in holding if not one.is_anywhere]
    if free >= n:
        return Found(minimal(chain.from_iterable(lists)), is_anywhere=True)
    return Found(_windows_of(n - free, lists))


def _windows_of(n: int, lists: Sequence[tuple[Interval, ...]]) -> tuple[Interval, ...]:
    """For each place where a window may end, the shortest that holds intervals of n lists."""
    marked = sorted(
        ((one, number) for number, intervals in enumerate(lists) for one in intervals),
        key=lambda pair: (pair[0].line, pair[0].last),
    )
    windows = []
    latest: dict[int, Interval] = {}
    line = ""
    for one, number in marked:
        if one.line != line:
            line, latest = one.line, {}
        latest[number] = one
        if len(latest) >= n:
            nearest = sorted(latest.values(), key=lambda each: -each.first)[:n]
            windows.append(_joined(line, nearest))
    return minimal(windows)


def _not_near(words: int, found: Found | None, other: Found | None) -> Found | None:
    if found is None or other is None or found.is_anywhere or not found.intervals:
        return found
    return _kept(
        one
        for one in found.intervals
        if not any(near.line == one.line and _span(one, near) <= words for near in other.intervals)
    )


def _span(one: Interval | Mention, other: Interval | Mention) -> int:
    """How many words the window has that holds both."""
    return max(one.last, other.last) - min(one.first, other.first) + 1


def _count(condition: Count, page: Page) -> Found | None:
    found = evaluate(condition.of, page)
    if found is None:
        return None
    least = condition.min
    if condition.short_words and page.words <= condition.short_words:
        least = condition.short_min
    return found if len(found.intervals) >= least else None


def _score(condition: Score, page: Page) -> Found | None:
    parts = [(weight, evaluate(weight.of, page)) for weight in condition.of]
    if sum(points(weight, found) for weight, found in parts) < condition.threshold:
        return None
    adding = [found.intervals for weight, found in parts if found and weight.weight > 0]
    return Found(minimal(chain.from_iterable(adding))) if any(adding) else _ANYWHERE


def points(weight: Weight, found: Found | None) -> float:
    """What a part of a score adds: its weight for each place, up to its most."""
    if found is None:
        return 0.0
    sum_ = weight.weight * max(len(found.intervals), 1)
    if weight.most is None:
        return sum_
    return min(sum_, weight.most) if weight.weight > 0 else max(sum_, -abs(weight.most))


# --- intervals -------------------------------------------------------------------------


def minimal(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Those that hold no other, in order: both their ends ascend."""
    kept: list[Interval] = []
    for one in sorted(intervals, key=lambda one: (one.line, one.last, -one.first)):
        if not kept or kept[-1].line != one.line or one.first > kept[-1].first:
            kept.append(one)
    return tuple(kept)


def smallest_windows(lists: Sequence[tuple[Interval, ...]]) -> tuple[Interval, ...]:
    """The minimal intervals that hold one interval of each list, on one line."""
    if len(lists) == 1:
        return lists[0]
    windows: list[Interval] = []
    for line, on_line in _by_line(lists):
        windows.extend(_sweep(line, on_line))
    return tuple(windows)


def _by_line(
    lists: Sequence[tuple[Interval, ...]],
) -> Iterable[tuple[str, list[list[Interval]]]]:
    """The lines on which each list has an interval."""
    for line in sorted({interval.line for interval in lists[0]}):
        on_line = [[one for one in intervals if one.line == line] for intervals in lists]
        if all(on_line):
            yield line, on_line


def _sweep(line: str, lists: list[list[Interval]]) -> list[Interval]:
    """Advance the list whose interval begins first; each state is a candidate window."""
    rests = [iter(intervals) for intervals in lists]
    current = [next(rest) for rest in rests]
    firsts, lasts = [one.first for one in current], [one.last for one in current]
    windows: list[tuple[int, int, list[Interval]]] = []
    while True:
        first, last = min(firsts), max(lasts)
        while windows and windows[-1][0] <= first and last <= windows[-1][1]:
            windows.pop()
        if not windows or not (first <= windows[-1][0] and windows[-1][1] <= last):
            windows.append((first, last, current.copy()))
        behind = firsts.index(first)
        after = next(rests[behind], None)
        if after is None:
            return [
                Interval(line, first, last, _mentions_in(parts)) for first, last, parts in windows
            ]
        current[behind], firsts[behind], lasts[behind] = after, after.first, after.last


def _ordered(lists: Sequence[tuple[Interval, ...]]) -> tuple[Interval, ...]:
    """The minimal intervals that hold one of each list, one after another as they are listed."""
    windows = []
    for line, on_line in _by_line(lists):
        for start in on_line[0]:
            chain_ = [start]
            for intervals in on_line[1:]:
                after = next((one for one in intervals if one.first > chain_[-1].last), None)
                if after is None:
                    break
                chain_.append(after)
            else:
                windows.append(_joined(line, chain_))
    return minimal(windows)


def _joined(line: str, parts: Sequence[Interval]) -> Interval:
    first, last = min([one.first for one in parts]), max([one.last for one in parts])
    return Interval(line, first, last, _mentions_in(parts))


def _mentions_in(parts: Iterable[Interval]) -> tuple[Mention, ...]:
    return tuple(dict.fromkeys([mention for one in parts for mention in one.mentions]))


# --- leaves ----------------------------------------------------------------------------


def mentions_of(leaf: Leaf, page: Page) -> tuple[Mention, ...]:
    """The mentions that satisfy a condition that has no conditions inside, in order, and of those
    inside one another only the widest: "fighter jets", not "jets" again."""
    known = page.chosen.get(id(leaf))
    if known is not None and known[0] is leaf:
        return known[1]
    scope = leaf.scope
    wanted = [one for one in _mentions(leaf, page) if page.is_in(one, scope)]
    if len(wanted) > 1:
        wanted = _widest(wanted)
    chosen = tuple(wanted)
    page.chosen[id(leaf)] = (leaf, chosen)
    return chosen


def _widest(mentions: Iterable[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.line, one.first, -one.last)):
        if not (kept and kept[-1].covers(mention)):
            kept.append(mention)
    return kept


def _mentions(leaf: Leaf, page: Page) -> Iterable[Mention]:
    match leaf:
        case Regex(pattern=pattern):
            return page.matches(pattern)
        case Named(label=label, text=text):
            return page.named(label, text)
        case Country(by=by) | Group(by=by):
            return (
                mention
                for key in keys_of(leaf)
                for mention in page.mentions(key)
                if mention.kind in by or not mention.key.startswith(COUNTRY)
            )
        case _:
            return (
                mention
                for key in keys_of(leaf)
                for mention in page.mentions(key)
                if mention.term is None or _is_kept(mention.term, mention, page)
            )


def _is_kept(term: Term, mention: Mention, page: Page) -> bool:
    """Whether what a term wants to stand nearby does, and what it does not want does not."""
    return (
        not term.only_near or any(_is_near(one, mention, page) for one in term.only_near)
    ) and not any(_is_near(one, mention, page) for one in term.unless_near)


def _is_near(condition: Condition, mention: Mention, page: Page) -> bool:
    found = evaluate(condition, page)
    return found is not None and any(
        one.line == mention.line and _span(one, mention) <= NEARBY and mention not in one.mentions
        for one in found.intervals
    )


def keys_of(leaf: Leaf) -> tuple[Key, ...]:
    """What the index knows the leaf's terms by; none for what is not in it."""
    match leaf:
        case Country(codes=codes):
            return tuple(COUNTRY + code for code in codes)
        case Group(ids=ids):
            members = chain.from_iterable(packs.groups()[one].members for one in ids)
            return (*(f"group:{one}" for one in ids), *(COUNTRY + code for code in members))
        case Concept(id=id_):
            return (f"concept:{id_}",)
        case Entity(id=id_):
            return (f"entity:{id_}",)
        case Term():
            return (_term_key(leaf),)
        case Named(text=text) if text:
            return (NAMED + text,)
        case _:
            return ()


def _term_key(term: Term) -> Key:
    written = f"{'=' * term.is_exact}{term.text}{'*' * term.is_prefix}"
    if not (term.language or term.has_accents or term.only_near or term.unless_near or term.masks):
        return f"term:{written}"
    options = [
        term.language or "",
        "accents" * term.has_accents,
        *(repr(one) for one in (*term.only_near, *term.unless_near, *term.masks)),
    ]
    return ":".join(["term", written, *options])


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """Every condition without conditions inside that can satisfy, not those under ``not``.

    An object that stands twice is named once: equal leaves of compiled rules are one object.
    """
    found: dict[int, Leaf] = {}
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case Not():
                pass
            case NotNear(of=one):
                waiting.append(one)
            case Score(of=weights):
                waiting += [each.of for each in reversed(weights) if each.weight > 0]
            case other if parts := inner(other):
                waiting += reversed(parts)
            case leaf:
                found[id(leaf)] = leaf  # type: ignore[assignment]
    return tuple(found.values())


def all_leaves(condition: Condition) -> tuple[Leaf, ...]:
    """The same with those under ``not``, and those that stand in the options of a term."""
    if parts := inner(condition):
        return _distinct(map(all_leaves, parts))
    if isinstance(condition, Term):
        near = (*condition.only_near, *condition.unless_near)
        return _distinct([(condition,), *map(all_leaves, near)])
    return (condition,)  # type: ignore[return-value]


def _distinct(parts: Iterable[tuple[Leaf, ...]]) -> tuple[Leaf, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))
