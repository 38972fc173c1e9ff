"""Touches the world: what systemd is told, by sd_notify(3). Nothing happens without systemd."""

from __future__ import annotations

import os
import socket
from datetime import timedelta


def notify(*states: str) -> None:
    """Send ``READY=1``, ``STATUS=…``, ``WATCHDOG=1`` and the like; lost where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.connect(address)
            channel.sendall("\n".join(states).encode())
        except OSError:
            return


def watchdog_interval() -> timedelta | None:
    """How often systemd wants to hear; ``None``: not at all. A quarter of what it was set to,
    so that one ping that comes late is not the end."""
    micros = os.environ.get("WATCHDOG_USEC", "")
    if not micros.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return timedelta(microseconds=int(micros) / 4)


def is_journal() -> bool:
    """Whether standard error is the journal."""
    stream = os.environ.get("JOURNAL_STREAM", "")
    if not stream:
        return False
    status = os.fstat(2)
    return stream == f"{status.st_dev}:{status.st_ino}"
