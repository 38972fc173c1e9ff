"""What a value becomes as a column."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import FeedHints, Pace, Unchanged
from monitor.store import rows
from tests.strategies import at

PARIS = ZoneInfo("Europe/Paris")


@given(st.lists(st.text()))
def test_a_list_is_the_json_that_the_library_writes(texts: list[str]) -> None:
    assert rows.as_json(texts) == json.dumps(texts, ensure_ascii=False)


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - its zone comes next
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, PARIS, timezone(timedelta(hours=-3, minutes=-30))]),
    )
)
def test_an_instant_comes_back_and_is_text_of_one_width(at: datetime) -> None:
    text = rows.instant_text(at)
    assert rows.instant(text) == at.astimezone(UTC)
    assert len(text) == len("2026-03-07T10:15:00.000000Z")
    assert rows.numbered_instant(rows.instant_number(at)) == at.astimezone(UTC)


def test_the_number_of_an_instant_is_that_of_microseconds_since_1970() -> None:
    assert rows.instant_number(datetime(1970, 1, 2, 0, 0, 3, 4, tzinfo=UTC)) == 86_403_000_004
    assert rows.instant_number(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    twice = [datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=fold) for fold in (0, 1)]
    assert [rows.instant_text(at)[11:16] for at in twice] == ["00:30", "01:30"]


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        rows.instant_text(datetime(2026, 3, 7))  # noqa: DTZ001


def test_a_row_holds_what_sqlite_takes() -> None:
    stored = rows.row(
        text="caf\u00e9 \ud800",
        pace=Pace.BACKOFF,
        at=datetime(2026, 3, 7, 10, 15, tzinfo=UTC),
        span=timedelta(minutes=1, seconds=0.5),
        tags=("a", "\ud800"),
        none=None,
        yes=True,
        number=3,
        bytes=b"x",
    )
    assert stored == {
        "text": "caf\u00e9 ?",
        "pace": "backing off",
        "at": "2026-03-07T10:15:00.000000Z",
        "span": 60.5,
        "tags": '["a", "?"]',
        "none": None,
        "yes": True,
        "number": 3,
        "bytes": b"x",
    }
    assert type(stored["pace"]) is str


def test_of_a_publishers_hints_what_is_said_is_stored() -> None:
    hints = FeedHints(ttl=timedelta(minutes=30), skip_days=(5, 6))
    assert rows._hints_text(FeedHints()) == "{}"
    assert rows._hints_text(hints) == '{"ttl": 1800.0, "skip_days": [5, 6]}'
    assert rows._hints(rows._hints_text(hints)) == hints


def test_of_two_looks_at_a_feed_the_last_is_written_and_no_other() -> None:
    looks = [
        Unchanged(feed_id=feed_id, polled_at=at(minutes), next_check_at=at(minutes + 15))
        for feed_id, minutes in ((1, 0), (2, 1), (1, 2))
    ]
    assert json.loads(rows.looks_text(looks)) == [
        [1, rows.instant_number(at(2)), rows.instant_number(at(17))],
        [2, rows.instant_number(at(1)), rows.instant_number(at(16))],
    ]
