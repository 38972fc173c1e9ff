"""Mechanism: one request at a time to each host, and a moment between two.

A poll's first request hardly ever waits here: the daemon asks ``busy`` and starts no feed of such
a host. What waits are redirects that meet at one host, and whatever a command looks at. It waits
in the order of coming, as long as whoever asks has patience.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class _Door:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted_by: int = 0
    free_at: float = 0.0
    """Monotonic; ``gap`` after the last request ended."""


class Turns:
    """The doors of all hosts; for one event loop.

    ``gap`` lies between the end of a request to a host and the beginning of the next: however late
    a busy machine sends what was begun, the host sees them that far apart.
    """

    def __init__(self, gap: timedelta) -> None:
        self._gap = gap.total_seconds()
        self._doors: dict[str, _Door] = {}

    @asynccontextmanager
    async def turn(self, host: str, patience: timedelta) -> AsyncIterator[None]:
        """Have the host for oneself in the block.

        Raises:
            TimeoutError: its turn did not come within ``patience``.
        """
        door = self._doors.setdefault(host, _Door())
        door.wanted_by += 1
        try:
            async with AsyncExitStack() as held:
                async with asyncio.timeout(patience.total_seconds()):
                    await held.enter_async_context(door.lock)
                    await asyncio.sleep(door.free_at - time.monotonic())
                try:
                    yield
                finally:
                    door.free_at = time.monotonic() + self._gap
        finally:
            door.wanted_by -= 1

    def busy(self, within: timedelta) -> frozenset[str]:
        """The hosts that have a request in flight, or may not be asked again within that time."""
        now = time.monotonic()
        for host in [host for host, door in self._doors.items() if _is_idle(door, now)]:
            del self._doors[host]
        soon = now + within.total_seconds()
        return frozenset(
            host for host, door in self._doors.items() if door.wanted_by or door.free_at > soon
        )


def _is_idle(door: _Door, now: float) -> bool:
    return not door.wanted_by and door.free_at <= now
