"""The whole chain, in the real program: feeds over HTTP, mail over SMTP, a webhook."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Event

import pytest

from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import SmtpSink, WebhookSink
from tests.service import COMMAND, RULES, Service, wait_until

SEED = Path(__file__).parent.parent.parent / "shared" / "data" / "seed-article.txt"
PATH = "/rss.xml"
TITLE = "Algeria negotiates arms purchases with the United States"
TEXT = (
    "<p>Algeria and the United States will open talks on arms sales, the Algerian ambassador in"
    " Washington said.</p>"
)


def story(number: int = 1, title: str = TITLE, html: str = TEXT) -> Item:
    return Item(
        guid=f"story-{number}",
        link=f"https://outlet.example/{number}",
        title=title,
        html=html,
        published_at=datetime.now(UTC),
    )


def old(name: str = "old") -> Item:
    link = f"https://outlet.example/{name.strip('/')}"
    return Item(guid=name, link=link, title="Rain is expected", html="")


@pytest.fixture
def news() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.set_feed(PATH, [old()], title="Outlet", language="en")
        yield server


@pytest.fixture
def hook() -> Iterator[WebhookSink]:
    with WebhookSink() as sink:
        yield sink


@pytest.fixture
def mail() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


def to_hook(hook: WebhookSink) -> str:
    return f"json://127.0.0.1:{hook.port}/alerts"


def to_mail(mail: SmtpSink) -> str:
    return f"mailto://127.0.0.1:{mail.port}?from=news@desk.example&to=desk@desk.example"


def polls(news: FeedServer, path: str = PATH) -> int:
    return news.counts(path).requests


def wait_for_polls(news: FeedServer, more: int, *paths: str) -> None:
    """Of each path; they are asked side by side."""
    until = {path: polls(news, path) + more for path in paths or (PATH,)}
    wait_until(
        lambda: all(polls(news, path) >= count for path, count in until.items()),
        10 + 2 * more,
        f"{more} more polls",
    )


# --- one daemon for what disturbs nobody else ------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A daemon with feeds for several tests, and those whom it tells."""

    service: Service
    news: FeedServer
    hook: WebhookSink
    mail: SmtpSink

    def told(self, words: str) -> list[str]:
        """The messages to the webhook with these words in their title."""
        return [one["message"] for one in self.hook.bodies if words in one["title"]]

    def mailed(self, words: str) -> list[str]:
        """The texts of the mails with these words in their subject."""
        mails = [one for one in self.mail.mails if words in str(one["subject"])]
        return [one.get_body(("plain",)).get_content() for one in mails]  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with FeedServer() as news, WebhookSink() as hook, SmtpSink() as mail:
        for path in ("/seed.xml", "/first.xml", "/outlet.xml", "/world.xml"):
            news.set_feed(path, [old(path)], title=f"Outlet {path}", language="en")
        news.add("/first.xml", story(10, title=f"{TITLE}, says the first", html=f"{TEXT} First."))
        service = Service(
            tmp_path_factory.mktemp("office"),
            feeds=[
                news.url(path) for path in ("/seed.xml", "/first.xml", "/outlet.xml", "/world.xml")
            ],
            destinations={"mail": to_mail(mail), "hook": to_hook(hook)},
        )
        with service:
            wait_for_polls(news, 2, "/seed.xml", "/first.xml", "/outlet.xml", "/world.xml")
            yield Office(service=service, news=news, hook=hook, mail=mail)


@pytest.mark.skipif(not SEED.exists(), reason="no seed article beside the repository")
def test_the_article_that_started_it_is_told_once_to_each_destination(office: Office) -> None:
    title, _, text = SEED.read_text(encoding="utf-8").strip().partition("\n")
    html = "".join(f"<p>{paragraph}</p>" for paragraph in text.splitlines())
    office.news.add("/seed.xml", story(20, title=title, html=html))
    wait_until(lambda: bool(office.told("38serv") and office.mailed("38serv")), 20, "two messages")
    wait_for_polls(office.news, 3, "/seed.xml")
    (told,), (mailed,) = office.told("38serv"), office.mailed("38serv")
    for part in (told, mailed):
        for word in ("Algérie", "américains", "country: DZ", "country: US", "concept: arms"):
            assert word in part


def test_the_first_poll_is_silent_and_later_polls_ask_for_changes_only(office: Office) -> None:
    wait_for_polls(office.news, 2, "/first.xml")
    [feed] = [one for one in office.service.json("feeds", "list") if "/first.xml" in one["url"]]
    assert feed["articles"] == 2
    assert office.told("says the first") == []
    counts = office.news.counts("/first.xml")
    assert counts.requests - counts.conditional == 1
    assert counts.not_modified == counts.conditional


def test_the_same_article_in_two_feeds_is_told_once(office: Office) -> None:
    both = story(30, title=f"{TITLE}, say both", html=f"{TEXT} Both.")
    office.news.add("/outlet.xml", both)
    office.news.add("/world.xml", both)
    wait_until(lambda: bool(office.told("say both")), 20, "a message")
    wait_for_polls(office.news, 3, "/outlet.xml", "/world.xml")
    assert len(office.told("say both")) == 1


def test_another_instance_on_the_same_database_is_refused(office: Office) -> None:
    second = office.service.run("run")
    assert second.returncode == 75
    assert "another news-monitor serves" in second.stderr


# --- a daemon each ---------------------------------------------------------------------


def test_since_makes_the_first_poll_tell_what_is_new_enough(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    yesterday = story(2, title=TITLE + " (old)")
    news.add(
        PATH,
        Item(
            guid="undated",
            link="https://outlet.example/undated",
            title=TITLE + " (undated)",
            html=TEXT,
        ),
    )
    news.add(
        PATH,
        Item(
            guid=yesterday.guid,
            link=yesterday.link,
            title=yesterday.title,
            html=TEXT + "<p>Old.</p>",
            published_at=datetime.now(UTC) - timedelta(hours=25),
        ),
    )
    news.add(PATH, story(3, html=TEXT + "<p>New.</p>"))
    with Service(
        tmp_path,
        feeds=[news.url(PATH)],
        destinations={"hook": to_hook(hook)},
        arguments=["--since", "24h"],
    ):
        hook.wait_for(1, timeout=20)
        wait_for_polls(news, 3)
    (body,) = hook.bodies
    assert TITLE in body["title"]
    assert "(" not in body["title"]


def test_once_polls_what_is_due_delivers_what_is_due_and_ends(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    it = Service(tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)})
    assert it.run("run", "--once").returncode == 0
    news.add(PATH, story())
    time.sleep(1)  # the feed's interval
    done = it.run("run", "--once")
    assert done.returncode == 0, done.stderr
    assert len(hook.bodies) == 1
    assert polls(news) == 2


def test_a_restart_forgets_nothing_and_repeats_nothing(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    it = Service(tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)})
    with it:
        wait_for_polls(news, 2)
        news.add(PATH, story())
        hook.wait_for(1, timeout=20)
    with it:
        it.wait_for("started", 2)
        wait_for_polls(news, 3)
    assert len(hook.bodies) == 1
    counts = news.counts(PATH)
    assert counts.requests - counts.conditional == 1  # the first ever, and none at the restart
    assert it.process is not None
    assert it.process.returncode == 0


def test_a_destination_that_fails_is_tried_again_and_the_ledger_says_so(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    hook.answer = 500
    with Service(tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)}) as it:
        wait_for_polls(news, 2)
        news.add(PATH, story())
        it.wait_for("not sent")
        (alert,) = it.json("alerts", "list")
        (delivery,) = alert["deliveries"]
        assert delivery["state"] == "pending"
        assert delivery["reason"] == "refused"
        assert "500" in delivery["detail"]
        shown = it.call("alerts", "show", str(alert["id"]))
        assert delivery["public_id"] in shown.stdout
        assert "Algeria" in shown.stdout


def test_a_stuck_destination_does_not_stop_another(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    with WebhookSink() as stuck:
        stuck.answer = "hang"
        destinations = {"stuck": to_hook(stuck), "hook": to_hook(hook)}
        with Service(tmp_path, feeds=[news.url(PATH)], destinations=destinations) as it:
            wait_for_polls(news, 2)
            for number in range(3):
                news.add(PATH, story(number, title=f"{TITLE} {number}", html=f"{TEXT}{number}"))
            hook.wait_for(3, timeout=20)
            assert it.json("status")["deliveries"]["hook"] == {"sent": 3}
            it.kill()  # a stop would wait for what is stuck


def test_status_tells_a_daemon_that_runs_from_one_that_was_killed(
    tmp_path: Path, news: FeedServer
) -> None:
    it = Service(tmp_path, feeds=[news.url(PATH)])
    with it:
        assert it.json("status")["is_running"] is True
        it.kill()
    assert it.json("status")["is_running"] is False
    assert "not running" in it.call("status").stdout


def test_ctrl_c_in_test_notify_says_what_becomes_of_the_message(tmp_path: Path) -> None:
    with WebhookSink() as silent:
        silent.answer = "hang"
        it = Service(tmp_path, destinations={"silent": to_hook(silent)})
        process = subprocess.Popen(
            [*COMMAND, "-c", str(it.config), "test-notify"],
            env=it.environment,
            stderr=subprocess.PIPE,
            text=True,
            # What a shell starts in its background is born with SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        wait_until(lambda: silent.asked > 0, 30, "a request")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "`run` sends it again" in said


def test_test_notify_sends_a_real_message_and_says_when_it_cannot(
    tmp_path: Path, hook: WebhookSink, mail: SmtpSink
) -> None:
    it = Service(tmp_path, destinations={"hook": to_hook(hook), "mail": to_mail(mail)})
    done = it.run("test-notify")
    assert done.returncode == 0, done.stderr
    assert len(hook.bodies) == len(mail.mails) == 1
    hook.answer = 403
    done = it.call("test-notify", "hook")
    assert done.returncode == 1
    assert "403" in done.stdout
    assert it.call("test-notify", "nobody").returncode == 1
    assert it.json("status")["deliveries"] == {"hook": {"sent": 1, "dead": 1}, "mail": {"sent": 1}}


# --- rules and configuration while it runs ---------------------------------------------


def copy_rules(folder: Path) -> Path:
    rules = folder / "rules"
    (rules / "concepts").mkdir(parents=True)
    for path in RULES.rglob("*.yaml"):
        (rules / path.relative_to(RULES)).write_bytes(path.read_bytes())
    return rules


def test_a_broken_edit_keeps_the_old_rules_and_a_mended_one_takes_over(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    rules = copy_rules(tmp_path)
    rule = rules / "algeria-us-arms.yaml"
    good = rule.read_text(encoding="utf-8")
    destinations = {"hook": to_hook(hook)}
    with Service(tmp_path, feeds=[news.url(PATH)], destinations=destinations, rules=rules) as it:
        wait_for_polls(news, 2)
        before = it.json("status")["rules"]["in_use"]
        rule.write_text(good.replace("- country: US", "- contry: US"), encoding="utf-8")
        it.wait_for("rules refused")
        status = it.json("status")["rules"]
        assert status["in_use"] == before
        assert 'unknown key (did you mean "country"?)' in status["mistakes"]
        assert "the last edit was refused" in it.call("status").stdout
        news.add(PATH, story())
        hook.wait_for(1, timeout=20)  # the old rules are still at work
        rule.write_text(good.replace("severity: high", "severity: critical"), encoding="utf-8")
        it.wait_for("rules loaded")
        status = it.json("status")["rules"]
        assert status["mistakes"] == ""
        assert status["in_use"] != before
        news.add(PATH, story(2, title=f"{TITLE}, again and more", html=f"{TEXT} More."))
        hook.wait_for(2, timeout=20)
    assert "critical" in hook.bodies[1]["title"]


def test_sighup_takes_a_new_configuration_and_refuses_a_broken_one(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    it = Service(tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)})
    with it:
        assert it.process is not None
        good = it.config.read_text(encoding="utf-8")
        it.config.write_text(good + "\n[pol]\n", encoding="utf-8")
        it.process.send_signal(signal.SIGHUP)
        it.wait_for("config refused")
        news.set_feed("/new.xml", [old()], title="New")
        it.config.write_text(
            f"{good}\n[[feeds]]\nurl = {json.dumps(news.url('/new.xml'))}\n", encoding="utf-8"
        )
        it.process.send_signal(signal.SIGHUP)
        wait_for_polls(news, 2, "/new.xml")
        news.add("/new.xml", story())
        hook.wait_for(1, timeout=20)
        wait_for_polls(news, 2)


def test_an_edit_while_a_poll_is_under_way_costs_nothing(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    """The poll that began under the old rules is judged by the new ones, by new readers."""
    rules = copy_rules(tmp_path)
    rule = rules / "algeria-us-arms.yaml"
    slow = Event()

    def dawdle(handler: BaseHTTPRequestHandler) -> None:
        slow.wait(3)
        handler.send_error(503)

    with Service(
        tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)}, rules=rules
    ) as it:
        wait_for_polls(news, 2)
        news.set_behaviour(PATH, dawdle)
        wait_for_polls(news, 1)
        rule.write_text(rule.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        it.wait_for("rules loaded")
        slow.set()
        it.wait_for("feed failing")
        assert it.process is not None
        assert it.process.poll() is None


def test_a_configuration_that_leaves_rules_without_destination_is_refused_whole(
    tmp_path: Path, news: FeedServer, hook: WebhookSink
) -> None:
    rules = copy_rules(tmp_path)
    rule = rules / "algeria-us-arms.yaml"
    rule.write_text(rule.read_text(encoding="utf-8") + "notify: [hook]\n", encoding="utf-8")
    with Service(
        tmp_path, feeds=[news.url(PATH)], destinations={"hook": to_hook(hook)}, rules=rules
    ) as it:
        wait_for_polls(news, 2)
        text = it.config.read_text(encoding="utf-8")
        it.config.write_text(
            text.replace("[destinations.hook]", "[destinations.renamed]"), encoding="utf-8"
        )
        assert it.process is not None
        it.process.send_signal(signal.SIGHUP)
        it.wait_for("rules refused")
        news.add(PATH, story())
        hook.wait_for(1, timeout=20)  # the old configuration is still at work


@pytest.mark.parametrize(("interval", "least", "most"), [("1s", 1.0, 1.9), ("200ms", 0.2, 0.9)])
def test_the_feeds_of_one_host_come_one_after_another_and_lose_no_time(
    tmp_path: Path, interval: str, least: float, most: float
) -> None:
    with FeedServer() as server:
        paths = [f"/{number}.xml" for number in range(7)]
        for path in paths:
            server.set_feed(path, [])
        feeds = [server.url(path) for path in paths]
        poll = {"interval": "1h", "host_interval": interval}
        with Service(tmp_path, feeds=feeds, poll=poll):
            server.wait_for_requests(paths[-1], 1, timeout=30)
        gaps = [later.at - earlier.at for earlier, later in pairwise(server.requests)]
    assert len(gaps) == 6
    assert min(gaps) >= least
    assert median(gaps) < most
