"""Touches the world: the tables of alerts and deliveries, inside a transaction of its caller.

A delivery's life::

    pending ──claim──> sending ──Sent──> sent
       ^                  ├─────Dead──> dead
       └──Retry, release──┘   (a claim that runs out is due again)

    held ──gathered by a digest──> covered   (``planned`` tells them apart)

Each destination has a lane, whose row says when it may send again and where its trouble stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sqlite_utils import Database

from monitor import lanes
from monitor.models import (
    Alert,
    AlertKind,
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryResult,
    Lane,
    LaneChange,
    PlanReason,
    Rate,
    Retry,
    Sent,
    Severity,
)
from monitor.store import digests, rows
from monitor.store.connection import insert
from monitor.store.protocol import ToldMessage

DeliveryId = Callable[[str, str], str]
"""Makes the public id of a delivery from its alert's key and its destination."""

ALERT_COLUMNS = """
    article.*, match.*, alert.id AS alert_id, alert.key AS alert_key, alert.kind AS alert_kind,
    alert.note AS alert_note, alert.created_at AS alert_created_at,
    alert.acknowledged_at, alert.acknowledged_by,
    (SELECT json_group_array(destination ORDER BY id) FROM delivery WHERE alert_id = alert.id)
        AS destinations
"""
"""What ``rows.alert`` reads."""

ALERT_TABLES = """
    alert JOIN match ON match.id = alert.match_id JOIN article ON article.id = match.article_id
"""

_WAITED_FOR = """
    WITH RECURSIVE lane (destination) AS (
        SELECT min(destination) FROM delivery WHERE next_attempt_at IS NOT NULL
        UNION ALL
        SELECT (SELECT min(destination) FROM delivery
                WHERE next_attempt_at IS NOT NULL AND delivery.destination > lane.destination)
        FROM lane WHERE lane.destination IS NOT NULL
    )
    SELECT destination FROM lane WHERE destination IS NOT NULL
"""
"""The destinations of open deliveries, at one look into the index for each."""

_FIRST_DUE = """
    SELECT urgency, created_at, id FROM delivery
    WHERE destination = :destination AND next_attempt_at <= :now
        AND (urgency >= :critical OR created_at >= :quiet_since)
    ORDER BY urgency DESC, created_at, id LIMIT 1
"""
_LEAST_TRIED = """
    SELECT urgency, created_at, id, min(attempts) FROM delivery
    WHERE destination = :destination AND next_attempt_at <= :now AND id != :suspect
        AND (urgency >= :critical OR created_at >= :quiet_since)
"""
"""Of those that were tried as often the first that the index gives."""
_LANE = "SELECT * FROM lane WHERE destination = :destination"
_SET_LANE = """
    INSERT INTO lane (destination, paid_until, failures, suspect, opens_at, told)
    VALUES (:destination, :paid_until, :failures, :suspect, :opens_at, :told)
    ON CONFLICT (destination) DO UPDATE SET
        paid_until = excluded.paid_until, failures = excluded.failures,
        suspect = excluded.suspect, opens_at = excluded.opens_at, told = excluded.told
"""
_RECALL = """
    UPDATE delivery SET next_attempt_at = :at
    WHERE id = :id AND state = 'pending' AND next_attempt_at > :at
"""
_EXPIRE = """
    UPDATE delivery SET
        state = 'dead', dead_at = :at, next_attempt_at = NULL, reason = :reason, detail = :detail
    WHERE destination = :destination AND next_attempt_at IS NOT NULL AND state = 'pending'
        AND created_at <= :before
"""
_CLAIM = """
    UPDATE delivery SET
        is_uncertain = max(is_uncertain, state = 'sending'),
        state = 'sending', attempts = attempts + 1, next_attempt_at = :until,
        reason = CASE state WHEN 'sending' THEN :interrupted ELSE reason END,
        detail = CASE state WHEN 'sending' THEN '' ELSE detail END
    WHERE id = :id
"""
_RELEASE = """
    UPDATE delivery SET
        state = 'pending', next_attempt_at = :now, reason = :interrupted, detail = '',
        is_uncertain = 1
    WHERE next_attempt_at IS NOT NULL AND state = 'sending'
"""
_SENT = """
    UPDATE delivery SET state = 'sent', sent_at = :at, next_attempt_at = NULL, answer = :answer
    WHERE id = :id AND attempts > 0 AND state IN ('pending', 'sending')
"""
"""Also when its claim ran out or was released meanwhile: the service has it, so never again."""

_SENT_BEFORE = """
    state = 'sent', next_attempt_at = NULL, detail = 'sent before the database was restored',
    sent_at = (SELECT sent_at FROM told JOIN alert ON alert.key = told.alert_key
        WHERE alert.id = delivery.alert_id AND told.destination = delivery.destination)
"""
_TOLD_BEFORE = f"""
    UPDATE delivery SET {_SENT_BEFORE}
    WHERE id = :id
        AND EXISTS (SELECT 1 FROM told WHERE alert_key = :key AND destination = :to)
"""  # noqa: S608
_ALL_TOLD_BEFORE = f"""
    UPDATE delivery SET {_SENT_BEFORE}
    WHERE state IN ('pending', 'held', 'sending') AND EXISTS (
        SELECT 1 FROM told JOIN alert ON alert.key = told.alert_key
        WHERE alert.id = delivery.alert_id AND told.destination = delivery.destination)
"""  # noqa: S608
_RETRY = """
    UPDATE delivery SET
        state = 'pending', next_attempt_at = :at, reason = :reason, detail = :detail,
        is_uncertain = max(is_uncertain, :is_uncertain)
    WHERE id = :id AND state = 'sending'
"""
_DEAD = """
    UPDATE delivery SET
        state = 'dead', dead_at = :at, next_attempt_at = NULL, reason = :reason, detail = :detail
    WHERE id = :id AND state = 'sending'
"""


_HEIR = """
    SELECT min(id) AS id FROM delivery
    WHERE told_by = :id AND state = 'covered' AND plan_reason = :same_story
"""
_INHERIT = """
    UPDATE delivery SET
        state = 'pending', created_at = :at, next_attempt_at = :at, told_by = NULL,
        plan_detail = :detail
    WHERE id = :id
"""
_TOLD_BY_HEIR = """
    UPDATE delivery SET told_by = :heir
    WHERE told_by = :id AND state = 'covered' AND plan_reason = :same_story
"""

_FOLLOWED = """
    SELECT public_id FROM delivery WHERE id = (
    SELECT min(first.id) FROM delivery
    JOIN alert ON alert.id = delivery.alert_id
    JOIN match ON match.id = alert.match_id
    JOIN match AS told ON told.article_id = match.article_id AND told.rule_id = match.rule_id
    JOIN alert AS earlier ON earlier.match_id = told.id AND earlier.id < alert.id
    JOIN delivery AS first
        ON first.alert_id = earlier.id AND first.destination = delivery.destination
    WHERE delivery.id = :id)
"""
"""Of an update: the delivery by which its destination first heard of the article."""

_ACKNOWLEDGE = """
    UPDATE alert SET acknowledged_at = :now, acknowledged_by = :who
    WHERE id = :id AND acknowledged_at IS NULL
"""
_ESCALATIONS = """
    SELECT id, destination FROM delivery
    WHERE alert_id = :id AND state = 'pending' AND plan_reason = 'escalation' ORDER BY id
"""
_CALL_OFF = """
    UPDATE delivery SET
        state = 'covered', next_attempt_at = NULL, plan_reason = 'acknowledged',
        plan_detail = :detail
    WHERE id = :id
"""
_RESEND = """
    UPDATE delivery SET
        state = 'pending', created_at = :now, next_attempt_at = :now, attempts = 0, sent_at = NULL,
        dead_at = NULL, digest_at = NULL, reason = NULL, detail = '', is_uncertain = 0
    WHERE id = :id
"""
_OUTLETS = """
    SELECT DISTINCT coalesce(nullif(article.publisher, ''), article.feed_name) AS outlet
    FROM delivery JOIN alert ON alert.id = delivery.alert_id JOIN match ON match.id = alert.match_id
        JOIN article ON article.id = match.article_id
    WHERE delivery.told_by = :id ORDER BY delivery.id
"""


def alert_id(db: Database, key: str) -> int | None:
    """The id of the alert that has this key."""
    found = db.execute("SELECT id FROM alert WHERE key = :key", rows.row(key=key)).fetchone()
    return None if found is None else found["id"]


def write_alert(db: Database, alert: Alert, match_id: int, delivery_id: DeliveryId) -> int | None:
    """Write an alert with one delivery for each destination; its id, ``None`` if its key is known."""
    if alert_id(db, alert.key) is not None:
        return None
    new_id = insert(db, "alert", rows.alert_row(alert, match_id))
    planned = {one.destination: one for one in alert.planned}
    for destination in dict.fromkeys(alert.destinations):
        plan = planned.get(destination)
        told_by = _delivery_of(db, plan.told_by, destination) if plan and plan.told_by else None
        delivery = rows.delivery_row(alert, destination, plan) | rows.row(
            public_id=delivery_id(alert.key, destination), alert_id=new_id, told_by=told_by
        )
        new_delivery = insert(db, "delivery", delivery)
        db.execute(_TOLD_BEFORE, rows.row(id=new_delivery, key=alert.key, to=destination))
    return new_id


def _delivery_of(db: Database, key: str, destination: str) -> int | None:
    found = db.execute(
        "SELECT id FROM delivery WHERE alert_id = :alert AND destination = :destination",
        {"alert": alert_id(db, key)} | rows.row(destination=destination),
    ).fetchone()
    return None if found is None else found["id"]


def write_lone_alert(
    db: Database, alert: Alert, now: datetime, delivery_id: DeliveryId
) -> int | None:
    """Write an alert that no poll brought, with its article and match; its id, ``None`` if its key
    is known."""
    if alert_id(db, alert.key) is not None:
        return None
    article_id = insert(db, "article", rows.article_row(alert.article, None, now))
    match_id = insert(db, "match", rows.match_row(alert.match, article_id))
    return write_alert(db, alert, match_id, delivery_id)


def due(
    db: Database,
    now: datetime,
    limit: int,
    busy: Iterable[str],
    rates: Mapping[str, Rate],
    quiet: Mapping[str, datetime],
) -> tuple[int, ...]:
    """The first due delivery of each destination whose lane is open: urgent ones first, then the
    oldest. Where the last one failed, the one that was tried least; where it is ``quiet``, none
    that is older than that, unless it is critical."""
    waited_for = [row["destination"] for row in db.execute(_WAITED_FOR)]
    found = []
    for destination in set(waited_for) - set(busy):
        lane = lane_of(db, destination)
        if lanes.next_at(lane, rates.get(destination), now) > now:
            continue
        asked = rows.row(
            destination=destination,
            now=now,
            critical=lanes.URGENCY[Severity.CRITICAL],
            quiet_since=quiet.get(destination, ""),
        )
        row = None
        if lane.suspect is not None:
            row = db.execute(_LEAST_TRIED, asked | {"suspect": lane.suspect}).fetchone()
        if row is None or row["id"] is None:
            row = db.execute(_FIRST_DUE, asked).fetchone()
        if row is not None:
            found.append((-row["urgency"], row["created_at"], row["id"]))
    return tuple(delivery_id for *_, delivery_id in sorted(found)[:limit])


def lane_of(db: Database, destination: str) -> Lane:
    """Where a destination's queue stands."""
    found = db.execute(_LANE, rows.row(destination=destination)).fetchone()
    return Lane() if found is None else rows.lane(found)


def ailing(db: Database) -> dict[str, Lane]:
    """The lanes of the destinations whose last attempt failed."""
    found = db.execute("SELECT * FROM lane WHERE failures > 0")
    return {row["destination"]: rows.lane(row) for row in found}


def set_lane(db: Database, destination: str, lane: Lane) -> None:
    """Remember where a destination's queue stands."""
    if lane != lane_of(db, destination):
        db.execute(_SET_LANE, rows.lane_row(destination, lane))


def open_lane(db: Database, destination: str) -> None:
    """Let a queue that is left alone send at once: somebody asked for it."""
    db.execute(
        "UPDATE lane SET opens_at = NULL, suspect = NULL WHERE destination = :destination",
        rows.row(destination=destination),
    )


def pending(db: Database, key: str) -> tuple[int, ...]:
    """The deliveries of one alert that wait, due or not."""
    found = db.execute(
        "SELECT id FROM delivery WHERE alert_id = :alert AND state = 'pending' ORDER BY id",
        {"alert": alert_id(db, key)},
    )
    return tuple(row["id"] for row in found)


def deliveries_of(db: Database, key: str) -> tuple[int, ...]:
    """All deliveries of one alert."""
    found = db.execute(
        "SELECT id FROM delivery WHERE alert_id = :alert ORDER BY id", {"alert": alert_id(db, key)}
    )
    return tuple(row["id"] for row in found)


def claim(
    db: Database, ids: Sequence[int], now: datetime, until: datetime, rates: Mapping[str, Rate]
) -> tuple[Delivery, ...]:
    """Take the deliveries in hand until ``until``; each uses up some of its lane's allowance."""
    interrupted = DeliveryReason.INTERRUPTED
    for each in ids:
        db.execute(_CLAIM, rows.row(id=each, until=until, interrupted=interrupted))
    return tuple(_claimed(db, each, now, rates) for each in ids)


def _claimed(db: Database, delivery_id: int, now: datetime, rates: Mapping[str, Rate]) -> Delivery:
    sql = f"""
        SELECT {ALERT_COLUMNS}, delivery.id AS delivery_id, delivery.public_id,
            delivery.destination, delivery.attempts, delivery.created_at AS delivery_created_at,
            delivery.plan_reason, delivery.is_uncertain
        FROM {ALERT_TABLES} JOIN delivery ON delivery.alert_id = alert.id
        WHERE delivery.id = ?
    """  # noqa: S608
    row = db.execute(sql, [delivery_id]).fetchone()
    destination = row["destination"]
    lane = lanes.paid(lane_of(db, destination), rates.get(destination), now)
    set_lane(db, destination, lane)
    claimed = rows.delivery(row, lane)
    if claimed.alert.kind is AlertKind.DIGEST:
        digest = digests.of_delivery(db, delivery_id, claimed.alert.created_at)
        return replace(claimed, digest=digest)
    outlets = tuple(row["outlet"] for row in db.execute(_OUTLETS, {"id": delivery_id}))
    claimed = replace(claimed, outlets=outlets)
    if claimed.alert.kind is not AlertKind.UPDATE:
        return claimed
    followed = db.execute(_FOLLOWED, {"id": delivery_id}).fetchone()
    return replace(claimed, follows=followed["public_id"] if followed else "")


def record(db: Database, delivery_id: int, result: DeliveryResult) -> bool:
    """Write what became of a claimed delivery; whether that changed anything.

    ``sent`` and ``dead`` are final.
    """
    match result:
        case Sent(at=at, answer=answer):
            sql, values = _SENT, rows.row(id=delivery_id, at=at, answer=answer)
        case Retry(next_attempt_at=at, reason=reason, detail=detail):
            sql, values = _RETRY, rows.row(id=delivery_id, at=at, reason=reason, detail=detail)
            values["is_uncertain"] = reason in lanes.UNCERTAIN
        case Dead(at=at, reason=reason, detail=detail):
            sql, values = _DEAD, rows.row(id=delivery_id, at=at, reason=reason, detail=detail)
        case _:
            assert_never(result)
    return bool(db.execute(sql, values).rowcount)


def pass_on(db: Database, delivery_id: int, at: datetime) -> None:
    """Let the next of the same story be told instead of a delivery that was given up; it tells of
    the others."""
    same_story = rows.row(id=delivery_id, same_story=PlanReason.SAME_STORY)
    heir = db.execute(_HEIR, same_story).fetchone()["id"]
    if heir is None:
        return
    given_up = db.execute("SELECT public_id FROM delivery WHERE id = ?", [delivery_id]).fetchone()
    detail = f"{given_up['public_id']} told of it, and was given up"
    db.execute(_INHERIT, rows.row(id=heir, at=at, detail=detail))
    db.execute(_TOLD_BY_HEIR, same_story | {"heir": heir})


def acknowledge(db: Database, alert_id: int, who: str, now: datetime) -> bool:
    """Write down who has seen an alert; whether nobody had before."""
    return bool(db.execute(_ACKNOWLEDGE, rows.row(id=alert_id, who=who, now=now)).rowcount)


def call_off(db: Database, alert_id: int, who: str) -> tuple[str, ...]:
    """Cover the escalations of an alert that wait; their destinations."""
    found = db.execute(_ESCALATIONS, {"id": alert_id}).fetchall()
    for row in found:
        db.execute(_CALL_OFF, rows.row(id=row["id"], detail=f"by {who}"))
    return tuple(row["destination"] for row in found)


def resend(db: Database, alert_id: int, now: datetime, destination: str | None) -> dict[str, str]:
    """Make deliveries due now, as if they were new; by public id, the state that each was in."""
    found = db.execute(
        "SELECT id, public_id, destination, state FROM delivery WHERE alert_id = :id"
        " AND next_attempt_at IS NULL AND (:name IS NULL OR destination = :name) ORDER BY id",
        rows.row(id=alert_id, name=destination),
    ).fetchall()
    for row in found:
        db.execute(_RESEND, rows.row(id=row["id"], now=now))
        open_lane(db, row["destination"])
    return {row["public_id"]: row["state"] for row in found}


def told_with(db: Database, delivery_id: int) -> tuple[str, ...]:
    """The keys of the alerts that a delivery tells of beside its own: a digest's items."""
    found = db.execute(
        "SELECT alert.key FROM delivery JOIN alert ON alert.id = delivery.alert_id"
        " WHERE delivery.told_by = ? ORDER BY delivery.id",
        [delivery_id],
    )
    return tuple(row["key"] for row in found)


def reconcile(db: Database, told: Iterable[ToldMessage]) -> int:
    """Take as sent what is known to have been, now and when its alert is written again; how many
    deliveries that were open are sent."""
    for one in told:
        db.execute(
            "INSERT OR IGNORE INTO told (alert_key, destination, sent_at) VALUES (:key, :to, :at)",
            rows.row(key=one.alert_key, to=one.destination, at=one.at),
        )
    return int(db.execute(_ALL_TOLD_BEFORE).rowcount)


def doubt_all(db: Database) -> None:
    """Nobody knows what was sent: every open delivery may have been."""
    db.execute("UPDATE delivery SET is_uncertain = 1 WHERE next_attempt_at IS NOT NULL")


def change_lane(db: Database, delivery_id: int, result: DeliveryResult, change: LaneChange) -> int:
    """Write what an attempt changes of its lane; how many deliveries were given up with it."""
    found = db.execute("SELECT destination FROM delivery WHERE id = ?", [delivery_id]).fetchone()
    destination, lane = found["destination"], change.lane
    set_lane(db, destination, lane)
    if change.recalled is not None and lane.opens_at is not None:
        db.execute(_RECALL, rows.row(id=change.recalled, at=lane.opens_at))
    if change.expired_before is None or not isinstance(result, Dead):
        return 0
    given_up = rows.row(
        destination=destination,
        before=change.expired_before,
        at=result.at,
        reason=DeliveryReason.EXPIRED,
        detail="its destination took nothing in all that time",
    )
    return int(db.execute(_EXPIRE, given_up).rowcount)


def release(db: Database, now: datetime) -> int:
    """Make every claimed delivery due at ``now``; how many there were."""
    return db.execute(_RELEASE, rows.row(now=now, interrupted=DeliveryReason.INTERRUPTED)).rowcount
