"""Ticks come at their intervals, whatever the clock has done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ticks import Ticks, _Steady

YEARS = timedelta(days=3653)
SECOND = timedelta(seconds=1)
NOW = datetime(2026, 3, 7, 10, 15, tzinfo=UTC)


@given(
    missed=st.timedeltas(-YEARS, YEARS), interval=st.timedeltas(timedelta(milliseconds=1), YEARS)
)
def test_the_next_tick_is_ahead_and_no_further_than_an_interval_from_what_is_later(
    missed: timedelta, interval: timedelta
) -> None:
    previous = NOW - missed
    following = _Steady(interval).get_next_fire_time(previous, NOW)
    assert NOW < following <= max(NOW, previous) + interval
    if previous <= NOW < previous + interval:
        assert following == previous + interval  # ticks do not drift


@pytest.mark.parametrize("step", [YEARS, timedelta(hours=12), timedelta(hours=1)])
def test_a_clock_that_was_set_on_costs_one_tick(step: timedelta) -> None:
    async def work() -> int:
        count, came = 0, asyncio.Event()

        async def tick() -> None:
            nonlocal count
            count += 1
            came.set()

        ticks = Ticks([(tick, timedelta(hours=1))], lambda by: None)
        [job] = ticks._scheduler.get_jobs()
        job.modify(next_run_time=datetime.now(UTC) - step)  # planned before the clock was set
        ticks.start()
        async with asyncio.timeout(5):
            await came.wait()
        await asyncio.sleep(0.05)
        ticks.stop()
        return count

    assert asyncio.run(work()) == 1


def test_a_stop_in_the_middle_of_a_tick_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        began = asyncio.Event()

        async def tick() -> None:
            began.set()
            await asyncio.sleep(3600)

        ticks = Ticks([(tick, SECOND)], lambda by: None)
        ticks.start()
        async with asyncio.timeout(5):
            await began.wait()
        ticks.stop()
        await asyncio.sleep(0.05)

    asyncio.run(work())
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_is_for_later_does_not_come_at_the_start() -> None:
    async def work() -> int:
        soon = later = 0
        came = asyncio.Event()

        async def at_once() -> None:
            nonlocal soon
            soon += 1

        async def at_last() -> None:
            nonlocal later
            later = soon
            came.set()

        ticks = Ticks(
            [(at_once, timedelta(milliseconds=20))],
            lambda by: None,
            later=[(at_last, timedelta(milliseconds=200))],
        )
        ticks.start()
        async with asyncio.timeout(5):
            await came.wait()
        ticks.stop()
        return later

    before = asyncio.run(work())
    assert before > 1


def test_ticks_come_again_and_again_and_none_after_the_stop() -> None:
    async def work() -> None:
        count = 0
        enough = asyncio.Event()

        async def tick() -> None:
            nonlocal count
            count += 1
            if count == 5:
                enough.set()

        ticks = Ticks([(tick, timedelta(milliseconds=10))], lambda by: None)
        ticks.start()
        async with asyncio.timeout(10):
            await enough.wait()
        ticks.stop()
        await asyncio.sleep(0)
        seen = count
        await asyncio.sleep(0.05)
        assert count == seen

    asyncio.run(work())
