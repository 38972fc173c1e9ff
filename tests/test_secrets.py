"""No secret of a destination is ever written: canaries, DEBUG on, then everything is searched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.feeds import FeedServer
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until
from tests.test_service import PATH, old, story

pytestmark = pytest.mark.slow

CANARY = "CANARY7f3a9c"


def test_no_canary_in_log_database_or_output(tmp_path: Path) -> None:
    with FeedServer() as news, WebhookSink() as hook:
        news.set_feed(PATH, [old()], title="Outlet")
        hook.answer = 500
        closed = "127.0.0.1:1"
        destinations = {
            "hook": f"json://user-{CANARY}:pass-{CANARY}@127.0.0.1:{hook.port}/{CANARY}?+X={CANARY}",
            "mail": f"mailto://{CANARY}:{CANARY}@{closed}?to=desk@example.org&from=a@example.org",
            "slack": f"slack://T1JJ3T3L2/A1BRTD4JD/{CANARY}TIiajkdnlazkcOXrIdev/#general",
            "ntfy": f"ntfy://{CANARY}:{CANARY}@{closed}/topic",
            "broken": f"env:HOOK_{CANARY[:6]}",
        }
        it = Service(
            tmp_path,
            feeds=[news.url(PATH)],
            destinations=destinations,
            verbose=True,
            environment={f"HOOK_{CANARY[:6]}": f"json://127.0.0.1:{hook.port}/?token={CANARY}"},
        )
        with it:
            wait_until(lambda: news.counts(PATH).requests >= 2)
            news.add(PATH, story())
            it.wait_for("not sent", count=len(destinations), timeout=60)
            shown = "".join(
                done.stdout + done.stderr
                for done in (
                    it.run("check"),
                    it.call("status", "--json"),
                    it.call("alerts", "list", "--json"),
                    it.call("alerts", "show", "1"),
                    it.call("test-notify", "hook"),
                    it.run("-v", "feeds", "list"),
                )
            )
            # A reload that fails on a destination's own line must not quote it either.
            it.config.write_text(
                it.config.read_text(encoding="utf-8").replace(
                    "[destinations.mail]", "[destinations.mail]\nport = 5"
                ),
                encoding="utf-8",
            )
            shown += it.call("check").stderr
    assert CANARY not in shown
    leaks = [
        path.name
        for path in sorted(tmp_path.iterdir())
        if path.is_file() and path != it.config and CANARY.encode() in path.read_bytes()
    ]
    assert leaks == []
    assert "refused" in shown
