"""What systemd hears: READY when polling works, a ping only while every part moves."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.failpoints import VARIABLE
from tests.servers.feeds import FeedServer, Item
from tests.servers.notify import Supervisor
from tests.service import COMMAND, Service, clean_environment, wait_until

pytestmark = pytest.mark.slow

WATCHDOG = timedelta(seconds=2)
"""After which systemd would end the daemon; it promises to ping in half of that."""


def children(pid: int) -> list[int]:
    """All processes below one, worker processes among them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found += [int(entry.name), *children(int(entry.name))]
    return found


def command(service: Service) -> list[str]:
    return [*COMMAND, "-c", str(service.config), "--log-format", "json", "run"]


def test_ready_comes_when_polling_works_and_pings_go_on(tmp_path: Path) -> None:
    with FeedServer() as news:
        news.set_feed("/a.xml", [Item(guid="1", link="", title="One")], title="A")
        service = Service(tmp_path, feeds=[news.url("/a.xml")])
        with Supervisor(command(service), watchdog=WATCHDOG, env=clean_environment()) as systemd:
            systemd.wait_for("READY=1", 60)
            wait_until(lambda: news.counts("/a.xml").requests >= 1, 5)
            began = time.monotonic()
            systemd.wait_for("WATCHDOG=1", 10)
            time.sleep(3 * WATCHDOG.total_seconds())
            assert len(systemd.pings_between(began, time.monotonic())) >= 4
            systemd.signal(signal.SIGHUP)
            systemd.wait_for("RELOADING=1", 10)
            systemd.stop(25)
            assert any(one.text.startswith("STOPPING=1") for one in systemd.notifications)


def test_no_ready_with_rules_that_cannot_be_used(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "r.yaml").write_text("id: r\nmatch: {contry: DZ}\n", encoding="utf-8")
    service = Service(tmp_path, rules=rules)
    with Supervisor(command(service), watchdog=WATCHDOG, env=clean_environment()) as systemd:
        assert systemd.wait(60) == 78
        assert not any("READY=1" in one.text for one in systemd.notifications)


def test_frozen_readers_stop_the_pings(tmp_path: Path) -> None:
    """SIGSTOP to every worker process: systemd would start the daemon anew."""
    service = Service(tmp_path)
    with Supervisor(command(service), watchdog=WATCHDOG, env=clean_environment()) as systemd:
        systemd.wait_for("READY=1", 60)
        systemd.wait_for("WATCHDOG=1", 10)
        assert systemd.pid is not None
        for pid in children(systemd.pid):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(WATCHDOG.total_seconds() / 2 + 0.5)  # one that was under way
        frozen_at = time.monotonic()
        time.sleep(3 * WATCHDOG.total_seconds())
        assert systemd.pings_between(frozen_at, time.monotonic()) == ()


def test_a_reader_that_hangs_stops_the_pings(tmp_path: Path) -> None:
    environment = clean_environment(**{VARIABLE: "reader: ping=hang@4"})
    service = Service(tmp_path)
    with Supervisor(command(service), watchdog=WATCHDOG, env=environment) as systemd:
        systemd.wait_for("READY=1", 60)
        wait_until(lambda: silence(systemd) > 2 * WATCHDOG.total_seconds(), 60, "the pings stopped")


def silence(systemd: Supervisor) -> float:
    """Seconds since the last ping."""
    pings = [one.at for one in systemd.notifications if one.text.startswith("WATCHDOG=1")]
    return time.monotonic() - pings[-1] if pings else 0
