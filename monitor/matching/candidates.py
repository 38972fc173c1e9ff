"""Decides: which few of many rules an article can match at all.

A rule asks for things that must be mentioned: its clauses, sets of keys of which one must stand
somewhere, often enough. It is filed under the two clauses that are probably rarest, and comes up
only where all are mentioned (as the presearchers of stored-query engines do). What it brings up is
a superset; a rule without clauses always comes up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, product

from monitor.matching.evaluate import keys_of
from monitor.matching.index import Key
from monitor.matching.rules import (
    All,
    Any,
    AtLeast,
    Condition,
    Count,
    Near,
    Not,
    NotNear,
    Regex,
    Same,
    Score,
    inner,
)

Counts = Mapping[Key, int]
"""How often an article mentions each key at most; those left out it does not."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Keys that must be mentioned ``least`` times, all together."""

    keys: frozenset[Key]
    least: int = 1

    def may_hold(self, counts: Counts) -> bool:
        """Whether an article can have that many mentions."""
        if self.least == 1:
            return not self.keys.isdisjoint(counts)
        return sum([counts.get(key, 0) for key in self.keys]) >= self.least


_NONE = ""
"""Instead of a key: nothing more is asked for that is one."""

MOST_PAIRS = 256
"""How many pairs of keys a rule is filed under; with more, it is filed under one clause."""

_USUAL = {"country": 0.05, "concept": 0.05, "group": 0.1}
"""The share of articles that mention a key, about; other keys are rarer."""
_RARE = 0.002


@dataclass(frozen=True, slots=True)
class _Filed:
    """A rule, and what is asked of it beside the keys that it is filed under."""

    rule: int
    keys: tuple[tuple[Key, int], ...]
    """Each with how often it must be mentioned."""
    clauses: tuple[Clause, ...]
    """Those of several keys."""

    @staticmethod
    def under(by: Sequence[Clause], others: Sequence[Clause], rule: int) -> _Filed:
        """One mention of each of the first clauses is known."""
        rest = (*(clause for clause in by if clause.least > 1), *others)
        return _Filed(
            rule,
            tuple((key, one.least) for one in rest if len(one.keys) == 1 for key in one.keys),
            tuple(one for one in rest if len(one.keys) > 1),
        )

    def may_hold(self, counts: Counts) -> bool:
        """Whether all of it is mentioned."""
        for key, least in self.keys:
            if counts.get(key, 0) < least:
                return False
        return not self.clauses or all(clause.may_hold(counts) for clause in self.clauses)


class _Folder(defaultdict[Key, list[_Filed]]):
    """Rules by one more key that must be mentioned, where there is any: of fifty rules about the
    same two countries few are looked at."""

    def __init__(self) -> None:
        super().__init__(list)

    def put(self, filed: _Filed) -> None:
        """File a rule."""
        self[filed.keys[0][0] if filed.keys else _NONE].append(filed)

    def pass_on(self, counts: Counts, found: set[int]) -> None:
        """Find the rules that an article can match."""
        for key, filed in self.items():
            if key in counts or key == _NONE:
                for one in filed:
                    if one.may_hold(counts):
                        found.add(one.rule)


@dataclass(frozen=True, slots=True)
class _Drawer:
    alone: _Folder = field(default_factory=_Folder)
    pairs: defaultdict[Key, _Folder] = field(default_factory=lambda: defaultdict(_Folder))
    """By the other key, which comes earlier in the alphabet: terms are filed by countries, not
    countries by terms, so that most drawers have few pairs."""
    others: set[Key] = field(default_factory=set)
    """The other keys again: sets are compared without a look at what is in them."""


class Candidates:
    """Rules, by number, filed under what they ask for."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._always: list[int] = []
        self._drawers: defaultdict[Key, _Drawer] = defaultdict(_Drawer)
        for rule, condition in enumerate(conditions):
            self._file(rule, condition)

    def among(self, counts: Counts) -> list[int]:
        """The rules that an article can match, in their order."""
        found = set(self._always)
        present = set(counts)
        for first in counts:
            if (drawer := self._drawers.get(first)) is None:
                continue
            if drawer.alone:
                drawer.alone.pass_on(counts, found)
            if not drawer.others.isdisjoint(present):
                for second in drawer.others & present:
                    drawer.pairs[second].pass_on(counts, found)
        return sorted(found)

    def _file(self, rule: int, condition: Condition) -> None:
        for way in ways(condition):
            self._file_one(rule, sorted(set(way), key=cost))

    def _file_one(self, rule: int, clauses: Sequence[Clause]) -> None:
        if not clauses:
            self._always.append(rule)
            return
        first, *rest = clauses
        if rest and len(first.keys) * len(rest[0].keys) <= MOST_PAIRS:
            filed = _Filed.under((first, rest[0]), rest[1:], rule)
            for one, other in product(first.keys, rest[0].keys):
                if one == other:
                    self._drawers[one].alone.put(filed)
                else:
                    drawer = self._drawers[max(one, other)]
                    drawer.pairs[min(one, other)].put(filed)
                    drawer.others.add(min(one, other))
        else:
            filed = _Filed.under((first,), rest, rule)
            for one in first.keys:
                self._drawers[one].alone.put(filed)


def cost(clause: Clause) -> float:
    """How often one of the keys is mentioned, about."""
    return sum(_USUAL.get(key.partition(":")[0], _RARE) for key in clause.keys)


MOST_WAYS = 28
"""In how many ways a rule is filed: the pairs of eight conditions."""


def ways(condition: Condition) -> list[list[Clause]]:
    """Lists of clauses, of which one must be mentioned as a whole.

    What needs two of several conditions is filed under every pair of them.
    """
    several: Sequence[Condition] = ()
    match condition:
        case AtLeast(n=n, of=of) if n > 1:
            several = of
        case Score(threshold=threshold, of=weights):
            adding = [one for one in weights if one.weight > 0]
            if all(one.most is not None and one.most < threshold for one in adding):
                several = [one.of for one in adding]
    asked = [list(required(one)) for one in several]
    pairs = [[*one, *other] for one, other in combinations(asked, 2)]
    if pairs and len(pairs) <= MOST_WAYS and all(asked):
        return pairs
    return [list(required(condition))]


def required(condition: Condition) -> Iterator[Clause]:
    """Sets of keys of which one must be mentioned, or the condition does not hold."""
    match condition:
        case All(of=of) | Near(of=of) | Same(of=of):
            for each in of:
                yield from required(each)
        case Any(of=of):
            yield from _one_of([_rarest(each) for each in of])
        case AtLeast(n=n, of=of):
            rarest = [_rarest(each) for each in of]
            # Without any n of them another n cannot come: one of the others must.
            rarest.sort(key=lambda clause: cost(clause) if clause is not None else float("inf"))
            yield from _one_of(rarest[: len(of) - n + 1])
        case Not() | Regex():
            return
        case NotNear(of=one):
            yield from required(one)
        case Count():
            yield from _counted(condition)
        case Score(threshold=threshold, of=weights):
            if threshold > 0:
                yield from _one_of([_rarest(one.of) for one in weights if one.weight > 0])
        case _:
            if keys := keys_of(condition):
                yield Clause(frozenset(keys))


def _counted(condition: Count) -> Iterator[Clause]:
    least = condition.min
    if condition.short_words:
        least = min(least, condition.short_min)
    for clause in required(condition.of):
        # With nothing nested each place is a mention of its own.
        yield clause if inner(condition.of) else replace(clause, least=least)


def _rarest(condition: Condition) -> Clause | None:
    return min(required(condition), key=cost, default=None)


def _one_of(clauses: Sequence[Clause | None]) -> Iterator[Clause]:
    if clauses and all(clause is not None for clause in clauses):
        yield Clause(frozenset(chain.from_iterable(one.keys for one in clauses if one is not None)))
