"""A short run of the mutants; ``python -m tests.mutate`` is the long one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing

from monitor import reading
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.workers import Workers
from tests import mutate


def with_a_bug() -> None:
    """The start of a reader that raises over every body: a mutant of ours."""

    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    reading.parse = fail  # type: ignore[assignment]


def tally(count: int, pool: Workers) -> mutate.Tally:
    found = mutate.Tally()
    with closing(pool):
        asyncio.run(mutate.run(iter(range(count)), 7, pool, 2, found))
    return found


def test_no_mutant_makes_a_reader_raise(record_property: Callable[[str, object], None]) -> None:
    found = tally(1_000, mutate.readers())
    assert found.bugs == []
    assert sum(found.outcomes.values()) == 1_000
    assert found.outcomes["a feed with entries"] > 100
    record_property("measured", f"1,000 mutants: raised 0, killed {len(found.killed)}")


def test_a_reader_that_raises_is_seen() -> None:
    found = tally(5, Workers(1, with_a_bug))
    assert {outcome for _, outcome in found.bugs} == {"raised: it raised RuntimeError"}


def test_a_mutant_can_be_made_again() -> None:
    feeds = mutate.sources()
    assert mutate.mutant(feeds, 7, 3) == mutate.mutant(feeds, 7, 3)
    assert len({mutate.mutant(feeds, 7, number) for number in range(50)}) > 40


def test_a_damaged_entry_costs_only_itself(
    record_property: Callable[[str, object], None],
) -> None:
    try:
        reading.engine()
    except RuntimeError:
        reading.start(PackedRules.of(RuleSet()), frozenset({"en"}))
    numbers = range(600)
    lost = [number for number in numbers if mutate.lost_beside(number, 7)[1]]
    assert lost == []
    changed = [mutate.damaged(7, number) for number in numbers]
    assert sum(before != after for _, _, before, after in changed) > 500
    record_property("measured", "600 damaged entries: entries beside them lost 0")
