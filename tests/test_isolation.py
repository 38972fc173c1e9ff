"""One stuck destination delays no other: with the real daemon, real servers, real time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import isolation


@pytest.mark.slow
def test_a_healthy_destination_is_told_in_time_among_many_that_are_stuck(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    measured = isolation.measure(tmp_path, alerts=100, per_second=10)
    record_property("measured", str(measured))
    assert measured.missing == 0
    assert measured.repeated == 0
    assert measured.p95 <= 5
    assert measured.waiting == 100 * (isolation.DRIPPING + 1)
    assert measured.processes <= isolation.DRIPPING + 2 + 10
    assert measured.threads <= 60
    assert measured.descriptors <= 250
