"""Mechanism: processes that are killed at a deadline and replaced, by Pebble.

They are forked from a clean server process that has imported what they need, so that a
replacement starts in milliseconds and inherits none of the core's threads. They hold no
database and no network connection of the core.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import timedelta
from multiprocessing import forkserver
from time import monotonic, sleep
from typing import Any, ParamSpec, TypeVar

import pebble.pool.process
from pebble import ProcessExpired, ProcessPool

from monitor.errors import WorkerDied, WorkerFailed, WorkerRaised, WorkerTimeout

P = ParamSpec("P")
T = TypeVar("T")

RENEWAL = timedelta(minutes=2)
"""How long the making of workers may take that replace their like."""

_PR_SET_PDEATHSIG = 1


class _SteadyTime:
    """Pebble counts its deadlines by the wall clock: one that is set on would kill what is under
    way, and one that is set back would let it hang. So it is given the clock that only goes on."""

    time = staticmethod(monotonic)
    sleep = staticmethod(sleep)


pebble.pool.process.time = _SteadyTime  # type: ignore[assignment,attr-defined]


def preload(module: str) -> None:
    """Start the server, and have it import the module once for all workers.

    It does so while the caller goes on, who must do this before making a pool. The program's main module is not for them: without this each worker would run it again.
    """
    main = sys.modules["__main__"]
    main.__spec__ = main.__file__ = None
    multiprocessing.set_forkserver_preload([module])
    forkserver.ensure_running()


class Workers:
    """A pool of processes, each made ready by ``start(*arguments)``.

    ``memory`` bounds what one may allocate beyond what it starts with, in bytes. After ``tasks``
    calls each, all are replaced, so that nothing that leaks lasts: by others that are made ready
    aside, as what they hold may take seconds.
    """

    def __init__(
        self,
        count: int,
        start: Callable[..., object],
        arguments: tuple[Any, ...] = (),
        *,
        memory: int = 512 * 1024 * 1024,
        tasks: int = 5_000,
    ) -> None:
        self.count = count
        self._start = start
        self._memory = memory
        self._arguments = arguments
        self._calls_each = tasks * count
        self._calls_left = self._calls_each
        self._renewing = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self._pool = self._make(arguments)

    def _make(self, arguments: tuple[Any, ...]) -> Any:
        return ProcessPool(
            max_workers=self.count,
            initializer=_become_worker,
            initargs=(self._memory, self._start, arguments),
            context=multiprocessing.get_context("forkserver"),
        )

    async def call(
        self, deadline: timedelta, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function`` in a worker; its arguments and its result are pickled.

        The deadline counts from when a worker takes the call.

        Raises:
            WorkerTimeout: it was killed at the deadline.
            WorkerDied: it died by itself.
            WorkerRaised: the function raised.
        """
        self._count_call()
        future = self._pool.schedule(
            function, args=args, kwargs=kwargs, timeout=deadline.total_seconds()
        )
        return await _answer(future, deadline)

    async def renew(self, arguments: tuple[Any, ...], deadline: timedelta) -> None:
        """Replace all workers by others made ready with other arguments.

        They are made and tried aside, on a thread of their own since what they are made ready
        with may be large; then every new call goes to them, and the old ones end when they have
        answered what they were asked.

        Raises:
            WorkerFailed: they cannot be made; the old ones stay.
        """
        async with self._renewing:
            await self._replace(arguments, deadline)

    def _count_call(self) -> None:
        self._calls_left -= 1
        if self._calls_left <= 0:
            self._calls_left = self._calls_each
            self._renewal = asyncio.create_task(self._replace_by_their_like())

    async def _replace_by_their_like(self) -> None:
        """Where that fails, those that are there go on."""
        with contextlib.suppress(WorkerFailed):
            async with self._renewing:
                await self._replace(self._arguments, RENEWAL)

    async def _replace(self, arguments: tuple[Any, ...], deadline: timedelta) -> None:
        pool = self._make(arguments)
        try:
            seconds = deadline.total_seconds()
            future = await asyncio.to_thread(pool.schedule, _is_ready, timeout=seconds)
            await _answer(future, deadline)
        except (WorkerFailed, asyncio.CancelledError):
            _end_aside(pool, timedelta())
            raise
        self._pool, replaced = pool, self._pool
        self._arguments, self._calls_left = arguments, self._calls_each
        _end_aside(replaced, deadline)

    def retire(self, patience: timedelta = timedelta(seconds=1)) -> None:
        """End the workers when they have answered, without waiting for it; kill them after that."""
        self._stop_renewal()
        _end_aside(self._pool, patience)

    def close(self) -> None:
        """Kill the workers, at once."""
        self._stop_renewal()
        self._pool.stop()
        self._pool.join()

    def _stop_renewal(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()


async def _answer(future: Future[T], deadline: timedelta) -> T:
    try:
        answer = await asyncio.wrap_future(future)
    except FutureTimeout as error:
        raise WorkerTimeout(f"killed after {deadline.total_seconds():g} s") from error
    except (ProcessExpired, MemoryError) as error:
        raise WorkerDied(str(error) or "out of memory") from error
    except Exception as error:
        raise WorkerRaised(f"it raised {type(error).__name__}") from error
    return answer


def _end_aside(pool: Any, patience: timedelta) -> None:
    """End a pool without waiting for it: what it was asked is answered first, within reason."""

    def end() -> None:
        pool.close()
        with contextlib.suppress(FutureTimeout):
            pool.join(timeout=patience.total_seconds())
        pool.stop()
        pool.join()

    threading.Thread(target=end, name="retired workers", daemon=True).start()


def _is_ready() -> None:
    """Answered by whoever has been made ready."""


def _become_worker(memory: int, start: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the core
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    start(*arguments)
    in_use = _data_size()
    with contextlib.suppress(ValueError):  # a lower limit from outside stays
        resource.setrlimit(resource.RLIMIT_DATA, (in_use + memory, in_use + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    """The parent is the fork server, which ends when the core does: no orphan is left behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _data_size() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
