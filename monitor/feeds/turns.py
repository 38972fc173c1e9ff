"""Mechanism: one request at a time to each host, and a moment between two.

A poll's first request hardly ever waits here: the daemon asks ``busy`` and starts no feed of such
a host. What waits are redirects that meet at one host, and whatever a command looks at. It waits
in the order of coming, as long as whoever asks has patience.
"""

from __future__ import annotations

import asyncio
import time
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

    def turn(self, host: str, patience: timedelta) -> Turn:
        """Have the host for oneself in the block: ``async with turns.turn(host, patience)``.

        The block raises TimeoutError where its turn did not come within ``patience``.
        """
        door = self._doors.get(host)
        if door is None:
            door = self._doors[host] = _Door()
        return Turn(door, self._gap, patience)

    def busy(self, within: timedelta) -> frozenset[str]:
        """The hosts that have a request in flight, or may not be asked again within that time."""
        now = time.monotonic()
        for host in [host for host, door in self._doors.items() if _is_idle(door, now)]:
            del self._doors[host]
        soon = now + within.total_seconds()
        return frozenset(
            host for host, door in self._doors.items() if door.wanted_by or door.free_at > soon
        )


class Turn:
    """One turn at a door, to be waited for and given back.

    Each poll has one, and hardly any waits: what is made only to wait is not made before.
    """

    __slots__ = ("_door", "_gap", "_patience")

    def __init__(self, door: _Door, gap: float, patience: timedelta) -> None:
        self._door = door
        self._gap = gap
        self._patience = patience

    async def __aenter__(self) -> None:
        door = self._door
        door.wanted_by += 1
        try:
            if door.wanted_by == 1 and door.free_at <= time.monotonic():
                await door.lock.acquire()  # at once: nobody else has it or waits for it
            else:
                async with asyncio.timeout(self._patience.total_seconds()):
                    await self._wait(door)
        except BaseException:
            door.wanted_by -= 1
            raise

    async def _wait(self, door: _Door) -> None:
        await door.lock.acquire()
        try:
            await asyncio.sleep(door.free_at - time.monotonic())
        except BaseException:
            door.lock.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        door = self._door
        door.free_at = time.monotonic() + self._gap
        door.lock.release()
        door.wanted_by -= 1


def _is_idle(door: _Door, now: float) -> bool:
    return not door.wanted_by and door.free_at <= now
