"""Touches the world: what is held for digests, inside a transaction of its caller."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from monitor.models import Digest, Severity
from monitor.planning import MOST_ITEMS, Gathering
from monitor.store import rows

_DUE = """
    SELECT destination, max(digest_at) AS due_at, max(id) AS upto FROM delivery
    WHERE state = 'held' AND digest_at IS NOT NULL AND digest_at <= :now
    GROUP BY destination ORDER BY destination
"""
_HELD = """
    delivery.state = 'held' AND delivery.digest_at IS NOT NULL AND delivery.digest_at <= :due_at
    AND delivery.destination = :destination AND delivery.id <= :upto
"""
_TOLD = "delivery.told_by = :id"
_JOINED = """
    FROM delivery JOIN alert ON alert.id = delivery.alert_id JOIN match ON match.id = alert.match_id
"""
_COUNTS = f"""
    SELECT match.rule_id, match.rule_title, match.severity, count(*) AS count,
        min(delivery.created_at) AS since
    {_JOINED} WHERE {{}} GROUP BY match.rule_id
"""
_ITEMS = f"""
    WITH item AS (
        SELECT delivery.id, delivery.plan_reason, match.rule_id, match.rule_title, match.severity,
            match.relevance, match.article_id,
            row_number() OVER (PARTITION BY match.rule_id
                ORDER BY match.relevance DESC, delivery.id DESC) AS place
        {_JOINED} WHERE {{}}
    )
    SELECT item.*, article.title, article.url, article.feed_name, article.publisher,
        article.language, article.published_at,
        (SELECT count(*) FROM delivery WHERE told_by = item.id) AS outlets
    FROM item JOIN article ON article.id = item.article_id
    ORDER BY place, item.id LIMIT :limit
"""  # noqa: S608 - of constants
_GATHER = f"UPDATE delivery SET state = 'covered', told_by = :id WHERE {_HELD}"  # noqa: S608
_SCHEDULE = """
    UPDATE delivery SET digest_at = :at
    WHERE state = 'held' AND digest_at IS NULL AND destination = :destination
"""


def due(db: Database, now: datetime) -> tuple[Gathering, ...]:
    """For each destination whose digest is due, what was held for it."""
    found = db.execute(_DUE, rows.row(now=now)).fetchall()
    return tuple(
        Gathering(
            destination=row["destination"],
            due_at=rows.instant(row["due_at"]),
            upto=row["upto"],
            digest=_digest(db, _HELD, dict(row), now),
        )
        for row in found
    )


def of_delivery(db: Database, delivery_id: int, until: datetime) -> Digest:
    """What a digest's delivery tells of."""
    return _digest(db, _TOLD, {"id": delivery_id}, until)


def _digest(db: Database, where: str, values: rows.NewRow, until: datetime) -> Digest:
    rules = db.execute(_COUNTS.format(where), values).fetchall()
    rules.sort(key=lambda row: (-_rank(row), -row["count"], row["rule_title"], row["rule_id"]))
    order = {row["rule_id"]: number for number, row in enumerate(rules)}
    found = db.execute(_ITEMS.format(where), values | {"limit": MOST_ITEMS}).fetchall()
    found.sort(key=lambda row: (order[row["rule_id"]], -row["relevance"], -row["id"]))
    return Digest(
        items=tuple(map(rows.digest_item, found)),
        count=sum(row["count"] for row in rules),
        counts=tuple((row["rule_id"], row["count"]) for row in rules),
        since=min((rows.instant(row["since"]) for row in rules), default=until),
        until=until,
    )


def _rank(stored: rows.Row) -> int:
    return tuple(Severity).index(Severity(stored["severity"]))


def gather(db: Database, gathering: Gathering, teller: int) -> int:
    """Write down that a delivery tells of what was held; how many there were."""
    values = rows.row(
        id=teller,
        due_at=gathering.due_at,
        destination=gathering.destination,
        upto=gathering.upto,
    )
    return db.execute(_GATHER, values).rowcount


def schedule(db: Database, destination: str, at: datetime) -> None:
    """Say when the digest is due of what waited for one to be wished for."""
    db.execute(_SCHEDULE, rows.row(destination=destination, at=at))
