"""A full disk costs time, not data: every write of the running daemon fails, again and again."""

from __future__ import annotations

import json
import os
import random
import resource
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.store.sqlite import SqliteStore
from tests.servers.feeds import FeedServer, Item
from tests.service import Service, wait_until
from tests.test_kill import bench


class Lines:
    """The daemon's log through a pipe: a log in a file would fail too, and is not the matter."""

    def __init__(self, path: Path) -> None:
        self.events: list[str] = []
        os.mkfifo(path)
        self._path = path
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with self._path.open(encoding="utf-8") as pipe:
            for line in pipe:
                self.events.append(json.loads(line).get("event", ""))


@pytest.mark.slow
def test_a_feed_is_asked_no_more_often_because_its_polls_cannot_be_written(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "log")

    def has_failed(times: int) -> bool:
        return lines.events.count("poll not stored") >= times

    with FeedServer() as quiet, FeedServer() as busy:
        for server in (quiet, busy):
            server.set_feed("/", [Item(guid="a", link="", title="Nothing yet")])
        feeds = [server.url() for server in (quiet, busy)]
        service = Service(tmp_path, feeds=feeds, poll={"interval": "3s", "min_interval": "3s"})
        assert service.run("run", "--once").returncode == 0
        process = service.start().process
        assert process is not None
        wait_until(lambda: "started" in lines.events, 60)
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, most))
        for number in range(1, 7):
            busy.add("/", Item(guid=f"{number}", link="", title=f"News, part {number}"))
            wait_until(partial(has_failed, number), 60)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        asked = len(quiet.requests)
        wait_until(lambda: len(quiet.requests) > asked + 1, 30, "polls to go on")
        service.stop()
        asked_at = [[one.at for one in server.requests] for server in (quiet, busy)]
    for times in asked_at:
        assert len(times) > 4
        assert min(after - before for before, after in pairwise(times)) >= 2.9


@pytest.mark.slow
def test_a_disk_that_is_full_again_and_again_loses_and_repeats_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(11)
    with bench(tmp_path) as it:
        (tmp_path / "log").unlink(missing_ok=True)
        lines = Lines(tmp_path / "log")
        it.service.start()
        process = it.service.process
        assert process is not None
        wait_until(lambda: "started" in lines.events, 60)
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        for _ in range(8):
            for _ in range(3):
                it.publish()
                time.sleep(chance.uniform(0, 0.6))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, most))
            time.sleep(chance.uniform(0.5, 2.5))
            it.publish()
            time.sleep(chance.uniform(0.5, 2.5))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: not any(map(it.missing, it.sinks)), 90, "everything to arrive")
        assert process.poll() is None, "it went on"
        time.sleep(7)  # longer than a kept outcome waits
        it.check_database()
        with closing(SqliteStore.open_reader(it.service.database)) as store:
            states = {str(one.state) for one in store.delivery_counts()}
        it.service.stop()
        lost = sum(len(it.missing(sink)) for sink in it.sinks)
        repeats = sum(it.repeats(sink) for sink in it.sinks)
        failed = sum("not stored" in one or "not claimed" in one for one in lines.events)
    record_property(
        "measured",
        f"8 times full, {failed} writes failed; published {len(it.published)}, lost {lost},"
        f" repeated {repeats}, restarts 0",
    )
    assert failed > 0
    assert (lost, repeats) == (0, 0)
    assert states == {"sent"}
