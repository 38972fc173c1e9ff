"""Hostile text at eight services: what arrives is read as the service would read it.

Real payloads of the unmodified plugins, taken at a real SMTP server and, through a proxy with an
authority of our own, at the services' own addresses over TLS.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.alerts.channels import CHAT, Service, Spoken, worded
from monitor.alerts.render import message
from monitor.alerts.send import send
from monitor.models import Destination, Message, MessageFormat
from tests.deliveries import delivery
from tests.hostile import HOSTILE, Page, hostile_delivery
from tests.servers.services import Call, Services
from tests.servers.sinks import SmtpSink
from tests.test_digest import ITEM, digest_of
from tests.test_send import MAIL_HEADERS

OWN = re.compile(r"https://elwasat\.example/[^\s<>|\"]*")
"""The article's own address: all that may be a link."""
LINK = re.compile(
    r"(?i)\b[a-z][a-z0-9+.-]*://[^\s<>|]+|\bmailto:[^\s<>|]+|\bwww\.[^\s<>|]+|(?i:\w*evil\.\w+)"
)
"""What chats and mail clients make a link of by themselves."""
MENTION = re.compile(r"<[!@#&]|@(everyone|here|channel|all|room|team)\b|<at>|(?<!\w)@\w")


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a message is shown as text, with what is live in it."""

    links: list[str]
    mentions: list[str]
    length: int


def links_in(text: str) -> list[str]:
    return LINK.findall(text)


def mentions_in(text: str) -> list[str]:
    return [found[0] for found in MENTION.finditer(text)]


# --- each service's way of reading ---------------------------------------------------


def slack(call: Call) -> Seen:
    """mrkdwn: what stands between < and > is live, entities are not, an address is a link."""
    assert call.host == "hooks.slack.com"
    payload = call.json()
    assert set(payload) <= {"mrkdwn", "attachments", "channel", "username"}
    (attachment,) = payload["attachments"]
    assert set(attachment) <= {"title", "text", "color", "footer", "ts"}
    text = f"{attachment['title']}\n{attachment['text']}"
    tokens = re.findall(r"<([^>]*)>", text)
    plain = re.sub(r"<[^>]*>", " ", text)
    assert not re.search("[<>]", plain)
    links = [token.partition("|")[0] for token in tokens if token[:1] not in "!@#"]
    links = [html.unescape(link) for link in links]
    live = [token for token in tokens if token[:1] in "!@#"]
    live += mentions_in(plain)
    return Seen(links + links_in(plain), live, len(attachment["text"]))


def discord(call: Call) -> Seen:
    assert call.host == "discord.com"
    payload = call.json()
    assert set(payload) <= {"content", "tts", "wait", "username", "avatar_url", "allow_mentions"}
    text = payload["content"]
    assert not re.search(r"\]\(", text)
    return Seen(links_in(text), mentions_in(text), len(text))


def mattermost(call: Call) -> Seen:
    assert call.host == "chat.example"
    payload = call.json()
    assert set(payload) <= {"text", "username", "icon_url", "channel"}
    text = payload["text"]
    assert not re.search(r"\]\(", text)
    return Seen(links_in(text), mentions_in(text), len(text))


def ntfy(call: Call) -> Seen:
    """The limit is in bytes; an action or a click would be a link of somebody's."""
    assert call.host == "ntfy.sh"
    payload = call.json()
    assert set(payload) <= {"topic", "title", "message", "tags", "priority", "markdown"}
    text = f"{payload.get('title', '')}\n{payload['message']}"
    return Seen(links_in(text), mentions_in(text), len(payload["message"].encode()))


class _TelegramPage(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.links = "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert tag in {"b", "i", "u", "s", "code", "pre", "blockquote"}, tag

    def handle_data(self, data):
        self.text += data


def telegram(call: Call) -> Seen:
    assert call.host == "api.telegram.org"
    payload = (
        call.json() if call.body.startswith(b"{") else {k: v[0] for k, v in call.form().items()}
    )
    assert payload["parse_mode"].upper() == "HTML"
    page = _TelegramPage(payload["text"])
    return Seen(links_in(page.text), mentions_in(page.text), len(page.text))


def teams(call: Call) -> Seen:
    """Adaptive cards: every text block is Markdown."""
    payload = call.json()
    texts: list[str] = []

    def walk(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            assert value.get("type") not in {"Image", "Action.OpenUrl", "Mention"}, value
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str) and key in {
            "text",
            "title",
            "value",
            "fallbackText",
            "summary",
        }:
            texts.append(value)

    walk(payload)
    text = "\n".join(texts)
    assert texts
    assert not re.search(r"\]\(", text)
    return Seen(links_in(text), mentions_in(text), len(call.body))


def webhook(call: Call) -> Seen:
    assert call.host == "hook.example"
    payload = call.json()
    assert set(payload) == {"version", "title", "message", "attachments", "type"}
    text = f"{payload['title']}\n{payload['message']}"
    return Seen(links_in(text), mentions_in(text), len(payload["message"]))


SERVICES: dict[str, tuple[str, Callable[[Call], Seen], int]] = {
    "slack": ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", slack, 4000),
    "discord": ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", discord, 2000),
    "mattermost": ("mmosts://chat.example/3ccdd113474722377935511fc85d3dd4", mattermost, 4000),
    "ntfy": ("ntfys://desk-alerts", ntfy, 4096),
    "telegram": ("tgram://123456789:abcdefg_hijklmnop-q/12315544", telegram, 4096),
    "teams": ("workflows://prod.example:443/WFID/SIGNATURE", teams, 28_000),
    "webhook": ("jsons://hook.example/alerts", webhook, 32_768),
}
"""With mail they are eight; lengths in the service's own unit."""


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Services]:
    with Services() as playing:
        playing.adopt(monkeypatch.setenv, tmp_path)
        yield playing


def to(url: str, form: MessageFormat = MessageFormat.FULL) -> Destination:
    return Destination(name="desk", url=url, format=form)


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVICES)
def test_hostile_text_does_nothing_at_the_service(services: Services, name: str) -> None:
    url, read, limit = SERVICES[name]
    assert len(HOSTILE) >= 120
    for text in HOSTILE:
        result = send(to(url), message(hostile_delivery(text), UTC))
        assert result.ok, result
    assert len(services.calls) == len(HOSTILE)
    for text, call in zip(HOSTILE, services.calls, strict=True):
        seen = read(call)
        assert seen.mentions == [], text
        assert [link for link in seen.links if not OWN.fullmatch(link)] == [], text
        assert seen.length <= limit


@pytest.mark.slow
def test_hostile_text_does_nothing_in_a_mail(tmp_path: Path) -> None:
    with SmtpSink() as smtp:
        url = f"mailto://127.0.0.1:{smtp.port}?from=a@desk.example&to=b@desk.example"
        for text in HOSTILE:
            assert send(to(url), message(hostile_delivery(text), UTC)).ok
        mails = smtp.mails
    assert len(mails) == len(HOSTILE)
    for mail in mails:
        assert sorted(mail.keys()) == MAIL_HEADERS
        plain = mail.get_body(("plain",)).get_content()
        for text in (mail["Subject"], plain):
            assert mentions_in(text) == []
            assert all(OWN.fullmatch(link) for link in links_in(text))
        page = Page(mail.get_body(("html",)).get_content())
        assert all(OWN.fullmatch(link) for link in page.attributes("href"))
        assert not page.attributes("src")


LONG = "الجزائر تنظر في شراء أسلحة & <أمريكية>. " * 150


@pytest.mark.parametrize("name", SERVICES)
def test_a_long_message_fits_and_names_itself(services: Services, name: str) -> None:
    url, read, limit = SERVICES[name]
    many = digest_of(*[ITEM] * 60)
    for said in (message(hostile_delivery(LONG), UTC), message(many, UTC)):
        assert send(to(url), said).ok
    for call in services.calls:
        assert read(call).length <= limit
        assert b"nm-7K2QM9XA" in call.body


@pytest.mark.parametrize("name", SERVICES)
def test_the_short_form_is_short_and_whole(services: Services, name: str) -> None:
    url, read, _ = SERVICES[name]
    assert send(to(url, MessageFormat.SHORT), message(delivery(), UTC)).ok
    (call,) = services.calls
    shown = call.body.decode()
    assert "elwasat.example/politique/1" in shown
    assert "nm-7K2QM9XA" in shown
    assert "ambassadeur" not in shown
    assert read(call).links == ["https://elwasat.example/politique/1?edition=matin"]


def test_slack_is_told_to_read_our_markup(services: Services) -> None:
    assert send(to(SERVICES["slack"][0]), message(delivery(), UTC)).ok
    payload = services.calls[0].json()
    assert payload["mrkdwn"] is True
    text = payload["attachments"][0]["text"]
    assert text.startswith("*Alger* et *Washington* discutent")
    assert "\n<https://elwasat.example/politique/1?edition=matin>\n" in text
    assert "**" not in text
    assert "\\" not in text


def test_slack_in_blocks_is_read_the_same(services: Services) -> None:
    assert send(to(SERVICES["slack"][0] + "?blocks=yes"), message(delivery(), UTC)).ok
    many = message(digest_of(*[ITEM] * 60), UTC)
    assert send(to(SERVICES["slack"][0] + "?blocks=yes"), many).ok
    for call in services.calls:
        blocks = call.json()["attachments"][0]["blocks"]
        assert [block["type"] for block in blocks][:2] == ["header", "section"]
        assert blocks[1]["text"]["type"] == "mrkdwn"
        assert len(blocks[1]["text"]["text"]) <= 3000
        assert "nm-7K2QM9XA" in blocks[1]["text"]["text"]


# --- which wording -----------------------------------------------------------------

TEXTING = Service(
    title_room=0,
    body_room=160,
    shares_room=True,
    first=Spoken.TEXT,
    is_deaf_to_text=False,
    has_dialect=False,
)
SAID = message(delivery(), UTC)


def test_where_there_is_little_room_the_short_form_is_used() -> None:
    wording = worded(SAID, TEXTING, MessageFormat.FULL)
    assert wording.body == "https://elwasat.example/politique/1?edition=matin\nnm-7K2QM9XA"
    assert wording.title.startswith("[high] Algeria – US arms: Alger")
    assert len(wording.title) + len(wording.body) <= 160


def test_a_link_that_does_not_fit_is_left_out_whole() -> None:
    far = Message(title=SAID.title, text="", html="", short=f"https://e.example/{'x' * 99}\nnm-1")
    wording = worded(far, TEXTING, MessageFormat.SHORT)
    assert wording.body == "nm-1"


def test_a_chat_gets_no_more_than_it_shows() -> None:
    slack_like = Service(
        title_room=250,
        body_room=35_000,
        shares_room=False,
        first=Spoken.MARKDOWN,
        is_deaf_to_text=False,
        has_dialect=True,
    )
    many = message(digest_of(*[ITEM] * 60), UTC)
    wording = worded(many, slack_like, MessageFormat.FULL)
    assert len(wording.body) <= CHAT < len(many.markdown)
    assert "60 alerts" in wording.body
    assert wording.body.endswith("nm-7K2QM9XA · digest")
