"""Mechanism: the one thread on which the event loop asks the store.

A commit waits for the disk. Polls that want to be written meanwhile are written together, by the
next one: the busier the daemon, the fewer times the disk is waited for. The thread is called at the
end of the event loop's turn, when all that end in it have come: it would wait for Python's lock
until then, and take it from them at every pause.

Nobody waits until a poll is written that found nothing new. To wake it would cost as much as to decide
what it has found, and nothing follows from it; it is written before whatever is asked afterwards.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from monitor.models import Polled, Unchanged
from monitor.store.protocol import Commit, Store

P = ParamSpec("P")
T = TypeVar("T")
StoreT_co = TypeVar("StoreT_co", bound=Store, covariant=True)

MOST_TOGETHER = 200
"""Polls and articles that are written in one transaction, so that none holds the lock for long.
A poll that brings more is written alone."""


class _Noted:
    """Stands in a future's place where nobody waits: only failure is told."""

    __slots__ = ("_loop", "_lost")

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Exception], None]) -> None:
        self._loop = loop
        self._lost = lost

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return False

    def set_result(self, _: Commit) -> None:
        pass

    def set_exception(self, error: Exception) -> None:
        self._lost(error)


_Teller = _Noted | asyncio.Future[Commit]
_Waiting = tuple[Polled, _Teller]


class StoreThread(Generic[StoreT_co]):
    """A store whose methods are called one after another, without stopping the event loop::

    await books.ask(books.store.due_feeds, now, 50)
    await books.commit(outcome)
    books.note(unchanged, lost)
    """

    def __init__(self, store: StoreT_co) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()  # for what waits
        self._is_closed = False

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call one of the store's methods.

        A caller that is cancelled does not stop what was begun: it is written or not, whole.
        """
        loop = asyncio.get_running_loop()
        if self._waiting:  # what was noted before is known to whoever asks
            self._call_thread()
        return await loop.run_in_executor(self._thread, partial(call, *args, **kwargs))

    async def commit(self, outcome: Polled) -> Commit:
        """Write a poll's outcome, in one transaction with others that wait to be written.

        It returns when that is on the disk. A caller that is cancelled stops nothing.

        Raises:
            StoreError: nothing of it was written.
            RuntimeError: the thread has ended.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Commit] = loop.create_future()
        self._add(outcome, done, loop)
        return await done

    def note(self, outcome: Unchanged, lost: Callable[[Exception], None]) -> None:
        """Have a poll's outcome written with the next commit, and before whatever is asked later.

        ``lost`` is called on the event loop, with the reason, if it is not written.

        Raises:
            RuntimeError: the thread has ended.
        """
        loop = asyncio.get_running_loop()
        self._add(outcome, _Noted(loop, lost), loop)

    async def settle(self) -> None:
        """Wait until all that was noted is written or lost."""
        await self.ask(lambda: None)

    def close(self) -> None:
        """Let what was asked end; the store itself stays open. It may be called again."""
        self._call_thread()
        self._is_closed = True
        self._thread.shutdown()

    def _add(self, outcome: Polled, teller: _Teller, loop: asyncio.AbstractEventLoop) -> None:
        if self._is_closed:
            raise RuntimeError("the store's thread has ended")
        with self._lock:
            is_first = not self._waiting
            self._waiting.append((outcome, teller))
        if is_first:  # else those before it call the thread
            loop.call_soon(self._call_thread)

    def _call_thread(self) -> None:
        if not self._is_closed:  # else what waited was written then
            self._thread.submit(self._commit_waiting)

    # --- on the thread ---

    def _commit_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        while waiting:
            together = _next_together(waiting)
            try:
                done = self.store.commit_all([outcome for outcome, _ in together])
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                done = (error,) * len(together)
            _tell(together, done)


def _next_together(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Take from the front as many as are written together; one at least."""
    together = [waiting.popleft()]
    size = _size(together[0][0])
    while waiting and (size := size + _size(waiting[0][0])) <= MOST_TOGETHER:
        together.append(waiting.popleft())
    return together


def _size(outcome: Polled) -> int:
    return 1 + len(outcome.articles) + len(outcome.edited) + len(outcome.renamed)


def _tell(together: Iterable[_Waiting], done: Iterable[Commit | Exception]) -> None:
    """Wake those who wait, with one call for each event loop."""
    answers: dict[asyncio.AbstractEventLoop, list[tuple[_Teller, Commit | Exception]]] = {}
    for (_, teller), answer in zip(together, done, strict=True):
        answers.setdefault(teller.get_loop(), []).append((teller, answer))
    for loop, ones in answers.items():
        with suppress(RuntimeError):  # the event loop has gone
            loop.call_soon_threadsafe(_settle, ones)


def _settle(ones: Iterable[tuple[_Teller, Commit | Exception]]) -> None:
    for teller, answer in ones:
        if teller.done():  # cancelled
            continue
        if isinstance(answer, Exception):
            teller.set_exception(answer)
        else:
            teller.set_result(answer)
