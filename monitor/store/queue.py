"""Touches the world: what people ask of the outbox, inside a transaction of its caller."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from monitor.models import DeliveryReason
from monitor.store import outbox, rows
from monitor.store.views import DeliveryFilter, QueuedDelivery

_MEANT = """
    FROM delivery LEFT JOIN delivery AS teller ON teller.id = delivery.told_by
        JOIN alert ON alert.id = delivery.alert_id
        JOIN match ON match.id = alert.match_id JOIN article ON article.id = match.article_id
    WHERE (:no_ids OR delivery.public_id IN (SELECT value FROM json_each(:public_ids)))
        AND (:no_states OR delivery.state IN (SELECT value FROM json_each(:states)))
        AND (:destination IS NULL OR delivery.destination = :destination)
        AND (:rule IS NULL OR match.rule_id = :rule)
        AND (:since IS NULL OR delivery.created_at >= :since)
"""
_LIST = f"""
    SELECT delivery.*, match.rule_id, match.severity, article.title,
        teller.public_id AS told_by_public_id, teller.alert_id AS told_by_alert
    {_MEANT}
    ORDER BY delivery.id DESC LIMIT :limit
"""
_RETRY = f"""
    UPDATE delivery SET
        created_at = CASE state WHEN 'pending' THEN created_at ELSE :now END,
        attempts = CASE state WHEN 'dead' THEN 0 ELSE attempts END,
        is_uncertain = CASE state WHEN 'dead' THEN 0 ELSE is_uncertain END,
        state = 'pending', next_attempt_at = :now, dead_at = NULL, digest_at = NULL
    WHERE state IN ('pending', 'held', 'dead') AND id IN (SELECT delivery.id {_MEANT})
    RETURNING destination
"""  # noqa: S608
"""What was given up has five days again; who asks for it knows that it may have arrived."""
_DROP = f"""
    UPDATE delivery SET
        state = 'dead', dead_at = :now, next_attempt_at = NULL, digest_at = NULL, reason = :dropped,
        detail = 'taken out of the queue by hand'
    WHERE state IN ('pending', 'held') AND id IN (SELECT delivery.id {_MEANT})
"""  # noqa: S608


def deliveries(db: Database, meant: DeliveryFilter, limit: int) -> tuple[QueuedDelivery, ...]:
    """The last deliveries that are meant, last first."""
    found = db.execute(_LIST, _values(meant) | {"limit": limit})
    return tuple(rows.queued_delivery(row) for row in found)


def retry(db: Database, meant: DeliveryFilter, now: datetime) -> int:
    """Make those that wait or were given up due at once; how many there were."""
    found = db.execute(_RETRY, _values(meant) | rows.row(now=now)).fetchall()
    for destination in {row["destination"] for row in found}:
        outbox.open_lane(db, destination)
    return len(found)


def drop(db: Database, meant: DeliveryFilter, now: datetime) -> int:
    """Give up those that wait; how many there were."""
    values = _values(meant) | rows.row(now=now, dropped=DeliveryReason.DROPPED)
    return int(db.execute(_DROP, values).rowcount)


def _values(meant: DeliveryFilter) -> rows.NewRow:
    return rows.row(
        no_ids=not meant.public_ids,
        public_ids=meant.public_ids,
        no_states=not meant.states,
        states=meant.states,
        destination=meant.destination,
        rule=meant.rule,
        since=meant.since,
    )
