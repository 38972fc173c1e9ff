"""Two simulated weeks of polling, with restarts, before the score server: the table's rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.models import EventKind
from tests.servers.polite.findings import Check
from tests.servers.polite.publishers import ENTRIES, PACE, PUBLISHERS
from tests.servers.polite.score import Verdict, table
from tests.simulation import Simulated, simulate

pytestmark = pytest.mark.slow

LASTS = timedelta(days=14)
MINIMUM = timedelta(hours=2)
RESTARTS = 4


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(
        tmp_path_factory.mktemp("simulation"),
        feeds=len(PUBLISHERS),
        lasts=LASTS,
        restarts=RESTARTS,
        minimum=MINIMUM,
    )


@pytest.mark.parametrize("check", Check)
def test_a_row_of_the_score_table_passes(simulated: Simulated, check: Check) -> None:
    row = simulated.row(check)
    assert row.looked, "nothing was seen that this row is about"
    assert row.verdict is Verdict.PASS, table([row])


def test_every_article_is_stored_whatever_the_validators_do(simulated: Simulated) -> None:
    published = ENTRIES + (LASTS - MINIMUM) // PACE
    for name in (
        "both",
        "etag-only",
        "date-only",
        "weak-etag",
        "bare-etag",
        "etag-changes-alone",
        "date-changes-alone",
        "changes-on-304",
        "without-validators",
        "moved-301",
        "with-cookies",
        "packed",
    ):
        assert simulated.articles[name] in (published, published + 1), name


def test_a_feed_that_is_gone_is_told_once(simulated: Simulated) -> None:
    told = [
        event
        for event in simulated.events
        if event.subject.endswith("/gone") and event.kind is not EventKind.FEED_RECOVERED
    ]
    assert len(told) == 1
