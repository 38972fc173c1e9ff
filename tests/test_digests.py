"""What was held is told together: once, whole, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor import delivering, recovery
from monitor.alerts import digests, plan, render
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Delivery,
    DeliveryState,
    DigestTime,
    FeedSource,
    JudgedArticle,
    Match,
    PlanReason,
    PollOutcome,
    Retry,
    Sent,
    Severity,
    Validators,
)
from monitor.planning import Hours, Policy, Wishes
from monitor.store import backup
from monitor.store.protocol import ToldMessage
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.store.views import DeliveryFilter
from tests.deliveries import ARTICLE, match

PARIS = ZoneInfo("Europe/Paris")
SEVEN = Wishes(digest=DigestTime(at=time(7)), zone=PARIS, at_once=None)
DIGEST_ONLY = Policy(wishes={"desk": SEVEN, "archive": Wishes(digest=DigestTime(), zone=PARIS)})
START = datetime(2026, 3, 10, 11, tzinfo=UTC)
NEXT_SEVEN = datetime(2026, 3, 11, 6, tzinfo=UTC)
LEASE = timedelta(minutes=2)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Desk:
    """A store whose clock is turned by hand."""

    def __init__(self, path: Path, policy: Policy = DIGEST_ONLY) -> None:
        self.path = path
        self.policy = policy
        self.now = START
        self.count = 0
        self.open()

    def open(self) -> None:
        self.store = SqliteStore.open(self.path, delivery_id=plan.delivery_id)
        self.store.sync_feeds([FeedSource(url="https://a.example/rss")], self.now)

    def restart(self) -> None:
        self.store.close()
        self.open()

    def find(self, *destinations: str, article: Any = None, **changes: Any) -> Alert:
        """An article comes, on which a rule holds."""
        self.count += 1
        url = f"https://a.example/{self.count}"
        found = replace(
            article or ARTICLE, keys=(f"guid:{self.count}",), url=url, title=f"Piece {self.count}"
        )
        changes = {"rule_id": "arms", "relevance": self.count / 10_000} | changes
        matched = match(**changes)
        return self.take(found, matched, *destinations)

    def take(self, found: Article, matched: Match, *destinations: str) -> Alert:
        """That article, and that match."""
        alerts = plan.alerts_for(found, [matched], destinations or ("desk",), self.now)
        past = self.store.past(plan.question(alerts, self.policy, self.now))
        (alert,) = plan.planned(alerts, past, self.policy, self.now)
        self.write(alert)
        return alert

    def write(self, *alerts: Alert) -> None:
        (feed,) = self.store.feeds()
        self.store.commit(
            PollOutcome(
                feed_id=feed.id,
                polled_at=self.now,
                next_check_at=self.now + HOUR,
                validators=Validators(),
                body_hash=None,
                articles=tuple(
                    JudgedArticle(
                        article=one.article,
                        claims=one.article.keys,
                        matches=(one.match,),
                        alerts=(one,),
                    )
                    for one in alerts
                ),
            )
        )

    def tools(self) -> delivering.DeliverTools:
        return delivering.DeliverTools(
            books=StoreThread(self.store),
            senders=None,  # type: ignore[arg-type] - nothing is sent
            destinations={},
            clock=lambda: self.now,
            random=lambda: 0.5,
            zone=UTC,
            policy=self.policy,
        )

    def gather(self) -> int:
        tools = self.tools()
        try:
            return asyncio.run(delivering.gather(tools))
        finally:
            tools.books.close()

    def run(self, span: timedelta, step: timedelta = 10 * MINUTE) -> list[Delivery]:
        """What is sent while time passes."""
        sent: list[Delivery] = []
        end = self.now + span
        while self.now < end:
            self.now = min(self.now + step, end)
            self.gather()
            while claimed := self.store.due_deliveries(self.now, LEASE, 10):
                for one in claimed:
                    told = ToldMessage(self.now, one.alert.key, one.destination)
                    self.store.record(one.id, Sent(at=self.now), None, told)
                sent += claimed
        return sent

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of each delivery, oldest alert first."""
        return [
            (str(one.state), one.plan_reason and str(one.plan_reason))
            for alert in reversed(self.store.alerts(limit=20_000))
            for one in alert.deliveries
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "a.db")
    yield made
    made.store.close()


def test_what_was_held_is_one_message_at_its_time(desk: Desk) -> None:
    for _ in range(3):
        desk.find()
    desk.find(rule_id="gas", severity=Severity.CRITICAL)
    assert desk.run(NEXT_SEVEN - START - MINUTE) == []
    (sent,) = desk.run(HOUR)
    assert (sent.kind, sent.destination) == (AlertKind.DIGEST, "desk")
    digest = sent.digest
    assert digest is not None
    assert [(item.rule_id, item.title) for item in digest.items] == [
        ("gas", "Piece 4"),
        ("arms", "Piece 3"),
        ("arms", "Piece 2"),
        ("arms", "Piece 1"),
    ]
    assert (digest.count, digest.counts) == (4, (("gas", 1), ("arms", 3)))
    assert (digest.since, digest.until) == (START, sent.alert.created_at)
    assert desk.states() == [("covered", "digest")] * 4 + [("sent", None)]
    assert desk.run(2 * DAY, HOUR) == []


def test_each_item_says_by_which_message_it_was_told(desk: Desk) -> None:
    desk.find()
    (sent,) = desk.run(DAY, HOUR)
    found = desk.store.alerts(limit=2)[1]
    assert [one.told_by for one in found.deliveries] == [sent.public_id]


def test_a_restart_at_any_moment_makes_no_second_digest_and_loses_none(desk: Desk) -> None:
    told = []
    for _ in range(40):
        desk.find()
        desk.restart()
        sent = desk.run(HOUR)
        desk.restart()
        told += [one.digest.count for one in sent if one.digest]
    told += [one.digest.count for one in desk.run(DAY, HOUR) if one.digest]
    assert (len(told), sum(told)) == (2, 40)


def test_a_daemon_that_was_away_for_days_tells_it_once(desk: Desk) -> None:
    desk.find()
    desk.now += 5 * DAY
    assert [one.digest and one.digest.count for one in desk.run(DAY, HOUR)] == [1]


@pytest.mark.parametrize("failpoint", ["gather: in transaction", "digest: gathered"])
def test_death_while_a_digest_is_written_makes_neither_two_nor_none(
    desk: Desk, failpoint: str
) -> None:
    for _ in range(3):
        desk.find()
    desk.store.close()
    program = (
        "import sys; from pathlib import Path; from tests.test_digests import Desk, NEXT_SEVEN;"
        "desk = Desk(Path(sys.argv[1])); desk.now = NEXT_SEVEN; desk.gather()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(desk.path)],
        env=os.environ | {"NEWS_MONITOR_FAILPOINTS": f"{failpoint}=kill@1"},
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    desk.open()
    desk.now = NEXT_SEVEN - MINUTE
    assert [one.digest and one.digest.count for one in desk.run(DAY)] == [3]


def test_each_destination_has_its_own(desk: Desk) -> None:
    desk.find("desk", "archive", is_weak=True)
    sent = desk.run(DAY)
    assert [(one.destination, one.digest and one.digest.count) for one in sent] == [
        ("archive", 1),
        ("desk", 1),
    ]
    assert sent[0].alert.created_at == START + HOUR
    assert sent[0].public_id != sent[1].public_id


def test_a_digest_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    quiet = replace(SEVEN, quiet=Hours(start=time(22), end=time(8)))
    desk = Desk(tmp_path / "a.db", Policy(wishes={"desk": quiet}))
    desk.find()
    desk.now = NEXT_SEVEN
    assert desk.gather() == 1
    assert desk.run(50 * MINUTE) == []
    assert len(desk.run(20 * MINUTE)) == 1


def test_what_waits_for_no_digest_is_told_once_there_is_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.db", Policy())
    desk.find(is_weak=True)
    assert desk.run(3 * DAY, HOUR) == []
    assert desk.states() == [("held", "weak match")]
    desk.policy = DIGEST_ONLY
    desk.store.schedule_digests(digests.next_due(desk.policy, desk.now))
    assert [one.digest and one.digest.count for one in desk.run(DAY, HOUR)] == [1]


def test_what_comes_after_a_digest_is_for_the_next(desk: Desk) -> None:
    desk.find()
    desk.now = NEXT_SEVEN
    desk.gather()
    desk.find()
    assert [one.digest and one.digest.count for one in desk.run(2 * DAY, HOUR)] == [1, 1]


def test_a_retry_that_would_come_in_quiet_hours_waits_for_their_end(tmp_path: Path) -> None:
    quiet = Wishes(quiet=Hours(start=time(12), end=time(15)), zone=UTC)
    desk = Desk(tmp_path / "a.db", Policy(wishes={"desk": quiet}))
    desk.find(severity=Severity.HIGH)
    desk.find(severity=Severity.CRITICAL)
    noon = START + HOUR
    desk.now = noon - timedelta(seconds=1)
    due = {}
    while claimed := desk.store.due_deliveries(desk.now, LEASE, 10):
        for one in claimed:  # it is named nowhere, so that nothing can be sent
            result = asyncio.run(delivering.deliver(one, desk.tools())).result
            assert isinstance(result, Retry)
            due[one.alert.match.severity] = result.next_attempt_at
    assert due[Severity.HIGH] == noon + 3 * HOUR
    assert noon < due[Severity.CRITICAL] < noon + MINUTE


def test_what_is_held_is_sent_now_or_never_when_somebody_says_so(desk: Desk) -> None:
    held = DeliveryFilter(states=(DeliveryState.HELD,))
    for _ in range(3):
        desk.find()
    third, second, first = desk.store.deliveries(held, 9)
    assert third.delivery.plan_reason is PlanReason.DIGEST
    asked, never = (DeliveryFilter(public_ids=(it.delivery.public_id,)) for it in (first, second))
    assert (desk.store.retry(asked, desk.now), desk.store.drop(never, desk.now)) == (1, 1)
    (waiting,) = desk.store.deliveries(asked, 9)
    assert (waiting.delivery.state, waiting.delivery.digest_at) == (DeliveryState.PENDING, None)
    sent = desk.run(2 * DAY, HOUR)
    assert [one.alert.article.title for one in sent[:1]] == ["Piece 1"]
    assert [one.digest and one.digest.count for one in sent[1:]] == [1]
    (told,) = desk.store.deliveries(DeliveryFilter(states=(DeliveryState.COVERED,)), 9)
    assert told.delivery.told_by == sent[1].public_id
    assert desk.store.integrity_check() == ()


def test_after_a_restore_no_digest_tells_again_of_what_one_has_told(desk: Desk) -> None:
    before = [desk.find() for _ in range(2)]
    backup.make_nightly(desk.path, 7, desk.now)
    since = desk.find()
    assert [one.digest and one.digest.count for one in desk.run(DAY, HOUR)] == [3]
    desk.store.close()
    recovery.restore(desk.path, backup.backups(desk.path)[0].path, desk.now)
    desk.open()
    assert [one.alert.key for one in desk.store.alerts(9)] == [one.key for one in reversed(before)]
    desk.write(since)  # its feed is read again
    assert desk.run(2 * DAY, HOUR) == []
    assert {state for state, _ in desk.states()} == {"sent"}


def test_a_storm_is_counted_whole(desk: Desk) -> None:
    alerts = [
        plan.alerts_for(
            replace(ARTICLE, keys=(f"guid:{n}",), url=f"https://a.example/{n}"),
            [match(rule_id=f"rule-{n % 3}")],
            ["desk"],
            START,
        )[0]
        for n in range(10_000)
    ]
    reason = PlanReason.DIGEST
    held = plan.Planned(
        destination="desk", state=DeliveryState.HELD, reason=reason, due_at=NEXT_SEVEN
    )
    desk.write(*(replace(one, planned=(held,)) for one in alerts))
    desk.now = NEXT_SEVEN
    (sent,) = desk.run(MINUTE)
    assert sent.digest is not None
    assert sent.digest.count == 10_000
    assert dict(sent.digest.counts) == {"rule-0": 3334, "rule-1": 3333, "rule-2": 3333}
    assert len(sent.digest.items) == 200
    message = render.message(sent, UTC)
    assert "10000 alerts of 3 rules" in message.title
    assert desk.states().count(("covered", "digest")) == 10_000


def test_the_same_story_of_other_outlets_is_one_item(desk: Desk) -> None:
    first = desk.find()
    other = replace(
        first.article,
        keys=("guid:other",),
        url="https://b.example/1",
        feed_url="https://b.example/rss",
        publisher="b.example",
        title="A headline of enough words to tell it again",
    )
    desk.take(other, match(rule_id="arms"))
    third = replace(other, keys=("g3",), url="https://c.example", feed_url="https://c.example")
    desk.take(third, match(rule_id="arms"))
    (sent,) = desk.run(DAY, HOUR)
    assert sent.digest is not None
    assert {item.title: item.outlets for item in sent.digest.items} == {
        "Piece 1": 0,
        other.title: 1,
    }
