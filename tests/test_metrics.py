"""Numbers for Prometheus, as the real daemon serves them."""

from __future__ import annotations

import socket
import urllib.request
from datetime import datetime
from pathlib import Path

from monitor.metrics import Metrics
from monitor.models import (
    DeliveryReason,
    FailureReason,
    FeedHealth,
    PollOutcome,
    Retry,
    Sent,
    Validators,
)
from tests.servers.feeds import FeedServer, Item
from tests.service import Service, wait_until
from tests.strategies import at


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def numbers(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def outcome(reason: FailureReason | None = None) -> PollOutcome:
    now: datetime = at()
    return PollOutcome(
        feed_id=1,
        polled_at=now,
        next_check_at=now,
        validators=Validators(),
        body_hash=None,
        reason=reason,
    )


def test_what_happens_is_counted() -> None:
    port = free_port()
    metrics = Metrics(lambda: 1.5)
    metrics.serve(f"127.0.0.1:{port}")
    try:
        metrics.polled(outcome())
        metrics.polled(outcome(FailureReason.TIMEOUT))
        metrics.delivered(Sent(at=at()))
        metrics.delivered(Retry(next_attempt_at=at(), reason=DeliveryReason.REFUSED))
        metrics.counted({FeedHealth.OK: 3}, 2, 60, 4)
        found = numbers(port)
    finally:
        metrics.close()
    assert found['news_monitor_polls_total{outcome="nothing new"}'] == 1
    assert found['news_monitor_polls_total{outcome="timeout"}'] == 1
    assert found['news_monitor_deliveries_total{result="sent"}'] == 1
    assert found['news_monitor_deliveries_total{result="retry"}'] == 1
    assert found['news_monitor_feeds{health="ok"}'] == 3
    assert found['news_monitor_feeds{health="failing"}'] == 0
    assert found["news_monitor_deliveries_open"] == 2
    assert found["news_monitor_deliveries_dead"] == 4
    assert found["news_monitor_deliveries_oldest_seconds"] == 60
    assert found["news_monitor_last_tick_seconds"] == 1.5


def test_the_daemon_serves_them(tmp_path: Path) -> None:
    port = free_port()
    with FeedServer() as server:
        server.set_feed("/a.xml", [Item(guid="1", link="", title="Quiet", html="")])
        environment = {"NEWS_MONITOR_METRICS__LISTEN": f"127.0.0.1:{port}"}
        with Service(tmp_path, feeds=[server.url("/a.xml")], environment=environment) as it:
            it.wait_for("new articles")
            wait_until(
                lambda: numbers(port).get('news_monitor_feeds{health="ok"}') == 1, 60, "a count"
            )
            found = numbers(port)
    assert found["news_monitor_articles_total"] == 1
    assert found["news_monitor_last_tick_seconds"] < 60
