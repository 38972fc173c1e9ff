"""Mechanism: the one thread on which the event loop asks the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from monitor.store.protocol import Store

P = ParamSpec("P")
T = TypeVar("T")
StoreT_co = TypeVar("StoreT_co", bound=Store, covariant=True)


class StoreThread(Generic[StoreT_co]):
    """A store whose methods are called one after another, without stopping the event loop::

    await books.ask(books.store.commit, outcome)
    """

    def __init__(self, store: StoreT_co) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call one of the store's methods.

        A caller that is cancelled does not stop what was begun: it is written or not, whole.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(call, *args, **kwargs))

    def close(self) -> None:
        """Let what was asked end; the store itself stays open."""
        self._thread.shutdown()
