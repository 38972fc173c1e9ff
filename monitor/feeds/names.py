"""Touches the world: looks host names up, each on a thread of its own.

libcurl's own resolver has a fixed pool of threads for all transfers: ten names whose servers do
not answer fill it, and every other feed would wait behind them until its deadline. A thread for
each look-up costs only itself; it is a daemon, so a look-up that hangs does not delay the exit.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

Lookup = Callable[[str, int], Sequence[str]]
"""From host name and port to numeric addresses, best first; blocks, raises OSError."""


def system_lookup(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for a name's addresses; blocks until it answers.

    Raises:
        OSError: the name has no address, or no server could say.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers)
    return [number for number in numbers if "%" not in number]


async def look_up(host: str, port: int, lookup: Lookup) -> Sequence[str]:
    """Call ``lookup`` without blocking the event loop; cancelling abandons its thread.

    Raises:
        OSError: as ``lookup`` raises it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[str] | Exception] = loop.create_future()

    def settle(answer: Sequence[str] | Exception) -> None:
        if not future.done():
            future.set_result(answer)

    def work() -> None:
        answer: Sequence[str] | Exception
        try:
            answer = lookup(host, port)
        except Exception as error:  # noqa: BLE001 - raised again below, in the task that asked
            answer = error
        with suppress(RuntimeError):  # the event loop has gone, and with it whoever asked
            loop.call_soon_threadsafe(settle, answer)

    threading.Thread(target=work, name=f"look up {host}", daemon=True).start()
    answer = await future
    if isinstance(answer, Exception):
        raise answer
    return answer
