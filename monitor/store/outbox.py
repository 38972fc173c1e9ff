"""Touches the world: the tables of alerts and deliveries, inside a transaction of its caller.

A delivery's life::

    pending ──claim──> sending ──Sent──> sent
       ^                  ├─────Dead──> dead
       └──Retry, release──┘   (a claim that runs out is due again)

    held ──gathered by a digest──> covered   (``planned`` tells them apart)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sqlite_utils import Database

from monitor.models import (
    Alert,
    AlertKind,
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryResult,
    Retry,
    Sent,
)
from monitor.store import digests, rows
from monitor.store.connection import insert

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

_OLDEST_DUE = """
    SELECT created_at, id FROM delivery
    WHERE destination = :destination AND next_attempt_at <= :now
    ORDER BY created_at, id LIMIT 1
"""
_CLAIM = """
    UPDATE delivery SET
        state = 'sending', attempts = attempts + 1, next_attempt_at = :until,
        reason = CASE state WHEN 'sending' THEN :interrupted ELSE reason END,
        detail = CASE state WHEN 'sending' THEN '' ELSE detail END
    WHERE id = :id
"""
_RELEASE = """
    UPDATE delivery SET
        state = 'pending', next_attempt_at = :now, reason = :interrupted, detail = ''
    WHERE next_attempt_at IS NOT NULL AND state = 'sending'
"""
_SENT = """
    UPDATE delivery SET state = 'sent', sent_at = :at, next_attempt_at = NULL, answer = :answer
    WHERE id = :id AND attempts > 0 AND state IN ('pending', 'sending')
"""
"""Also when its claim ran out or was released meanwhile: the service has it, so never again."""

_RETRY = """
    UPDATE delivery SET
        state = 'pending', next_attempt_at = :at, reason = :reason, detail = :detail
    WHERE id = :id AND state = 'sending'
"""
_DEAD = """
    UPDATE delivery SET
        state = 'dead', dead_at = :at, next_attempt_at = NULL, reason = :reason, detail = :detail
    WHERE id = :id AND state = 'sending'
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
        dead_at = NULL, digest_at = NULL, reason = NULL, detail = ''
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
        insert(db, "delivery", delivery)
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


def due(db: Database, now: datetime, limit: int, busy: Iterable[str]) -> tuple[int, ...]:
    """The oldest due delivery of each destination that is not busy, oldest first."""
    waited_for = [row["destination"] for row in db.execute(_WAITED_FOR)]
    oldest = [
        (row["created_at"], row["id"])
        for destination in set(waited_for) - set(busy)
        for row in db.execute(_OLDEST_DUE, rows.row(destination=destination, now=now))
    ]
    return tuple(delivery_id for _, delivery_id in sorted(oldest)[:limit])


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


def claim(db: Database, ids: Sequence[int], until: datetime) -> tuple[Delivery, ...]:
    """Take the deliveries in hand until ``until``."""
    interrupted = DeliveryReason.INTERRUPTED
    for each in ids:
        db.execute(_CLAIM, rows.row(id=each, until=until, interrupted=interrupted))
    return tuple(_delivery(db, each) for each in ids)


def _delivery(db: Database, delivery_id: int) -> Delivery:
    sql = f"""
        SELECT {ALERT_COLUMNS}, delivery.id AS delivery_id, delivery.public_id,
            delivery.destination, delivery.attempts, delivery.created_at AS delivery_created_at,
            delivery.plan_reason
        FROM {ALERT_TABLES} JOIN delivery ON delivery.alert_id = alert.id
        WHERE delivery.id = ?
    """  # noqa: S608
    claimed = rows.delivery(db.execute(sql, [delivery_id]).fetchone())
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
        case Dead(at=at, reason=reason, detail=detail):
            sql, values = _DEAD, rows.row(id=delivery_id, at=at, reason=reason, detail=detail)
        case _:
            assert_never(result)
    return bool(db.execute(sql, values).rowcount)


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
        "SELECT id, public_id, state FROM delivery WHERE alert_id = :id"
        " AND next_attempt_at IS NULL AND (:name IS NULL OR destination = :name) ORDER BY id",
        rows.row(id=alert_id, name=destination),
    ).fetchall()
    for row in found:
        db.execute(_RESEND, rows.row(id=row["id"], now=now))
    return {row["public_id"]: row["state"] for row in found}


def release(db: Database, now: datetime) -> int:
    """Make every claimed delivery due at ``now``; how many there were."""
    return db.execute(_RELEASE, rows.row(now=now, interrupted=DeliveryReason.INTERRUPTED)).rowcount
