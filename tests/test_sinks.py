"""The servers that the tests and the demo deliver to."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import sys
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.servers.sinks import SmtpSink, WebhookSink


def mail(port: int, subject: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@b.example", "c@d.example"
    message.set_content("text")
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message)


def post(port: int, body: object) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/path", json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def test_a_message_is_a_file_before_it_is_acknowledged(tmp_path):
    with SmtpSink(directory=tmp_path) as smtp, WebhookSink(directory=tmp_path) as webhook:
        mail(smtp.port, "one")
        assert post(webhook.port, {"n": 1}) == 200
        assert post(webhook.port, {"n": 2}) == 200
        found = sorted(path.name for path in tmp_path.iterdir())
        assert found == ["hook-000001.json", "hook-000002.json", "mail-000001.eml"]
    assert json.loads((tmp_path / "hook-000002.json").read_bytes()) == {"n": 2}
    kept = message_from_bytes((tmp_path / "mail-000001.eml").read_bytes(), policy=policy.default)
    assert kept["Subject"] == "one"


def test_a_sink_started_again_goes_on_counting(tmp_path):
    for _ in range(2):
        with WebhookSink(directory=tmp_path) as webhook:
            post(webhook.port, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "hook-000001.json",
        "hook-000002.json",
    ]


def test_what_is_refused_is_not_kept(tmp_path):
    with SmtpSink(directory=tmp_path) as smtp, WebhookSink(directory=tmp_path) as webhook:
        smtp.answer, webhook.answer = "554 no", 500
        with pytest.raises(smtplib.SMTPDataError):
            mail(smtp.port, "one")
        with pytest.raises(urllib.error.HTTPError):
            post(webhook.port, {})
        assert (smtp.mails, webhook.posts, list(tmp_path.iterdir())) == ([], [], [])


def test_waiting_for_a_message_that_does_not_come_fails():
    with WebhookSink() as webhook, pytest.raises(AssertionError, match="0 of 1"):
        webhook.wait_for(1, timeout=0)


def test_the_command_line_serves_both_until_it_is_told_to_stop(tmp_path):
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "tests.servers.sinks", "--dir", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        ports = json.loads(process.stdout.readline())
        mail(ports["smtp"], "from outside")
        post(ports["webhook"], {"from": "outside"})
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert len(list(tmp_path.glob("mail-*.eml"))) == 1
    assert len(list(tmp_path.glob("hook-*.json"))) == 1
