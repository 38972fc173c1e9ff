"""Handing messages to real servers through Apprise, and what can be heard of it."""

from __future__ import annotations

import json
import logging
import os
import pickle
import re
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from monitor.alerts.mail import wrapped
from monitor.alerts.render import message
from monitor.alerts.send import PATIENCE, SendResult, check, ping, send
from monitor.errors import DestinationError
from monitor.models import DeliveryReason, Destination
from tests.deliveries import delivery
from tests.hostile import HOSTILE, LIVE, SHOWPIECE, Page, hostile_delivery
from tests.servers.sinks import SmtpSink, WebhookSink

ALERT = message(delivery(), UTC)
SHORT = timedelta(seconds=0.3)
MAIL_HEADERS = sorted(
    [
        *("Auto-Submitted", "Content-Type", "Date", "From", "List-Id", "MIME-Version"),
        *("Message-ID", "Subject", "To", "X-Application"),
    ]
)


@pytest.fixture
def smtp():
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def webhook():
    with WebhookSink() as sink:
        yield sink


def to(url: str) -> Destination:
    return Destination(name="desk", url=url)


def mailto(smtp: SmtpSink, **parameters: str) -> Destination:
    query = {"from": "alerts@desk.example", "to": "analyst@desk.example", **parameters}
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return to(f"mailto://127.0.0.1:{smtp.port}?{words}")


def hook(webhook: WebhookSink, scheme: str = "json", path: str = "/alerts") -> Destination:
    return to(f"{scheme}://127.0.0.1:{webhook.port}{path}")


def refused_port() -> int:
    """Return a port of loopback where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


# --- accepted ----------------------------------------------------------------------


def test_a_webhook_gets_the_text(webhook):
    assert send(hook(webhook), ALERT) == SendResult(ok=True, detail="JSON")
    (post,) = webhook.posts
    assert post.path == "/alerts"
    assert post.headers["user-agent"] == "news-monitor"
    assert post.json() == {
        "version": "1.0",
        "title": ALERT.title,
        "message": ALERT.text,
        "attachments": [],
        "type": "info",
    }


def test_a_mail_has_the_html_and_readable_text_and_the_expected_headers(smtp):
    assert send(mailto(smtp), ALERT) == SendResult(ok=True, detail="E-Mail")
    (mail,) = smtp.mails
    assert sorted(mail.keys()) == MAIL_HEADERS
    assert mail["Subject"] == ALERT.title
    assert mail["From"] == "alerts@desk.example"
    assert mail["To"] == "analyst@desk.example"
    assert mail["X-Application"] == "news-monitor"
    assert smtp.recipients == [("analyst@desk.example",)]
    html = mail.get_body(("html",)).get_content()
    assert html.replace("\r\n", "\n").strip() == ALERT.html.strip()
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text == wrapped(ALERT.text)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_can_be_told_again_and_filtered(smtp):
    for _ in range(2):
        assert send(mailto(smtp), ALERT).ok
    once, again = smtp.mails
    assert once["Message-ID"] == again["Message-ID"] == "<nm-7K2QM9XA@desk.example>"
    assert once["List-Id"] == "<algeria-us-arms.news-monitor.desk.example>"
    assert once["Auto-Submitted"] == "auto-generated"
    assert "References" not in once


def test_an_update_stands_in_the_thread_of_what_it_updates(smtp):
    assert send(mailto(smtp), replace(ALERT, id="nm-2", follows=ALERT.id)).ok
    (mail,) = smtp.mails
    assert mail["In-Reply-To"] == mail["References"] == "<nm-7K2QM9XA@desk.example>"
    assert mail["Message-ID"] == "<nm-2@desk.example>"


def test_the_operators_own_headers_come_along_and_replace_none_of_ours(smtp):
    query = "+X-Desk=night&+List-Id=other&+Subject=other&reply=chief@desk.example"
    url = f"mailto://127.0.0.1:{smtp.port}?from=a@desk.example&to=b@desk.example&{query}"
    assert send(to(url), ALERT).ok
    (mail,) = smtp.mails
    assert (mail["X-Desk"], mail["Reply-To"]) == ("night", "chief@desk.example")
    assert mail.get_all("Subject") == [ALERT.title]
    assert mail.get_all("List-Id") == ["<algeria-us-arms.news-monitor.desk.example>"]


def test_a_line_break_in_the_operators_header_sends_nothing(smtp):
    url = f"mailto://127.0.0.1:{smtp.port}?from=a@b.example&to=c@d.example&+X=1%0D%0ABcc:%20x@y.example"
    with pytest.raises(DestinationError, match="cannot be sent"):
        check(to(url))
    assert not send(to(url), ALERT).ok
    assert not smtp.mails


def test_a_name_of_the_sender_in_another_script_arrives(smtp):
    url = f"mailto://127.0.0.1:{smtp.port}?from=Rédaction,%20الجزائر<a@b.example>&to=c@d.example"
    assert send(to(url), ALERT).ok
    (address,) = smtp.mails[0]["From"].addresses
    assert address.addr_spec == "a@b.example"
    assert address.display_name in ("Rédaction, الجزائر", "Rédaction")


def test_a_mail_account_asked_for_text_gets_the_text(smtp):
    assert send(mailto(smtp, format="text"), ALERT).ok
    (mail,) = smtp.mails
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == wrapped(ALERT.text)


def test_a_mail_account_with_a_password_logs_in(smtp):
    url = f"mailto://desk:s3cret%40pass@127.0.0.1:{smtp.port}?from=a@b.example&to=c@d.example"
    assert send(to(url), ALERT).ok
    assert smtp.logins == [("desk", "s3cret@pass")]


def test_mattermost_gets_the_text_below_its_title(webhook):
    assert send(hook(webhook, "mmost", "/3ccdd113474722377935511fc85d3dd4"), ALERT).ok
    (body,) = webhook.bodies
    assert body["text"] == f"{ALERT.title}\r\n{ALERT.text}"


def test_an_operator_who_asks_a_webhook_for_html_gets_it(webhook):
    assert send(hook(webhook, path="/alerts?format=html"), ALERT).ok
    assert webhook.bodies[0]["message"] == ALERT.html.rstrip()


def test_each_message_is_sent_once_whatever_the_url_says(webhook):
    webhook.answer = 500
    result = send(hook(webhook, path="/x?retry=5&wait=0&overflow=split"), ALERT)
    assert not result.ok
    webhook.answer = 200
    assert send(hook(webhook, path="/x?retry=5&overflow=split"), ALERT).ok
    assert len(webhook.posts) == 1


# --- not accepted ------------------------------------------------------------------


def test_an_error_of_the_service_is_a_refusal_with_its_status(webhook):
    webhook.answer = 503
    result = send(hook(webhook), ALERT)
    assert (result.ok, result.reason) == (False, DeliveryReason.REFUSED)
    assert "error=503" in result.detail


def test_a_redirect_is_a_refusal_because_the_message_would_be_lost_on_the_way(webhook):
    with WebhookSink() as other:
        webhook.answer, webhook.location = 302, f"http://127.0.0.1:{other.port}/"
        result = send(hook(webhook), ALERT)
        assert not result.ok
        assert "error=302" in result.detail
        assert not other.posts


def test_a_closed_port_is_a_refusal():
    result = send(to(f"json://127.0.0.1:{refused_port()}/"), ALERT)
    assert result.reason is DeliveryReason.REFUSED
    assert "127.0.0.1" in result.detail
    assert result.detail.endswith("(ConnectionError)")


def test_a_webhook_that_does_not_answer_is_a_timeout(webhook):
    webhook.answer = "hang"
    result = send(hook(webhook), ALERT, patience=SHORT)
    assert result.reason is DeliveryReason.TIMEOUT
    assert result.detail.endswith("(ReadTimeout)")


def test_a_mail_server_that_does_not_answer_is_a_timeout(smtp):
    smtp.answer = "hang"
    result = send(mailto(smtp), ALERT, patience=SHORT)
    assert result.reason is DeliveryReason.TIMEOUT


def test_a_mail_that_the_server_refuses_is_a_refusal_with_its_code(smtp):
    smtp.answer = "552 5.3.4 too big"
    result = send(mailto(smtp), ALERT)
    assert result.reason is DeliveryReason.REFUSED
    assert result.detail.endswith("(SMTPDataError 552)")


def test_what_a_plugin_raises_is_a_refusal_by_its_name_only(webhook, monkeypatch):
    def broken(*_args, **_kwargs):
        raise LookupError("the token is T0PS3CRET")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", broken)
    result = send(hook(webhook), ALERT)
    assert result.reason is DeliveryReason.REFUSED
    assert "LookupError" in result.detail
    assert "T0PS3CRET" not in result.detail


def test_a_destination_that_apprise_refuses_is_a_refusal():
    result = send(to("slack://T0PS3CRET"), ALERT)
    assert result.reason is DeliveryReason.REFUSED
    assert "T0PS3CRET" not in result.detail


def test_the_failure_of_one_message_is_not_told_of_the_next(webhook):
    webhook.answer = 500
    assert "error=500" in send(hook(webhook), ALERT).detail
    webhook.answer = 404
    detail = send(hook(webhook), ALERT).detail
    assert "error=404" in detail
    assert "500" not in detail


def test_a_result_survives_the_way_between_processes():
    result = SendResult(ok=False, reason=DeliveryReason.TIMEOUT, detail="x")
    assert pickle.loads(pickle.dumps(result)) == result


# --- checked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("json://localhost/", "JSON"),
        ("mailto://user:password@example.org", "E-Mail"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7", "Slack"),
        ("json://localhost/?optional=no&redirect=no", "JSON"),
    ],
)
def test_a_good_destination_is_named_by_its_service(url, service):
    assert check(to(url)) == service


MANY = "mailto://a:secret@example.org?to=one@x.example"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "cannot use its URL"),
        ("desk", "cannot use its URL"),
        ("nosuch://host/", "cannot use its URL"),
        ("https://example.org/hook", "cannot use its URL"),
        ("file:///etc/passwd", "cannot use its URL"),
        ("json://", "cannot use its URL"),
        ("slack://SECRET", "cannot use its URL"),
        ("json://localhost/?optional=yes", "optional=yes"),
        ("json://localhost/?redirect=yes", "redirect=yes"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlaz?template=/etc/passwd", "template="),
        ("json://localhost/ mailto://a:b@example.org", "more than one URL"),
        ("json://localhost/,json://localhost/", "more than one URL"),
        (f"{MANY},two@x.example", "2 recipients"),
        (f"{MANY}&cc=two@x.example", "2 recipients"),
        (f"{MANY}&bcc=two@x.example,three@x.example", "3 recipients"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlaz/#one/#two", "2 recipients"),
    ],
)
def test_a_bad_destination_is_refused_by_name_and_never_shows_its_url(url, why):
    with pytest.raises(DestinationError) as raised:
        check(to(url))
    assert why in str(raised.value)
    assert str(raised.value).startswith("destination 'desk': ")
    assert "://" not in str(raised.value)
    assert "secret" not in str(raised.value).lower()


@pytest.mark.parametrize("number", range(31))
def test_a_refusal_shows_no_secret_in_text_or_traceback(number):
    url = secret_urls("127.0.0.1:9")[number]
    try:
        check(to(url))
    except DestinationError as error:
        told = [str(error), repr(error), traceback.format_exc()]
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [frame for frame in frames.stack if "/monitor/" in frame.filename]
        told += [str(frame.locals) for frame in ours]
        assert_secret_kept(*told)


def test_checking_sends_nothing(webhook):
    check(hook(webhook))
    ping()
    assert not webhook.posts


# --- hostile text ------------------------------------------------------------------

OURS = re.compile(r"https?://elwasat\.example/[^\s\"<>\\]*")


def assert_inert(text: str) -> None:
    dead = (
        OURS.sub("", re.sub(rf"<({OURS.pattern})>", r"\1", text))
        .replace(" @ 3f9c2a1b", "")
        .replace("\r\n", "\n")
    )
    assert not LIVE.search(dead), LIVE.search(dead)


@pytest.mark.parametrize("scheme", ["json", "mmost"])
def test_nothing_hostile_is_live_at_a_webhook(webhook, scheme):
    for text in HOSTILE:
        said = message(hostile_delivery(text), UTC)
        assert send(hook(webhook, scheme, "/3ccdd113474722377935511fc85d3dd4"), said).ok
    for body in webhook.bodies:
        assert_inert(body.get("title", ""))
        assert_inert(body.get("message") or body["text"])
    assert len(webhook.bodies) == len(HOSTILE)


def test_nothing_hostile_is_live_in_a_mail(smtp):
    for text in HOSTILE:
        assert send(mailto(smtp), message(hostile_delivery(text), UTC)).ok
    assert len(smtp.mails) == len(HOSTILE)
    for mail in smtp.mails:
        assert sorted(mail.keys()) == MAIL_HEADERS
        assert_inert(mail["Subject"])
        assert "\n" not in mail["Subject"]
        assert_inert(mail.get_body(("plain",)).get_content())
        page = Page(mail.get_body(("html",)).get_content())
        assert_inert(page.text)
        assert "script" not in {tag for tag, _ in page.tags}
        assert all(OURS.fullmatch(link) for link in page.attributes("href"))
    assert set(smtp.recipients) == {("analyst@desk.example",)}


CHATS = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "slack as markdown": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?format=markdown",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "telegram": "tgram://123456789:abcdefg_hijklmnop-q/12315544",
    "ntfy": "ntfy://desk-alerts",
    "google chat": "gchat://workspace/key/token",
    "teams": "workflows://prod.example:443/WFID/SIGNATURE",
    "pushover": "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "zulip": "zulip://bot@desk/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/alerts",
    "twilio": f"twilio://AC{'a' * 32}:{'b' * 32}@15551234567/15557654321",
}


@pytest.fixture
def posted(monkeypatch):
    """What would go to services whose hosts are fixed in Apprise: kept where HTTP begins."""
    kept: list[requests.PreparedRequest] = []

    def keep(_adapter, request, **_kwargs):
        kept.append(request)
        response = requests.Response()
        response.status_code = 200
        slack = "hooks.slack.com" in request.url
        response._content = b"ok" if slack else b'{"ok": true, "status": 1, "result": "success"}'
        response.request, response.url = request, request.url
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", keep)
    return kept


def strings(value: object) -> list[str]:
    """Return every text in a payload."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for each in value.values() for text in strings(each)]
        case list():
            return [text for each in value for text in strings(each)]
    return []


def payload(request: requests.PreparedRequest) -> list[str]:
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    try:
        return strings(json.loads(body))
    except ValueError:
        return [text for texts in parse_qs(body).values() for text in texts]


@pytest.mark.parametrize("service", CHATS)
def test_nothing_hostile_is_live_in_a_chat(posted, service):
    for text in HOSTILE:
        result = send(to(CHATS[service]), message(hostile_delivery(text), UTC))
        assert result.ok, result
    assert len(posted) == len(HOSTILE)
    for request in posted:
        for text in payload(request):
            if "adaptivecards.io" in text or re.fullmatch(r"\S*", text):
                continue
            dead = re.sub(r"</?b>|&(lt|gt|amp|quot|apos);|\\[*_]", "", text)
            dead = dead.replace("`news-monitor silence algeria-us-arms 2h`", "")
            assert_inert(dead)
            assert "github" not in text


@pytest.mark.parametrize("service", CHATS)
def test_every_chat_message_fits_and_ends_with_its_id(posted, service):
    long = message(hostile_delivery("Alger parle d’armes à Washington. " * 200), UTC)
    for said in (ALERT, long):
        assert send(to(CHATS[service]), said).ok
    limits = {"discord": 2000, "telegram": 4096, "pushover": 1024, "twilio": 160}
    for request in posted:
        body = max(payload(request), key=len)
        assert "nm-7K2QM9XA" in body.rstrip()[-60:]
        assert len(body) <= limits.get(service, 4000)


@pytest.mark.parametrize("service", sorted(set(CHATS) - {"twilio"}))
def test_the_link_arrives_as_it_is(posted, service):
    send(to(CHATS[service]), ALERT)
    body = max(payload(posted[0]), key=len)
    link = r"\bhttps://elwasat\.example/politique/1\?edition=matin(?=\s|>|$)"
    assert re.search(link, body)


def test_slack_shows_the_showpiece_as_text(posted):
    send(to(CHATS["slack"]), message(hostile_delivery(SHOWPIECE), UTC))
    (attachment,) = json.loads(posted[0].body)["attachments"]
    assert "‹!channel› ‹script›alert(1)‹/script›" in attachment["title"]
    assert not re.search(r"<[!@#h]", attachment["title"] + attachment["text"])
    assert "image_url" not in posted[0].body


# --- secrets -----------------------------------------------------------------------

CANARY = "kAnArY7"
"""In every place of a URL where a secret can be."""


def secret_urls(host: str) -> list[str]:
    return [
        f"mailto://desk:{CANARY}@{host}?from=a@b.example&to=c@d.example&mode=insecure",
        f"mailto://{host}?from=a@b.example&to=c@d.example&pass={CANARY}&user={CANARY}@x.example",
        f"json://user:{CANARY}@{host}/hook",
        f"json://{CANARY}:pass@{host}/hook",
        f"json://{host}/{CANARY}/{CANARY}%2Fx?+X-Token={CANARY}",
        f"json://{host}/?-token={CANARY}&:extra={CANARY}",
        f"xml://user:{CANARY}@{host}/{CANARY}",
        f"form://user:{CANARY}@{host}/{CANARY}",
        f"mmost://{host}/{CANARY}{CANARY}",
        f"gotify://{host}/{CANARY}",
        f"ntfy://user:{CANARY}@{host}/{CANARY}",
        f"matrix://user:{CANARY}@{host}/#room",
        f"rocket://user:{CANARY}@{host}/#room",
        f"nctalk://user:{CANARY}@{host}/room",
        f"synology://{host}/{CANARY}",
        f"apprise://{host}/{CANARY}",
        f"hassio://{host}/{CANARY}",
        f"xbmc://user:{CANARY}@{host}",
        f"signal://user:{CANARY}@{host}/15551234567/15557654321",
        f"slack://{CANARY}00/{CANARY}11/{CANARY}22",
        f"discord://{CANARY}/{CANARY}",
        f"tgram://123456789:{CANARY}_{CANARY}{CANARY}/12315544",
        f"pover://{CANARY}{'u' * 23}@{CANARY}{'a' * 23}",
        f"zulip://bot@desk/{CANARY}{'a' * 25}/alerts",
        f"gchat://{CANARY}/{CANARY}/{CANARY}",
        f"workflows://{host}/{CANARY}/{CANARY}",
        f"twilio://AC{CANARY}{'a' * 25}:{CANARY}{'b' * 25}@15551234567/15557654321",
        f"slack://{CANARY}",
        f"json://{host}:{CANARY}/",
        f"nosuch://{CANARY}@{CANARY}/{CANARY}",
        f"{CANARY}",
    ]


def assert_secret_kept(*texts: str) -> None:
    for text in texts:
        assert CANARY.lower() not in text.lower(), text


@pytest.mark.parametrize("number", range(len(secret_urls(""))))
@pytest.mark.parametrize("failure", ["status", "closed port"])
def test_no_secret_of_a_url_is_ever_told(webhook, monkeypatch, caplog, capfd, number, failure):
    """With logging at DEBUG, at a service that fails in one of two ways."""
    caplog.set_level(logging.DEBUG)
    port = webhook.port if failure == "status" else refused_port()
    webhook.answer = 403
    destination = to(secret_urls(f"127.0.0.1:{port}")[number])
    real = requests.adapters.HTTPAdapter.send

    def only_loopback(adapter, request, **kwargs):
        if urlsplit(request.url).hostname != "127.0.0.1":
            raise requests.ConnectionError(f"no route to {request.url}")
        return real(adapter, request, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", only_loopback)
    with suppress(DestinationError):
        check(destination)
    result = send(destination, ALERT, patience=timedelta(seconds=0.5))
    assert not result.ok
    assert len(result.detail) <= 330
    assert "\n" not in result.detail
    assert_secret_kept(result.detail, repr(result), repr(destination), *capfd.readouterr())
    assert_secret_kept(*(record.getMessage() for record in caplog.records))
    assert_secret_kept(str(pickle.dumps(result)))


def test_the_host_of_a_service_may_be_told_but_not_a_token_in_its_place():
    closed = refused_port()
    assert "127.0.0.1" in send(to(f"json://user:pass@127.0.0.1:{closed}"), ALERT).detail
    assert (
        "***"
        in send(
            to(f"mailto://127.0.0.1:{closed}?to=a@b.example&smtp=x.invalid&from=c@d.example"), ALERT
        ).detail
    )


def test_apprise_is_silent_even_where_logging_is_at_debug(webhook):
    """In a process of its own, with a handler on the root logger: nothing at all comes out."""
    script = (
        "import logging, sys\n"
        "logging.basicConfig(level=1, stream=sys.stdout)\n"
        "from monitor.alerts.send import send\n"
        "from monitor.models import Destination, Message\n"
        "said = Message(title='title', text='the text', html='<p>')\n"
        "for url in sys.argv[1:]:\n"
        "    print(send(Destination(name='d', url=url), said).ok)\n"
    )
    urls = [f"json://user:pass@127.0.0.1:{webhook.port}/tok", "slack://bad", "json://127.0.0.1:1/"]
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script, *urls],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stdout == "True\nFalse\nFalse\n"
    assert done.stderr == ""


def test_nothing_is_left_on_disk(webhook, smtp, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert send(hook(webhook), ALERT).ok
    assert send(mailto(smtp), ALERT).ok
    send(hook(webhook, "matrix", "/#room?store=yes"), ALERT)
    assert list(tmp_path.rglob("*")) == []


def test_the_loggers_level_is_as_before(webhook):
    before = logging.getLogger("apprise").level
    send(hook(webhook), ALERT)
    assert logging.getLogger("apprise").level == before
    assert not logging.getLogger("apprise").filters


def test_html_that_would_be_cut_off_gives_way_to_text(smtp):
    assert send(mailto(smtp), replace(ALERT, html="<p>" + "a" * 40_000)).ok
    (mail,) = smtp.mails
    assert ALERT.text.split("\n")[-1] in mail.get_body(("plain",)).get_content()
    assert "a" * 1000 not in mail.as_string()


def test_nothing_is_left_running_in_the_process(webhook):
    """Else services that hang would take the threads of those that do not."""
    before = set(threading.enumerate())
    webhook.answer = "hang"
    send(hook(webhook), ALERT, patience=SHORT)
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in left if "process_request" not in name}  # those are the sink's


def test_a_hanging_service_answers_before_the_process_is_killed():
    assert timedelta(seconds=5) <= PATIENCE <= timedelta(seconds=15)
