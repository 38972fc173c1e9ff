"""Mechanism: how many bodies are read at a time that may cost their readers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

WARY = timedelta(hours=1)


class Caution:
    """For one event loop: ``most`` at a time; one at a time for an hour after one has cost its
    reader, so that the other readers are free for what has proved harmless.

    With one more than there are readers, none of them waits for work, and what has proved harmless
    waits for what hangs once, no longer than a deadline: of those before it, one waits itself.
    """

    def __init__(self, most: int) -> None:
        self._places = asyncio.Semaphore(most)
        self._reading = 0
        self._is_quiet = asyncio.Event()
        self._wary_until = 0.0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Have a place at the readers in the block."""
        async with self._places:
            while self._reading and time.monotonic() < self._wary_until:
                await self._is_quiet.wait()
            self._reading += 1
            self._is_quiet.clear()
            try:
                yield
            finally:
                self._reading -= 1
                if not self._reading:
                    self._is_quiet.set()

    def warn(self) -> None:
        """Some body has cost its reader."""
        self._wary_until = time.monotonic() + WARY.total_seconds()
