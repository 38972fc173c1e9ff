"""``deliveries``: what people see of the queue and do to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.alerts import plan
from monitor.models import (
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryState,
    Lane,
    LaneChange,
    Retry,
    Sent,
)
from monitor.store import outbox
from monitor.store.sqlite import SqliteStore
from monitor.store.views import DeliveryFilter
from tests import store_contract as contract
from tests.service import Service

EVERYTHING = DeliveryFilter()
DEAD = DeliveryFilter(states=(DeliveryState.DEAD,))
NOW = contract.at(60)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path, destinations={"mail": "json://127.0.0.1:1/"})


@pytest.fixture
def store(service: Service) -> Iterator[SqliteStore]:
    """One delivery in each state, to mail, and one that waits for slack."""
    with closing(SqliteStore.open(service.database, delivery_id=plan.delivery_id)) as opened:
        told = [contract.alert(name, "mail", minutes=n) for n, name in enumerate("abcde")]
        contract.tell(opened, *told, contract.alert("other", "slack"))
        for result in (
            Sent(at=contract.at(9)),
            Dead(at=contract.at(9), reason=DeliveryReason.EXPIRED, detail="five days"),
            Retry(next_attempt_at=contract.at(500), reason=DeliveryReason.REFUSED, detail="no"),
        ):
            (one,) = contract.claim(opened, 10, busy=["slack"])
            opened.record(one.id, result)
        contract.claim(opened, 10, busy=["slack"])
        yield opened


def states(store: SqliteStore, meant: DeliveryFilter = EVERYTHING) -> list[str]:
    return [str(one.delivery.state) for one in reversed(store.deliveries(meant, 99))]


def test_the_queue_is_filtered_by_all_that_is_asked_for(store: SqliteStore) -> None:
    assert states(store) == ["sent", "dead", "pending", "sending", "pending", "pending"]
    dead, slack = store.deliveries(DEAD, 9), DeliveryFilter(destination="slack")
    assert [(one.delivery.detail, one.rule_id) for one in dead] == [
        ("five days", "algeria-us-arms")
    ]
    assert states(store, slack) == ["pending"]
    assert states(store, DeliveryFilter(rule="no such")) == []
    assert states(store, DeliveryFilter(since=contract.at(3))) == ["sending", "pending"]
    ids = DeliveryFilter(public_ids=(dead[0].delivery.public_id, "nm-X"))
    assert states(store, ids) == ["dead"]
    both = DeliveryFilter(public_ids=ids.public_ids, destination="slack")
    assert states(store, both) == []


def test_what_was_given_up_gets_a_new_life_and_its_lane_is_tried_at_once(
    store: SqliteStore,
) -> None:
    closed = Lane(failures=8, opens_at=contract.at(10**6))
    with store._writing():
        outbox.set_lane(store._db, "mail", closed)
    assert contract.claim(store, 61, busy=["slack"]) == ()
    assert store.retry(DEAD, NOW) == 1
    assert store.retry(DEAD, NOW) == 0
    claimed = contract.claim(store, 61, busy=["slack"])
    assert len(claimed) == 1, "the lane is open"
    found = [one.delivery for one in store.deliveries(EVERYTHING, 99)]
    (again,) = (one for one in found if one.created_at == NOW)
    assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)


def test_an_alert_that_is_sent_again_by_hand_does_not_wait_for_its_lane(store: SqliteStore) -> None:
    with store._writing():
        outbox.set_lane(store._db, "mail", Lane(failures=8, opens_at=contract.at(10**6)))
    (sent,) = store.deliveries(DeliveryFilter(states=(DeliveryState.SENT,)), 9)
    assert claim_mail(store) is None
    assert store.resend(sent.alert_id, NOW) == (sent.delivery.public_id,)
    assert claim_mail(store) is not None


def test_what_is_sent_or_under_way_is_neither_retried_nor_dropped(store: SqliteStore) -> None:
    assert store.retry(EVERYTHING, NOW) == 4
    assert store.drop(EVERYTHING, NOW) == 4
    assert states(store) == ["sent", "dead", "dead", "sending", "dead", "dead"]
    reasons = {one.delivery.reason for one in store.deliveries(DEAD, 9)}
    assert reasons == {DeliveryReason.DROPPED}
    (under_way,) = store.deliveries(DeliveryFilter(states=(DeliveryState.SENDING,)), 9)
    store.record(under_way.delivery.id, Sent(at=NOW), LaneChange(lane=Lane()))
    assert store.drop(EVERYTHING, NOW) == 0
    assert store.integrity_check() == ()


def test_what_may_have_arrived_is_certain_no_more_once_somebody_asks_for_it(
    store: SqliteStore,
) -> None:
    """Else ``on_uncertain = "skip"`` would leave it out again."""
    assert store.release_claims(NOW) == 1
    uncertain = next(one for one in iter(lambda: claim_mail(store), None) if one.is_uncertain)
    store.record(uncertain.id, Dead(at=NOW, reason=DeliveryReason.INTERRUPTED))
    assert store.retry(DeliveryFilter(public_ids=(uncertain.public_id,)), NOW) == 1
    again = next(one for one in iter(lambda: claim_mail(store), None) if one.id == uncertain.id)
    assert not again.is_uncertain
    assert store.release_claims(NOW) > 0
    left_out = next(one for one in iter(lambda: claim_mail(store), None) if one.is_uncertain)
    store.record(left_out.id, Dead(at=NOW, reason=DeliveryReason.INTERRUPTED))
    alert = store.alert_number(left_out.public_id)
    assert alert is not None
    assert store.resend(alert, NOW) == (left_out.public_id,)
    again = next(one for one in iter(lambda: claim_mail(store), None) if one.id == left_out.id)
    assert not again.is_uncertain


def claim_mail(store: SqliteStore) -> Delivery | None:
    return next(iter(store.due_deliveries(NOW, contract.LEASE, 1, ["slack"])), None)


@pytest.mark.slow
def test_the_commands_say_what_they_did(store: SqliteStore, service: Service) -> None:
    listed = service.json("deliveries", "list", "--state", "dead", "--to", "mail")
    (dead,) = listed
    name = dead["delivery"]["public_id"]
    assert (dead["rule_id"], dead["delivery"]["reason"]) == ("algeria-us-arms", "expired")
    shown = service.run("deliveries", "list", "--state", "dead").stdout
    assert name in shown
    assert "expired: five days" in shown
    assert service.run("deliveries", "retry").returncode == 2, "it must be said which"
    done = service.run("deliveries", "retry", name.lower(), "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"count": 1, "unknown": []})
    wrong = service.run("deliveries", "drop", "nm-00000000")
    assert (wrong.returncode, "no delivery nm-00000000" in wrong.stderr) == (1, True)
    dropped = service.run("deliveries", "drop", "--to", "slack")
    assert dropped.stdout.strip() == "1 delivery dropped"
