"""The score table: a polite reader passes each row, and each flaw fails the row it should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from tests.servers.polite.findings import Check
from tests.servers.polite.office import Office, place
from tests.servers.polite.publishers import PUBLISHERS
from tests.servers.polite.reader import Flaw, ModelReader
from tests.servers.polite.score import Row, Verdict, as_values, score, table

STARTED = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
MINIMUM = timedelta(hours=2)
LASTS = timedelta(days=15)
RESTARTS = tuple(STARTED + timedelta(hours=hours) for hours in (5, 50.1, 101, 170, 300.7))

CAUGHT_BY = {
    Flaw.DROPS_VALIDATORS: Check.UNCONDITIONAL,
    Flaw.MAKES_UP_VALIDATORS: Check.MADE_UP,
    Flaw.KEEPS_THE_FIRST: Check.STALE,
    Flaw.SENDS_THE_ETAG_ALONE: Check.LEFT_OUT,
    Flaw.FORGETS_304S: Check.ON_304,
    Flaw.KEEPS_WHAT_WAS_REMOVED: Check.REMOVED,
    Flaw.TRUSTS_ERRORS: Check.NO_FEED,
    Flaw.JITTERS_BELOW: Check.MINIMUM,
    Flaw.POLLS_TWICE_AT_START: Check.BURST,
    Flaw.FORGETS_ON_RESTART: Check.RESTART,
    Flaw.GIVES_UP: Check.FORGOTTEN,
    Flaw.IGNORES_RETRY_AFTER: Check.RETRY_503,
    Flaw.IGNORES_HOSTS_429: Check.RETRY_429_HOST,
    Flaw.IGNORES_CACHE: Check.MAX_AGE,
    Flaw.IGNORES_TTL: Check.TTL,
    Flaw.IGNORES_SKIPS: Check.SKIP_ALL,
    Flaw.FOLLOWS_NOTHING: Check.FOLLOWED,
    Flaw.STORES_NO_REDIRECT: Check.NOT_STORED,
    Flaw.STORES_AT_ONCE: Check.STORED_WRONGLY,
    Flaw.IGNORES_410: Check.GONE,
    Flaw.NEVER_SLOWS: Check.MISSING,
    Flaw.CROWDS_HOSTS: Check.SPACING,
    Flaw.KEEPS_COOKIES: Check.COOKIES,
    Flaw.SENDS_REFERER: Check.REFERER,
    Flaw.BUSTS_CACHES: Check.QUERY,
    Flaw.HEAD_FIRST: Check.METHOD,
    Flaw.WANTS_ICONS: Check.OTHER_URLS,
    Flaw.IS_A_BROWSER: Check.AGENT,
    Flaw.TAKES_NO_GZIP: Check.ENCODING,
}
"""The row that must fail; others may fail with it."""

ALSO_CAUGHT = {
    Flaw.KEEPS_THE_FIRST: {Check.TOUCHED, Check.ONE_CHANGED},
    Flaw.KEEPS_WHAT_WAS_REMOVED: {Check.TAKEN_BACK},
    Flaw.IGNORES_RETRY_AFTER: {Check.RETRY_429},
    Flaw.IGNORES_CACHE: {Check.EXPIRES},
    Flaw.IGNORES_SKIPS: {Check.SKIP_HOURS, Check.SKIP_DAYS},
    Flaw.STORES_AT_ONCE: {Check.STORED_EARLY},
}


@cache
def scored(flaw: Flaw | None) -> dict[Check, Row]:
    clock = [STARTED]
    office = Office(place(len(PUBLISHERS)), lambda: clock[0])
    reader = ModelReader(office, lambda at: clock.__setitem__(0, at), MINIMUM, flaw)
    reader.run(STARTED + LASTS, RESTARTS)
    rows = score(
        office.log,
        office.feeds,
        minimum=MINIMUM,
        ended_at=STARTED + LASTS,
        restarts=RESTARTS,
    )
    return {row.check: row for row in rows}


@pytest.mark.parametrize("check", Check)
def test_a_polite_reader_passes_each_row_and_each_is_looked_at(check: Check) -> None:
    assert scored(None)[check].verdict is Verdict.PASS, scored(None)[check]


@pytest.mark.parametrize("flaw", Flaw)
def test_a_flaw_fails_the_rows_that_are_about_it(flaw: Flaw) -> None:
    failed = {check for check, row in scored(flaw).items() if row.verdict is Verdict.FAIL}
    assert failed >= {CAUGHT_BY[flaw], *ALSO_CAUGHT.get(flaw, ())}


def test_every_row_but_the_ones_about_real_time_has_a_flaw_that_fails_it() -> None:
    shown = {*CAUGHT_BY.values(), *(check for more in ALSO_CAUGHT.values() for check in more)}
    assert set(Check) - shown == {Check.IN_FLIGHT}  # the model reader asks one after the other


def test_a_row_that_nothing_was_seen_for_is_no_pass() -> None:
    rows = score((), (), minimum=MINIMUM, ended_at=STARTED)
    assert {row.verdict for row in rows} == {Verdict.NOT_SEEN}


def test_the_table_names_each_counter_and_the_first_offence() -> None:
    rows = tuple(scored(Flaw.SENDS_REFERER).values())
    printed = table(rows)
    assert all(check in printed for check in Check)
    assert "FAIL\n    first: 02 Mar 07:30:00 GET /0/both" in printed
    values = {one["check"]: one for one in as_values(rows)}
    assert values[Check.REFERER]["verdict"] == "FAIL"
    assert values[Check.REFERER]["wrong"] == values[Check.REFERER]["looked"]
