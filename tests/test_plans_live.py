"""Plans in the real program: quiet hours, throttles, digests, stories and escalation, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.alerts import plan
from monitor.store import rows
from monitor.store.sqlite import SqliteStore
from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until

A, B = "/a.xml", "/b.xml"
RULES = {
    "strikes": "{id: strikes, title: Strikes, match: dockers, throttle: 2 a day, severity: high}",
    "ports": "{id: ports, title: Ports, match: harbour, status: experimental}",
}


def story(number: int, title: str, site: str = "a") -> Item:
    return Item(
        guid=f"{site}-{number}",
        link=f"https://{site}.example/{number}",
        title=title,
        html="",
        published_at=datetime.now(UTC),
    )


@pytest.fixture
def news() -> Iterator[FeedServer]:
    with FeedServer() as server:
        for path in (A, B):
            server.set_feed(path, [story(0, "Rain is expected", path[1])], title=path)
        yield server


@pytest.fixture
def hook() -> Iterator[WebhookSink]:
    with WebhookSink() as sink:
        yield sink


@pytest.fixture
def pager() -> Iterator[WebhookSink]:
    with WebhookSink() as sink:
        yield sink


def service(folder: Path, news: FeedServer, sinks: dict[str, WebhookSink], **more: Any) -> Service:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for name, text in RULES.items():
        (rules / f"{name}.yaml").write_text(text, encoding="utf-8")
    destinations = {name: f"json://127.0.0.1:{one.port}/" for name, one in sinks.items()}
    feeds = [{"url": news.url(path), "language": "en"} for path in (A, B)]
    return Service(folder, feeds=feeds, destinations=destinations, rules=rules, **more)


def standing(it: Service) -> list[tuple[str, str, str | None]]:
    """Rule, state and reason of each delivery, oldest first."""
    return [
        (alert["alert"]["match"]["rule_id"], one["state"], one["plan_reason"])
        for alert in reversed(it.json("alerts", "list"))
        for one in alert["deliveries"]
    ]


def wait_for_stories(it: Service, count: int) -> None:
    wait_until(lambda: len(standing(it)) >= count, what=f"{count} deliveries")


def titles(sink: WebhookSink) -> list[str]:
    return [body["title"] for body in sink.bodies]


def test_what_is_held_back_comes_as_one_message_when_its_time_has_come(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    wishes = {"hook": {"digest": "daily 07:00"}}
    with service(tmp_path, news, {"hook": hook}, wishes=wishes) as it:
        it.wait_for("new articles", 2)
        same = "Dockers of the great northern harbour strike on Monday"
        news.set_feed(A, [story(1, same)])
        wait_for_stories(it, 2)
        news.set_feed(B, [story(1, same + " - B Daily", "b")])
        wait_for_stories(it, 4)
        news.set_feed(A, [story(n, f"Dockers strike for the {n}th time") for n in range(2, 5)])
        wait_for_stories(it, 7)
        hook.wait_for(2, timeout=20)
        found = standing(it)
        assert sorted(found[:2]) == [
            ("ports", "held", "experimental rule"),
            ("strikes", "sent", None),
        ]
        assert sorted(found[2:4]) == [
            ("ports", "covered", "same story"),
            ("strikes", "covered", "same story"),
        ]
        assert [reason for _, _, reason in found[4:]] == [None, "throttled", "throttled"]
        now_due(it)
        hook.wait_for(3, timeout=20)
        digest = hook.bodies[2]
        assert "3 alerts of 2 rules" in digest["title"] + digest["message"]
        assert "held" not in {state for _, state, _ in standing(it)}
        assert it.run("alerts", "show", "1").returncode == 0


def now_due(it: Service) -> None:
    """As if seven o'clock had come."""
    store = SqliteStore.open(it.database, delivery_id=plan.delivery_id)
    past = rows.instant_text(datetime.now(UTC) - timedelta(seconds=1))
    store._db.execute("UPDATE delivery SET digest_at = ? WHERE state = 'held'", [past])
    store.close()


def test_quiet_hours_hold_what_is_found_and_a_restart_forgets_nothing(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 3))
    wishes = {"hook": {"quiet_hours": f"{start}-{end}", "quiet_zone": "UTC"}}
    it = service(tmp_path, news, {"hook": hook}, wishes=wishes)
    with it:
        it.wait_for("new articles", 2)
        news.set_feed(A, [story(1, "Dockers strike")])
        wait_for_stories(it, 1)
    with it:
        it.wait_for("started", 2)
        assert standing(it) == [("strikes", "pending", "quiet hours")]
        (alert,) = it.json("alerts", "list")
        due = datetime.fromisoformat(alert["deliveries"][0]["next_attempt_at"])
        assert f"{due:%H:%M}" == end
        assert hook.bodies == []
        assert it.run("alerts", "resend", "1").returncode == 1


def test_what_nobody_acknowledges_in_time_calls_the_pager(
    tmp_path: Path, news: FeedServer, hook: WebhookSink, pager: WebhookSink
) -> None:
    routes = {"night": {"severity": "high", "to": ["hook"], "then": "pager after 3s"}}
    with service(tmp_path, news, {"hook": hook, "pager": pager}, routes=routes) as it:
        it.wait_for("new articles", 2)
        news.set_feed(A, [story(1, "Dockers strike")])
        hook.wait_for(1, timeout=20)
        assert pager.bodies == []
        pager.wait_for(1, timeout=20)
        found = standing(it)
        assert found == [("strikes", "sent", None), ("strikes", "sent", "escalation")]
        assert titles(hook) == ["[high] Strikes: Dockers strike"]
        assert titles(pager) == ["[high] not acknowledged yet · Strikes: Dockers strike"]
