"""Mechanism: how many bodies are read at a time that may cost their readers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

WARY = timedelta(hours=1)


class Caution:
    """For one event loop: as many at a time as there are readers; one at a time for an hour after
    one has cost its reader, so that the others are free for what has proved harmless.

    That waits for what hangs once, then, and no longer than a deadline.
    """

    def __init__(self, readers: int) -> None:
        self._places = asyncio.Semaphore(readers)
        self._alone = asyncio.Lock()
        self._wary_until = 0.0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Have a place at the readers in the block."""
        async with self._places:
            if time.monotonic() < self._wary_until:
                async with self._alone:
                    yield
            else:
                yield

    def warn(self) -> None:
        """Some body has cost its reader."""
        self._wary_until = time.monotonic() + WARY.total_seconds()
