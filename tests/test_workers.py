from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import WorkerDied, WorkerRaised, WorkerTimeout
from monitor.workers import Workers

SECOND = timedelta(seconds=1)


def nothing() -> None:
    """A start that does nothing."""


_name = ""


def wait_at_the_door(door: Path, name: str) -> None:
    """A start that takes until somebody opens."""
    global _name  # noqa: PLW0603 - a worker is made ready once
    while not door.exists():
        time.sleep(0.01)
    _name = name


def who() -> tuple[int, str]:
    return os.getpid(), _name


def identify(value: int) -> tuple[int, int]:
    return os.getpid(), value


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def take_memory(size: int) -> int:
    return len(bytearray(size))


def hold_the_gil() -> None:
    """What a super-linear regular expression does: no other thread of the process runs."""
    re.match(r"(a+)+$", "a" * 40 + "b")


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers(1, nothing, memory=256 * 1024 * 1024)
    yield pool
    pool.close()


def test_a_call_runs_in_another_process_that_is_kept(workers: Workers) -> None:
    async def run() -> None:
        first, value = await workers.call(10 * SECOND, identify, 7)
        second, _ = await workers.call(10 * SECOND, identify, 8)
        assert value == 7
        assert first == second != os.getpid()

    asyncio.run(run())


def test_a_call_that_holds_the_interpreter_is_killed_at_its_deadline(workers: Workers) -> None:
    async def run() -> None:
        await workers.call(10 * SECOND, identify, 1)
        began = time.monotonic()
        with pytest.raises(WorkerTimeout, match=r"killed after 0\.5 s"):
            await workers.call(SECOND / 2, hold_the_gil)
        assert time.monotonic() - began < 5
        assert (await workers.call(10 * SECOND, identify, 2))[1] == 2

    asyncio.run(run())


def test_a_worker_that_dies_is_said_and_replaced(workers: Workers) -> None:
    async def run() -> None:
        with pytest.raises(WorkerDied):
            await workers.call(10 * SECOND, die)
        assert (await workers.call(10 * SECOND, identify, 3))[1] == 3

    asyncio.run(run())


def test_a_worker_that_wants_too_much_memory_is_told_no(workers: Workers) -> None:
    async def run() -> None:
        with pytest.raises(WorkerDied, match="memory"):
            await workers.call(10 * SECOND, take_memory, 1024 * 1024 * 1024)
        assert await workers.call(10 * SECOND, take_memory, 1024) == 1024

    asyncio.run(run())


def test_an_error_of_the_call_itself_is_a_failure_too(workers: Workers) -> None:
    async def run() -> None:
        with pytest.raises(WorkerRaised, match="it raised ValueError"):
            await workers.call(10 * SECOND, int, "x")

    asyncio.run(run())


@pytest.mark.parametrize("step", [3600, -3600], ids=["on", "back"])
def test_a_wall_clock_that_is_set_moves_no_deadline(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    wall = time.time

    async def run() -> None:
        await workers.call(10 * SECOND, identify, 7)
        slow = asyncio.create_task(workers.call(2 * SECOND, time.sleep, 0.8))
        stuck = asyncio.create_task(workers.call(0.5 * SECOND, time.sleep, 60))
        await asyncio.sleep(0.3)
        monkeypatch.setattr(time, "time", lambda: wall() + step)
        await slow
        await asyncio.sleep(0.2)
        monkeypatch.setattr(time, "time", lambda: wall() + 2 * step)
        with pytest.raises(WorkerTimeout):
            await asyncio.wait_for(stuck, 10)

    asyncio.run(run())


def test_workers_that_have_done_their_calls_are_replaced_aside(tmp_path: Path) -> None:
    door = tmp_path / "door"
    door.touch()
    pool = Workers(1, wait_at_the_door, (door, "first"), tasks=5)

    async def run() -> None:
        old, _ = await pool.call(10 * SECOND, who)
        door.unlink()
        for _ in range(20):  # nobody waits for those that are being made
            assert await pool.call(10 * SECOND, who) == (old, "first")
        door.touch()
        end = time.monotonic() + 30
        while (await pool.call(10 * SECOND, who))[0] == old:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)

    asyncio.run(run())
    pool.close()


def test_new_arguments_are_not_lost_to_a_replacement_under_way(tmp_path: Path) -> None:
    door = tmp_path / "door"
    door.touch()
    pool = Workers(1, wait_at_the_door, (door, "first"), tasks=5)

    async def run() -> None:
        await pool.call(10 * SECOND, who)
        door.unlink()
        for _ in range(5):
            await pool.call(10 * SECOND, who)
        renewed = asyncio.create_task(pool.renew((door, "second"), 30 * SECOND))
        await asyncio.sleep(0.2)
        door.touch()
        await renewed
        for _ in range(20):
            assert (await pool.call(10 * SECOND, who))[1] == "second"
            await asyncio.sleep(0.02)

    asyncio.run(run())
    pool.close()
