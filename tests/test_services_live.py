"""The daemon before real servers: mail over TLS with a password, and chats at their own addresses."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.demo.outlets import DemoArticle
from tests.demo.story import STORY
from tests.servers.feeds import FeedServer, Item
from tests.servers.services import Call, Services
from tests.servers.sinks import SmtpSink
from tests.service import Service, wait_until
from tests.test_service import old

pytestmark = pytest.mark.slow

PATH = "/news.xml"
LOGIN = ("desk@news.example", "s3cret-Word")
DESTINATIONS = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "chat": "mmosts://chat.example/3ccdd113474722377935511fc85d3dd4",
    "phone": "ntfys://desk-alerts",
}
HOSTS = {"slack": "hooks.slack.com", "chat": "chat.example", "phone": "ntfy.sh"}


@dataclass(frozen=True, slots=True)
class World:
    news: FeedServer
    services: Services
    smtp: SmtpSink
    daemon: Service

    def publish(self, article: DemoArticle) -> None:
        link = f"https://{article.outlet.domain}/{article.slug}"
        self.news.add(PATH, Item(guid=link, link=link, title=article.title, html=article.html))

    def calls(self, name: str) -> list[Call]:
        return [call for call in self.services.calls if call.host == HOSTS[name]]

    def states(self, name: str) -> list[tuple[str, str]]:
        listed = self.daemon.json("deliveries", "list", "--to", name)
        return [(one["delivery"]["state"], one["delivery"]["reason"] or "") for one in listed]


@contextmanager
def world(folder: Path, *, is_asked_for_tls: bool = False) -> Iterator[World]:
    folder.mkdir(exist_ok=True)
    with FeedServer() as news, Services() as services:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        services.authority.issue_cert("localhost").configure_cert(context)
        with SmtpSink(tls=context, is_asked_for_tls=is_asked_for_tls, login=LOGIN) as smtp:
            mode = "starttls" if is_asked_for_tls else "ssl"
            user, password = LOGIN
            mail = (
                f"mailtos://{user.replace('@', '%40')}:{password}@localhost:{smtp.port}"
                f"?mode={mode}&from=alerts@news.example&to=night@news.example"
            )
            trusted = services.environment(folder)
            news.set_feed(PATH, [old()], title="Outlet")
            daemon = Service(
                folder,
                feeds=[news.url(PATH)],
                destinations=DESTINATIONS | {"mail": mail},
                wishes={
                    **{name: {"rate": "unlimited"} for name in DESTINATIONS},
                    "mail": {"quiet_zone": "Asia/Tokyo"},
                },
                environment={**trusted, "SSL_CERT_FILE": trusted["REQUESTS_CA_BUNDLE"]},
            )
            with daemon:
                wait_until(lambda: news.counts(PATH).requests >= 2)
                yield World(news, services, smtp, daemon)


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("is_asked_for_tls", [False, True], ids=["tls", "starttls"])
def test_the_story_arrives_everywhere_in_each_language(
    tmp_path: Path, *, is_asked_for_tls: bool
) -> None:
    with world(tmp_path / "desk", is_asked_for_tls=is_asked_for_tls) as it:
        for article in STORY:
            it.publish(article)
        mails = it.smtp.wait_for(len(STORY), 60)
        for name in HOSTS:
            wait_until(lambda name=name: len(it.calls(name)) >= len(STORY), 60, name)  # type: ignore[misc]
    assert set(it.smtp.logins) == {LOGIN}
    for article in STORY:
        link = f"https://{article.outlet.domain}/{article.slug}"
        (mail,) = [one for one in mails if link in text_of(one, "html")]
        assert f'lang="{article.outlet.language}"' in text_of(mail, "html")
        assert " ".join(article.title.split()[:4]) in str(mail["Subject"])
        said = text_of(mail, "plain").replace("*", "")  # the marks of matched words
        assert "".join(article.title.split()) in "".join(said.split())
        assert "+09:00" in said
        for name in HOSTS:
            told = [one for one in it.calls(name) if link in one.body.decode()]
            assert len(told) == 1, (name, article.title)
            assert "+09:00" not in told[0].body.decode()
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == len(STORY)


def test_a_service_in_trouble_costs_nothing_but_time(tmp_path: Path) -> None:
    """429 with Retry-After, 500, silence, then 200: one message, and the others did not wait."""
    first, *_ = STORY
    with world(tmp_path / "desk") as it:
        it.services.status = 429
        it.publish(first)
        it.smtp.wait_for(1, 30)  # mail does not pass by the chats' trouble
        seen = []
        for status, reason in ((500, "slow down"), ("hang", "refused"), (200, "timeout")):
            wait_until(
                lambda reason=reason: it.states("slack") == [("pending", reason)], 60, reason
            )  # type: ignore[misc]
            seen.append(it.states("slack")[0][1])
            it.services.status = status  # type: ignore[assignment]
            assert it.daemon.run("deliveries", "retry", "--to", "slack").returncode == 0
        wait_until(lambda: it.states("slack")[0][0] == "sent", 60)
        shown = it.daemon.run("alerts", "show", "1").stdout
    assert seen == ["slow down", "refused", "timeout"]
    assert len(it.calls("slack")) == 4  # of which one was taken
    assert re.search(r"slack\b.*sent", shown)
