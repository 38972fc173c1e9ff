"""Whatever is answered, it ends, it stays small, and the error names the limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.feeds.fetch import Limits
from tests.bounds import CASES, EXPECTED, cost, says
from tests.servers.traps import packed_zeros

SLOW = Limits(total=timedelta(seconds=1))
"""For what only time ends."""
FAST = Limits(total=timedelta(seconds=20))
"""For what another limit ends."""
MOST = 32
"""MB."""


def test_every_trap_has_its_end_stated() -> None:
    assert CASES.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_trap_ends_in_time_and_in_bounds_and_its_limit_is_named(name: str) -> None:
    packed_zeros()  # what the server needs is not the client's cost
    limits = SLOW if name.startswith(("drip", "stall")) else FAST
    found = cost(name, limits)
    reason, words = says(name, limits)
    assert found.error is not None
    assert found.error.reason is reason
    assert words in found.error.detail
    assert found.grown <= MOST
    # A deadline that did not hold would be missed by far: these never end by themselves.
    assert found.seconds < limits.total.total_seconds() + 10
