"""The real daemon as a process, for tests: a folder of its own, a configuration, a log.

::

    with Service(tmp_path, feeds=[server.url("/a.xml")], destinations={"hook": "json://…"}) as it:
        it.wait_for("started")
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from tests import here

RULES = Path(__file__).parent.parent / "rules"

COMMAND = (sys.executable, "-m", "monitor.cli.main")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of news-monitor or systemd."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NEWS_MONITOR_", "NOTIFY_", "WATCHDOG_", "JOURNAL_"))
    }
    return kept | more


def wait_until(holds: Callable[[], bool], timeout: float = 20, what: str = "") -> None:
    """Look until it holds; fail loudly when it does not in time."""
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, f"not within {timeout} s: {what or holds}"
        time.sleep(0.02)


class Service:
    """A daemon that polls every second and logs JSON into ``folder/log``."""

    def __init__(
        self,
        folder: Path,
        *,
        feeds: Sequence[str | Mapping[str, Any]] = (),
        destinations: Mapping[str, str | Mapping[str, Any]] | None = None,
        rules: Path = RULES,
        poll: Mapping[str, Any] | None = None,
        operator: Sequence[str] = (),
        wishes: Mapping[str, Mapping[str, Any]] | None = None,
        routes: Mapping[str, Mapping[str, Any]] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        verbose: bool = False,
    ) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.database = folder / "news-monitor.db"
        self.log_path = folder / "log"
        self._rules = rules
        self._poll = {
            "interval": "1s",
            "min_interval": "1s",
            "host_interval": "1ms",
            "timeout": "5s",
            "allow_private_hosts": ["127.0.0.1"],
            **(poll or {}),
        }
        self._feeds = [feed if isinstance(feed, Mapping) else {"url": feed} for feed in feeds]
        self._destinations = dict(destinations or {})
        self._operator = list(operator)
        self._wishes = dict(wishes or {})
        self._routes = dict(routes or {})
        self.environment = clean_environment(**(environment or {}))
        self._arguments = [*(["-v"] if verbose else []), "--log-format", "json"]
        self._run_arguments = list(arguments)
        self.process: subprocess.Popen[bytes] | None = None
        self.command: Sequence[str] | None = None
        """To be started instead of the program: a mutant of it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.write_config()

    def write_config(self) -> None:
        def value(one: Any) -> str:
            return json.dumps(one)

        lines = ["[poll]", *(f"{key} = {value(one)}" for key, one in self._poll.items())]
        lines += ["[rules]", f"dir = {value(str(self._rules))}"]
        lines += ["[operator]", f"notify = {value(self._operator)}"]
        for feed in self._feeds:
            lines += ["[[feeds]]", *(f"{key} = {value(one)}" for key, one in feed.items())]
        for name, one in self._destinations.items():
            keys = dict(one) if isinstance(one, Mapping) else {"url": one}
            keys |= self._wishes.get(name, {})
            lines += [f"[destinations.{name}]", *(f"{key} = {value(v)}" for key, v in keys.items())]
        for name, route in self._routes.items():
            lines += [f"[routes.{name}]", *(f"{key} = {value(one)}" for key, one in route.items())]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> Self:
        log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            [
                *(self.command or COMMAND),
                "-c",
                str(self.config),
                *self._arguments,
                "run",
                *self._run_arguments,
            ],
            env=self.environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        log.close()
        return self

    def __enter__(self) -> Self:
        self.start()
        self.wait_for("started")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, timeout: float = 25) -> int:
        """SIGTERM, then its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL, to the core alone: its workers must end by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def log(self) -> list[dict[str, Any]]:
        """The events of the log so far, of all runs."""
        events = []
        for line in self.log_path.read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                events.append({"event": "not JSON", "line": line})
        return events

    def wait_for(self, event: str, count: int = 1, timeout: float = 30) -> list[dict[str, Any]]:
        """Wait for so many events of a name in the log; what they say."""

        def found() -> list[dict[str, Any]]:
            return (
                [one for one in self.log() if one["event"] == event]
                if self.log_path.exists()
                else []
            )

        def is_there() -> bool:
            assert self.process is None or self.process.poll() is None or len(found()) >= count, (
                f"the daemon ended: {self.log_path.read_text(encoding='utf-8')[-3000:]}"
            )
            return len(found()) >= count

        wait_until(is_there, timeout, f"{count} × {event!r} in the log")
        return found()

    def run(
        self, *arguments: str, timeout: float = 60, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Another command on the same configuration."""
        return subprocess.run(
            [*COMMAND, "-c", str(self.config), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **more,
        )

    def call(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """The same in this process: a second quicker."""
        return here.call(["-c", str(self.config), *arguments], self.environment, given)

    def json(self, *arguments: str) -> Any:
        """What a command prints with ``--json``."""
        done = self.call(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
