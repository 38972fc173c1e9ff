"""No secret of a destination is ever written: canaries, DEBUG on, then everything is searched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.feeds import FeedServer
from tests.servers.services import Services
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until
from tests.test_send import CANARY, secret_urls
from tests.test_service import PATH, old, story

pytestmark = pytest.mark.slow

CLOSED = "127.0.0.1:1"


def destinations_with(port: int) -> dict[str, str]:
    """Every kind of Apprise URL that has a secret; the last one is no URL at all."""
    urls = {f"kind-{n}": url for n, url in enumerate(secret_urls(f"127.0.0.1:{port}")[2:-1])}
    urls |= {f"mail-{n}": url for n, url in enumerate(secret_urls(CLOSED)[:2])}
    return urls | {"broken": f"env:HOOK_{CANARY.upper()}"}


def test_no_canary_in_log_database_or_output(tmp_path: Path) -> None:
    with FeedServer() as news, WebhookSink() as hook, Services() as services:
        news.set_feed(PATH, [old()], title="Outlet")
        hook.answer, services.status = 500, 403
        destinations = destinations_with(hook.port)
        assert len({url.partition("://")[0] for url in destinations.values()}) >= 25
        ours = tmp_path / "ours"
        ours.mkdir()
        it = Service(
            tmp_path,
            feeds=[news.url(PATH)],
            destinations=destinations,
            verbose=True,
            environment={
                **services.environment(ours),
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
                f"HOOK_{CANARY.upper()}": f"json://127.0.0.1:{hook.port}/?token={CANARY}",
            },
        )
        with it:
            wait_until(lambda: news.counts(PATH).requests >= 2)
            news.add(PATH, story())
            it.wait_for("not sent", count=len(destinations), timeout=180)
            shown = "".join(
                done.stdout + done.stderr
                for done in (
                    it.run("check"),
                    it.call("status", "--json"),
                    it.call("alerts", "list", "--json"),
                    it.call("alerts", "show", "1"),
                    it.call("test-notify", "kind-0"),
                    it.run("-v", "feeds", "list"),
                )
            )
            # A reload that fails on a destination's own line must not quote it either.
            it.config.write_text(
                it.config.read_text(encoding="utf-8").replace(
                    "[destinations.mail-0]", "[destinations.mail-0]\nport = 5"
                ),
                encoding="utf-8",
            )
            shown += it.run("check").stderr
        assert {call.host for call in services.calls} >= {"hooks.slack.com", "discord.com"}
        assert hook.asked > 0
    assert CANARY.lower() not in shown.lower().replace(f"hook_{CANARY}".lower(), "")
    written = [path for path in sorted(tmp_path.iterdir()) if path.is_file() and path != it.config]
    leaks = [path.name for path in written if CANARY.lower().encode() in path.read_bytes().lower()]
    assert leaks == []
    assert "refused" in shown
