"""How a message looks as a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth  # noqa: TID251

from monitor.alerts.mail import WIDTH, Envelope, letter, wrapped
from monitor.alerts.render import message
from monitor.models import Message
from tests.deliveries import NOW, delivery
from tests.hostile import HOSTILE, hostile_delivery

ENVELOPE = Envelope(
    sender=Address("Desk", addr_spec="alerts@desk.example"),
    recipient=Address(addr_spec="analyst@desk.example"),
)
ALERT = message(delivery(), UTC)
EXPECTED = [
    *("Subject", "From", "To", "Date", "Auto-Submitted", "X-Application", "List-Id"),
    *("Message-ID", "Content-Type", "MIME-Version"),
]


def sent(said: Message = ALERT, envelope: Envelope = ENVELOPE, html: str | None = None) -> str:
    return letter(said, said.text, said.html if html is None else html, envelope, NOW)


def parsed(mail: str) -> EmailMessage:
    return message_from_string(mail, policy=policy.default)


def test_a_mail_is_seven_bit_with_short_lines():
    lines = sent().split("\r\n")
    assert all(line.isascii() and len(line) <= 78 for line in lines)
    assert "\n" not in "".join(lines)


def test_text_and_html_arrive_as_they_are():
    mail = parsed(sent())
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == wrapped(ALERT.text)
    assert mail.get_body(("html",)).get_content().replace("\r\n", "\n").strip() == ALERT.html


def test_without_html_there_is_one_part():
    mail = parsed(sent(html=""))
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_adds_a_header_or_changes_another(text):
    said = message(hostile_delivery(text), UTC)
    mail = parsed(sent(said))
    assert sorted(mail.keys()) == sorted(EXPECTED)
    assert mail["Subject"] == said.title


@settings(max_examples=200)
@given(title=st.text(max_size=200), topic=st.text(max_size=99), follows=st.text(max_size=20))
def test_any_title_and_topic_make_one_header_each(title, topic, follows):
    base = hostile_delivery(title)
    match = replace(base.alert.match, rule_id=topic)
    said = message(replace(base, alert=replace(base.alert, match=match)), UTC)
    mail = parsed(sent(said))
    assert set(mail.keys()) <= set(EXPECTED)
    assert mail["Subject"].split() == said.title.split()


@pytest.mark.parametrize("name", ["X\r\nBcc", "X: y", "", "É"])
def test_a_header_of_the_operator_whose_name_is_none_is_refused(name):
    with pytest.raises(ValueError, match="header"):
        sent(envelope=replace(ENVELOPE, headers={name: "v"}))


def test_a_line_break_in_the_value_of_a_header_is_refused():
    with pytest.raises(ValueError, match="Header"):
        sent(envelope=replace(ENVELOPE, headers={"X": "v\r\nBcc: x@y.example"}))


@pytest.mark.parametrize(
    ("topic", "label"),
    [("algeria-us-arms", "algeria-us-arms"), ("operator", "operator")],
)
def test_a_rule_has_its_own_list(topic, label):
    mail = parsed(sent(replace(ALERT, topic=topic)))
    assert mail["List-Id"] == f"<{label}.news-monitor.desk.example>"


def test_long_ids_of_rules_and_long_domains_stay_apart_and_on_one_line():
    sender = Address(addr_spec="a@" + "d" * 60 + ".example")
    lists = set()
    for topic in ("r" * 80 + "1", "r" * 80 + "2", "règle 1"):
        mail = sent(replace(ALERT, topic=topic), replace(ENVELOPE, sender=sender))
        (line,) = [line for line in mail.split("\r\n") if line.startswith("List-Id:")]
        lists.add(line)
        assert line.endswith(".news-monitor.news-monitor.invalid>")
        assert len(line) <= 78
    assert len(lists) == 3


def test_the_same_delivery_is_the_same_mail_but_for_its_boundary():
    assert parsed(sent()).items()[:-2] == parsed(sent()).items()[:-2]


# --- the width of lines ------------------------------------------------------------


def test_the_text_reads_well_at_72_columns():
    shown = wrapped(ALERT.text)
    assert "• country: DZ – Alger (capital), الجزائر (name), 2 more\n" in shown
    assert (
        "— L’ambassadeur d’*Algérie* aux *États-Unis* a parlé d’un calendrier et\n"
        "  de listes d’armes.\n" in shown
    )
    for line in shown.split("\n"):
        assert wcswidth(line) <= WIDTH


def test_a_link_is_never_broken():
    link = "https://e.example/" + "a-b/" * 60
    assert wrapped(f"one\n{link}\ntwo") == f"one\n{link}\ntwo\n"


def test_scripts_without_spaces_are_broken_by_their_width():
    lines = wrapped("阿尔及利亚与美国讨论武器交易" * 9).split("\n")
    assert all(wcswidth(line) <= WIDTH for line in lines)
    assert max(map(wcswidth, lines)) > WIDTH - 3


@given(st.text(max_size=600))
def test_wrapping_loses_no_letter(text):
    said = "\n".join(text.split("\r"))
    if "://" not in said and "\x1b" not in said:
        assert "".join(wrapped(said).split()) == "".join(said.split())
