"""Touches the world: starts a command as systemd would, and hears what it notifies.

In a test::

    with Supervisor(["news-monitor", "run"], watchdog=timedelta(seconds=2)) as service:
        ready = service.wait_for("READY=1", timeout=30)
        ...
        assert not service.pings_between(frozen_at + 2, frozen_at + 6)
        assert service.stop() == 0

By hand, each notification as it comes, with the seconds since the start::

    python -m tests.servers.notify --watchdog 5 -- news-monitor run

As under systemd (sd_notify(3), systemd.service(5)): NOTIFY_SOCKET, WATCHDOG_USEC and
WATCHDOG_PID are set; with NotifyAccess=main only the main process is listened to, what its
children send is kept in ``strays``; SIGTERM goes to the main process, and whatever of its
process group is left when it has ended gets SIGKILL (KillMode=mixed). Unlike systemd it does
not kill a service whose pings stay away, and never restarts one.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Self

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
# exec keeps the process id, so the shell can say whose pings count before there is a process.
_EXEC = ["/bin/sh", "-c", 'export WATCHDOG_PID=$$; exec "$@"', "sh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One line of one datagram, such as ``WATCHDOG=1``; ``at`` is monotonic seconds."""

    at: float
    text: str
    pid: int
    is_main: bool
    """Whether the main process sent it; systemd ignores the others."""


class Supervisor:
    """A service from ``with`` to its end, and what it notified.

    Args:
        command: The program with its arguments; a name is looked up in PATH.
        watchdog: What WATCHDOG_USEC says; ``None`` leaves it out.
        env: The whole environment but for the three variables; ``None`` takes this process's.
        cwd: Where to start it.
        output: Where its standard output and error go; ``None`` leaves them as they are.
        on_notification: Called with each line as it comes, strays too, on the listening thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        watchdog: timedelta | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: IO[bytes] | None = None,
        on_notification: Callable[[Notification], None] | None = None,
    ) -> None:
        self._command = list(command)
        self._watchdog = watchdog
        self._env = dict(os.environ if env is None else env)
        self._cwd = cwd
        self._output = output
        self._on_notification = on_notification
        self._heard: list[Notification] = []
        self._changed = threading.Condition(threading.RLock())
        self._pidfd: int | None = None
        self._code: int | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="notify-")
        path = f"{self._folder.name}/socket"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(path)
        ours = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}
        environment = {name: value for name, value in self._env.items() if name not in ours}
        environment["NOTIFY_SOCKET"] = path
        if self._watchdog:
            environment["WATCHDOG_USEC"] = str(self._watchdog // timedelta(microseconds=1))
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            [*_EXEC, *self._command],
            env=environment,
            cwd=self._cwd,
            stdout=self._output,
            stderr=self._output and subprocess.STDOUT,
            start_new_session=True,
        )
        self._pidfd = os.pidfd_open(self._process.pid)
        self._thread = threading.Thread(
            target=self._listen, args=[self._pidfd], name="notify socket", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.signal(signal.SIGKILL)
        self._thread.join()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        self._socket.close()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The process id of the service's main process."""
        return self._process.pid

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """All that the main process sent, the oldest first."""
        with self._changed:
            return tuple(one for one in self._heard if one.is_main)

    @property
    def strays(self) -> tuple[Notification, ...]:
        """What other processes sent, which systemd would have ignored."""
        with self._changed:
            return tuple(one for one in self._heard if not one.is_main)

    def wait_for(self, text: str, timeout: float, *, after: float = 0.0) -> Notification:
        """Wait (seconds) for the first line that begins with ``text``, sent after that instant.

        Raises:
            TimeoutError: it did not come, or the service ended without it; says what came.
        """

        def found() -> Notification | None:
            ours = (one for one in self.notifications if one.at >= after)
            return next((one for one in ours if one.text.startswith(text)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._code is not None, timeout)
            if notification := found():
                return notification
            ended = "" if self._code is None else f", which ended with {self._code}"
        came = [one.text for one in self.notifications if one.text != "WATCHDOG=1"]
        raise TimeoutError(f"no {text!r} from {self._command}{ended}; it sent {came}")

    def pings_between(self, start: float, end: float) -> tuple[float, ...]:
        """The instants (monotonic seconds) of the watchdog pings from ``start`` up to ``end``."""
        return tuple(
            one.at
            for one in self.notifications
            if one.text == "WATCHDOG=1" and start <= one.at < end
        )

    def signal(self, number: int) -> None:
        """Send a signal to the main process, as ``systemctl reload`` and ``kill`` do."""
        if self._pidfd is None:
            return  # it has not been started
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            return  # it has ended

    def wait(self, timeout: float) -> int:
        """Wait (seconds) for the service to end by itself.

        Returns:
            Its exit code, -n after signal n.

        Raises:
            TimeoutError: it goes on.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._code is not None, timeout)
            if self._code is None:
                raise TimeoutError(f"{self._command} runs on after {timeout} s")
            return self._code

    def stop(self, timeout: float = 25.0) -> int:
        """End the service: SIGTERM, and SIGKILL where that took longer than ``timeout`` seconds.

        Returns:
            Its exit code, -n after signal n.
        """
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            return self.wait(timeout)

    def _listen(self, end: int) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(end, select.POLLIN)
        has_ended = False
        while not has_ended:
            # Asked before reading, so that what was sent before the end is read after it.
            has_ended = any(descriptor == end for descriptor, _ in poll.poll())
            self._read()
        # Not yet waited for, it still holds the number of its process group.
        os.killpg(self._process.pid, signal.SIGKILL)
        with self._changed:
            self._code = self._process.wait()
            self._changed.notify_all()

    def _read(self) -> None:
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    65_536, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except BlockingIOError:
                return
            at = time.monotonic()
            pid, _, _ = _CREDENTIALS.unpack(ancillary[0][2]) if ancillary else (0, 0, 0)
            for line in data.decode(errors="replace").splitlines():
                is_main = pid == self._process.pid
                self._hear(Notification(at=at, text=line, pid=pid, is_main=is_main))

    def _hear(self, notification: Notification) -> None:
        with self._changed:
            self._heard.append(notification)
            self._changed.notify_all()
        if self._on_notification:
            self._on_notification(notification)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and print what it notifies; its exit code is ours."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers.notify",
        description="Run a command as a Type=notify service and print each notification.",
        epilog="Ctrl-C stops it as systemctl stop would; SIGHUP and SIGTERM are passed on.",
    )
    parser.add_argument("--watchdog", type=float, metavar="SECONDS", help="sets WATCHDOG_USEC")
    parser.add_argument("command", nargs="+", metavar="-- CMD")
    options = parser.parse_args(arguments)
    started_at = time.monotonic()

    def show(text: str) -> None:
        print(f"{time.monotonic() - started_at:9.3f} s  {text}", flush=True)

    service = Supervisor(
        options.command,
        watchdog=timedelta(seconds=options.watchdog) if options.watchdog else None,
        on_notification=lambda one: show(
            one.text if one.is_main else f"{one.text}  (ignored: from process {one.pid})"
        ),
    )
    # Before the start: who reads READY=1 may send a signal at once.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: service.signal(signal.SIGTERM))
    signal.signal(signal.SIGHUP, lambda *_: service.signal(signal.SIGHUP))
    with service:
        code = service.wait(threading.TIMEOUT_MAX)
    show(f"ended with {code}")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
