"""What people ask of the ledger and decide, by the commands: silence, ack, resend, why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.alerts import plan
from monitor.models import AlertKind, Article, EventKind, Sent
from monitor.planning import Escalation, Policy, RouteTo
from tests.deliveries import ARTICLE, match
from tests.service import Service
from tests.test_digests import LEASE, MINUTE, Desk

RULE = "algeria-us-arms"
NOW = datetime.now(UTC).replace(microsecond=0)
FIFTEEN = timedelta(minutes=15)
NIGHT = Policy(
    routes=(
        RouteTo(name="night", to=("desk",), then=Escalation(destination="pager", after=FIFTEEN)),
    )
)
NEAR_MISS = """
id: gas
match: {all: [{country: DZ}, "liquefied gas"]}
"""
FAR = """
id: fish
match: {all: ["herring", "trawler"]}
"""


class Office:
    """A configuration and a database, as a daemon has left them, and the commands."""

    def __init__(self, folder: Path) -> None:
        rules = folder / "rules"
        rules.mkdir()
        source = Path(__file__).parent.parent / "rules" / f"{RULE}.yaml"
        (rules / "arms.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        (rules / "gas.yaml").write_text(NEAR_MISS, encoding="utf-8")
        (rules / "fish.yaml").write_text(FAR, encoding="utf-8")
        destinations = {"desk": "json://127.0.0.1:1/", "pager": "json://127.0.0.1:2/"}
        self.service = Service(folder, destinations=destinations, rules=rules)
        self.desk = Desk(self.service.database, NIGHT)
        self.desk.now = NOW

    def run(self, *arguments: str) -> str:
        done = self.service.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tell(self, article: Article = ARTICLE, **changes: Any) -> str:
        """An article comes, on which a rule holds; the public id of what the desk is sent."""
        alert = self.desk.take(article, match(**changes), "desk", "pager")
        return plan.delivery_id(alert.key, "desk")

    def send(self, at: datetime | None = None) -> list[tuple[str, AlertKind]]:
        """Whatever is due: where to, and as what."""
        sent = []
        while claimed := self.desk.store.due_deliveries(at or self.desk.now, LEASE, 10):
            for one in claimed:
                self.desk.store.record(one.id, Sent(at=self.desk.now, answer="Slack"))
                sent.append((one.destination, one.kind))
        return sent

    def events(self, kind: EventKind) -> list[tuple[str, str]]:
        return [(one.subject, one.detail) for one in self.desk.store.events(9, [kind])]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.desk.store.close()


# --- acknowledging -----------------------------------------------------------------


def test_what_nobody_acknowledges_calls_the_next(office: Office) -> None:
    office.tell()
    assert office.send() == [("desk", AlertKind.ARTICLE)]
    assert office.send(NOW + FIFTEEN - MINUTE) == []
    assert office.send(NOW + FIFTEEN) == [("pager", AlertKind.ESCALATION)]


def test_who_acknowledges_by_the_id_in_the_message_calls_it_off(office: Office) -> None:
    public_id = office.tell()
    office.send()
    said = office.run("alerts", "ack", public_id, "--by", "night desk")
    assert "acknowledged" in said
    assert "by night desk" in said
    assert "pager is not called" in said
    assert office.send(NOW + 2 * FIFTEEN) == []
    again = json.loads(office.run("alerts", "ack", "1", "--by", "somebody else", "--json"))
    assert again["acknowledged_by"] == "night desk"
    states = {one["destination"]: one for one in again["deliveries"]}
    assert states["pager"]["state"] == "covered"
    assert states["pager"]["plan_reason"] == "acknowledged"
    assert office.events(EventKind.ALERT_ACKNOWLEDGED) == [("alert 1", "by night desk")]
    shown = office.run("alerts", "show", "1")
    assert "not sent, acknowledged (by night desk)" in shown
    assert office.service.run("alerts", "ack", "77").returncode == 1


def test_the_list_is_of_a_state_or_a_rule(office: Office) -> None:
    office.tell()
    office.send()
    office.tell(replace(ARTICLE, keys=("g:2",), url="https://a.example/2"), is_weak=True)
    for arguments, expected in (
        ((), [2, 1]),
        (("--state", "sent"), [1]),
        (("--state", "held"), [2]),
        (("--state", "dead"), []),
        (("--rule", "gas"), []),
    ):
        found = json.loads(office.run("alerts", "list", "--json", *arguments))
        assert [one["id"] for one in found] == expected, arguments


# --- sending again -----------------------------------------------------------------


def test_what_was_sent_is_sent_again_when_somebody_asks(office: Office) -> None:
    public_id = office.tell()
    office.send()
    assert office.service.run("alerts", "resend", "1", "--to", "nobody").returncode == 1
    assert public_id in office.run("alerts", "resend", public_id, "--to", "desk")
    sent = office.send(
        datetime.now(UTC)
    )  # and to the pager, where the suite took a quarter of an hour
    assert [one for one in sent if one[0] == "desk"] == [("desk", AlertKind.ARTICLE)]
    assert office.events(EventKind.DELIVERY_RESENT) == [(public_id, "was sent")]


def test_what_is_under_way_is_left_alone(office: Office) -> None:
    office.tell()
    done = office.service.run("alerts", "resend", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing of alert 1 could be sent again" in done.stderr


# --- silences ----------------------------------------------------------------------


def test_a_silenced_rule_is_not_heard_of_until_the_silence_ends(office: Office) -> None:
    assert "silence 1" in office.run("silence", RULE, "2h", "--reason", "the summit")
    (listed,) = json.loads(office.run("silence", "list", "--json"))
    assert (listed["rule_id"], listed["reason"]) == (RULE, "the summit")
    office.desk.now = datetime.now(UTC)
    office.tell()
    assert office.send() == []
    shown = office.run("alerts", "show", "1")
    assert "not sent, silenced (silence 1: the summit)" in shown
    assert "silence 1" in office.run("silence", "end", RULE)
    assert "no rule is silenced" in office.run("silence", "list")
    assert office.service.run("silence", "end", RULE).returncode == 1
    office.tell(replace(ARTICLE, keys=("guid:2",), url="https://elwasat.example/2"))
    assert office.send() == [("desk", AlertKind.ARTICLE)]
    assert [kind for kind, _ in office.events(EventKind.RULE_SILENCED)] == [RULE]


@pytest.mark.parametrize("words", [("no-such-rule", "2h"), ("end", "no-such-rule")])
def test_a_rule_that_is_not_there_is_said(office: Office, words: tuple[str, ...]) -> None:
    done = office.service.run("silence", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-such-rule" in done.stderr


@pytest.mark.parametrize("words", [(RULE,), (RULE, "soon"), ("list", "all", "of")])
def test_a_silence_that_cannot_be_understood_is_a_usage_error(
    office: Office, words: tuple[str, ...]
) -> None:
    assert office.service.run("silence", *words).returncode == 2


# --- why ---------------------------------------------------------------------------


def test_why_answers_for_what_was_told(office: Office) -> None:
    public_id = office.tell()
    office.send()
    said = office.run("why", ARTICLE.url)
    for part in (
        ARTICLE.title,
        "fetched",
        "from https://elwasat.example/rss",
        f"alert 1: {RULE}",
        f"{public_id} to desk: sent",
        "accepted by Slack",
        "due",
        "escalation (unless acknowledged: night)",
        f"✓ {RULE}: every condition holds",
        '✗ gas: does not hold: "liquefied gas" (no mention)',
        "no condition holds in 1 other",
    ):
        assert part in said, part


def test_why_follows_a_story_to_the_message_that_told_of_it(office: Office) -> None:
    public_id = office.tell()
    other = "https://b.example/story"
    office.tell(replace(ARTICLE, keys=("guid:b",), url=other, feed_url="https://b.example/rss"))
    said = office.run("why", other)
    assert f"not sent by itself: same story as {public_id} (alert 1)" in said


def test_why_knows_an_article_by_another_form_of_its_link(office: Office) -> None:
    article = replace(
        ARTICLE, keys=("url:https://elwasat.example/x",), url="https://elwasat.example/x"
    )
    office.tell(article)
    said = office.run("why", "http://www.elwasat.example/x?utm_source=feed")
    assert "the same article as https://elwasat.example/x" in said


def test_why_as_json(office: Office) -> None:
    office.tell(is_weak=True)
    found = json.loads(office.run("why", ARTICLE.url, "--json"))
    (one,) = found["articles"]
    deliveries = one["alerts"][0]["deliveries"]
    assert {each["plan_reason"] for each in deliveries} == {"weak match", "routed elsewhere"}
    assert [each["rule"] for each in one["verdicts"]] == [RULE, "gas", "fish"]
    assert [each["fires"] for each in one["verdicts"]] == [True, False, False]


def test_why_says_when_a_link_never_came(office: Office) -> None:
    done = office.service.run("why", "https://a.example/never")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no article of that link was ever fetched" in done.stderr
    assert "https://a.example/rss" in done.stderr
