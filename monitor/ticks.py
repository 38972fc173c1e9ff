"""Mechanism: a handful of functions called at their intervals, by APScheduler, whatever the clock does.

APScheduler reckons by the wall clock. Left to itself it is silent for an hour after a step back of
an hour, and after a step of ten years on it lists every second of them: gigabytes, and minutes in
which nothing else runs. So a tick that is late comes once, and a clock that jumps is noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

CLOCK_WATCH = timedelta(seconds=2)
"""How often the wall clock is compared with the one that only goes on."""


class Ticks:
    """Calls each function at its interval, the first time at once; one call of each at a time."""

    def __init__(
        self,
        ticks: Iterable[tuple[Callable[[], Awaitable[None]], timedelta]],
        on_jump: Callable[[timedelta], None],
        later: Iterable[tuple[Callable[[], Awaitable[None]], timedelta]] = (),
    ) -> None:
        """``on_jump`` is told by how much the wall clock was set; what is ``later`` is called the
        first time after its interval."""
        self._on_jump = on_jump
        self._watch: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for tick, interval in ticks:
            self._scheduler.add_job(
                partial(self._run, tick), _Steady(interval), next_run_time=_now()
            )
        for tick, interval in later:
            self._scheduler.add_job(partial(self._run, tick), _Steady(interval))

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        self._scheduler.start()
        self._watch = asyncio.create_task(self._watch_clock())

    def stop(self) -> None:
        """Begin no other tick; what is under way is cancelled."""
        self._is_stopping = True
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)

    async def _run(self, tick: Callable[[], Awaitable[None]]) -> None:
        try:
            await tick()
        except asyncio.CancelledError:
            if not self._is_stopping:  # APScheduler would report it as an error
                raise

    async def _watch_clock(self) -> None:
        loop = asyncio.get_running_loop()
        behind = time.time() - loop.time()
        while True:
            await asyncio.sleep(CLOCK_WATCH.total_seconds())
            jump = time.time() - loop.time() - behind
            behind += jump
            if abs(jump) > CLOCK_WATCH.total_seconds():
                self._on_jump(timedelta(seconds=round(jump)))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=_now())


class _Steady(BaseTrigger):  # type: ignore[misc]
    """An interval, counted from now on where it has been missed, however often."""

    __slots__ = ("_interval",)

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """When the tick comes after that of ``previous``, always later than ``now``."""
        due = (previous or now) + self._interval
        return due if now < due else now + self._interval


def _now() -> datetime:
    return datetime.now(UTC)
