"""What becomes of a message that may have arrived, after a real death between send and mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until
from tests.test_kill import story

pytestmark = pytest.mark.slow


def after_a_death(folder: Path, policy: str, failpoint: str) -> tuple[list[str], list[dict]]:
    """The titles that arrived, and the deliveries, once the daemon has run again."""
    with FeedServer() as news, WebhookSink() as hook:
        news.set_feed("/a.xml", [Item(guid="old", link="", title="Old", html="")])
        to = {"hook": {"url": f"json://127.0.0.1:{hook.port}/", "on_uncertain": policy}}
        it = Service(folder, feeds=[news.url("/a.xml")], destinations=to)
        assert it.run("run", "--once").returncode == 0
        news.add("/a.xml", story(1))
        it.environment["NEWS_MONITOR_FAILPOINTS"] = f"{failpoint}=kill"
        it.start()
        assert it.process is not None
        assert it.process.wait(60) == -9
        it.environment["NEWS_MONITOR_FAILPOINTS"] = ""
        with it:
            news.add("/a.xml", story(2))
            done = ("sent", "dead")

            def are_done() -> bool:
                found = it.json("deliveries", "list")
                return [one["delivery"]["state"] in done for one in found] == [True, True]

            wait_until(are_done, 60)
            found = it.json("deliveries", "list")
        return [body["title"] for body in hook.bodies], list(reversed(found))


def test_by_default_it_is_sent_again(tmp_path: Path) -> None:
    titles, found = after_a_death(tmp_path, "resend", "deliver: sent")
    assert [("part 00001" in title, "repetition" in title) for title in titles] == [
        (True, False),
        (True, False),
        (False, False),
    ]
    assert [one["delivery"]["state"] for one in found] == ["sent", "sent"]


def test_it_can_be_marked(tmp_path: Path) -> None:
    titles, _ = after_a_death(tmp_path, "mark", "deliver: sent")
    assert [title.startswith("[may be a repetition] ") for title in titles] == [False, True, False]


def test_it_can_be_left_out_and_the_ledger_says_so(tmp_path: Path) -> None:
    titles, found = after_a_death(tmp_path, "skip", "deliver: sent")
    assert ["part 00001" in title for title in titles] == [True, False]
    first, second = (one["delivery"] for one in found)
    assert (first["state"], first["reason"], second["state"]) == ("dead", "interrupted", "sent")
    assert "it may have arrived" in first["detail"]
