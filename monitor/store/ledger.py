"""Touches the world: what the commands read, inside a transaction of its caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database

from monitor.models import Article, DeliveryState, Event, EventKind, FeedHealth
from monitor.store import rows
from monitor.store.outbox import ALERT_COLUMNS, ALERT_TABLES
from monitor.store.views import ArticleCount, DeliveryCount, StoredAlert, StoredArticle

_ALERTS = f"SELECT {ALERT_COLUMNS} FROM {ALERT_TABLES}"  # noqa: S608

_IN_STATE = """
    EXISTS (SELECT 1 FROM delivery WHERE alert_id = alert.id AND state = :state)
"""
_DELIVERIES = """
    SELECT delivery.*, teller.public_id AS told_by_public_id, teller.alert_id AS told_by_alert
    FROM delivery LEFT JOIN delivery AS teller ON teller.id = delivery.told_by
    WHERE delivery.alert_id IN (SELECT value FROM json_each(?)) ORDER BY delivery.id
"""
_NAMED = """
    SELECT id FROM alert WHERE id = CAST(:name AS INTEGER) AND CAST(id AS TEXT) = :name
    UNION ALL SELECT alert_id FROM delivery WHERE public_id = :name LIMIT 1
"""
_AT = """
    SELECT * FROM article
    WHERE id IN (SELECT id FROM article WHERE url = :url
                 UNION SELECT article_id FROM article_key WHERE key = :key)
    ORDER BY id DESC
"""
_EVENTS = "SELECT * FROM event ORDER BY id DESC LIMIT ?"
_EVENTS_OF_KINDS = """
    SELECT * FROM event WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?
"""
_DELIVERY_COUNTS = """
    SELECT destination, state, count(*) AS count, min(created_at) AS oldest_at
    FROM delivery GROUP BY destination, state ORDER BY destination, state
"""
_ARTICLE_COUNTS = """
    SELECT feed.id AS feed_id, feed.url AS feed_url, count(*) AS articles,
        sum(EXISTS (SELECT 1 FROM match WHERE article_id = article.id)) AS matched,
        sum(EXISTS (SELECT 1 FROM match JOIN alert ON alert.match_id = match.id
                    WHERE article_id = article.id AND NOT match.is_weak)) AS alerted
    FROM article JOIN feed ON feed.id = article.feed_id
    WHERE article.stored_at >= :since
    GROUP BY article.feed_id ORDER BY feed.position IS NULL, feed.position, feed.id
"""


def alerts(
    db: Database, limit: int, rule: str | None, state: DeliveryState | None
) -> tuple[StoredAlert, ...]:
    """The newest alerts, of one rule or of all, newest first; with a delivery in that state."""
    where = ["alert.rule_id = :rule"] * (rule is not None) + [_IN_STATE] * (state is not None)
    sql = f"{_ALERTS} WHERE {' AND '.join(where or ['TRUE'])} ORDER BY alert.id DESC LIMIT :limit"
    found = db.execute(sql, rows.row(rule=rule, state=state, limit=limit)).fetchall()
    return _with_deliveries(db, found)


def alert(db: Database, alert_id: int) -> StoredAlert | None:
    """One alert."""
    found = db.execute(f"{_ALERTS} WHERE alert.id = ?", [alert_id]).fetchall()
    return next(iter(_with_deliveries(db, found)), None)


def find_article(db: Database, article_id: int | None, url: str | None) -> Article | None:
    """The article of a number, or the last one of a link as its feed gave it."""
    if article_id is not None:
        found = db.execute("SELECT * FROM article WHERE id = ?", [article_id])
    else:
        found = db.execute("SELECT * FROM article WHERE url = ? ORDER BY id DESC LIMIT 1", [url])
    return next((rows.article(row) for row in found), None)


def alert_number(db: Database, name: str) -> int | None:
    """The number of an alert that is named by it, or by the public id of a delivery."""
    found = db.execute(_NAMED, rows.row(name=name)).fetchone()
    return None if found is None else found["id"]


def articles_at(db: Database, url: str, key: str) -> tuple[StoredArticle, ...]:
    """The articles of a link, or that own a key, newest first."""
    return tuple(_stored_article(db, row) for row in db.execute(_AT, rows.row(url=url, key=key)))


def _stored_article(db: Database, stored: rows.Row) -> StoredArticle:
    article_id = stored["id"]
    matches = db.execute("SELECT * FROM match WHERE article_id = ? ORDER BY id", [article_id])
    told = db.execute(f"{_ALERTS} WHERE article.id = ? ORDER BY alert.id", [article_id]).fetchall()
    return StoredArticle(
        id=article_id,
        article=rows.article(stored),
        stored_at=rows.instant(stored["stored_at"]),
        matches=tuple(map(rows.match, matches)),
        alerts=_with_deliveries(db, told),
    )


def _with_deliveries(db: Database, found: Sequence[rows.Row]) -> tuple[StoredAlert, ...]:
    ids = rows.as_json(row["alert_id"] for row in found)
    deliveries = defaultdict(list)
    for row in db.execute(_DELIVERIES, [ids]):
        deliveries[row["alert_id"]].append(row)
    return tuple(rows.stored_alert(row, deliveries[row["alert_id"]]) for row in found)


def delivery_counts(db: Database) -> tuple[DeliveryCount, ...]:
    """How many deliveries each destination has in each state."""
    return tuple(rows.delivery_count(row) for row in db.execute(_DELIVERY_COUNTS))


def feed_counts(db: Database) -> dict[FeedHealth, int]:
    """How many followed feeds are how."""
    found = db.execute(
        "SELECT health, count(*) AS count FROM feed WHERE position IS NOT NULL GROUP BY health"
    )
    return {FeedHealth(row["health"]): row["count"] for row in found}


def open_deliveries(db: Database) -> tuple[int, datetime | None]:
    """How many deliveries wait or are in flight, and when the oldest was created; those that were
    planned for later count from their first attempt on."""
    found = db.execute(
        "SELECT count(*) AS count, min(created_at) AS oldest FROM delivery"
        " WHERE next_attempt_at IS NOT NULL AND (plan_reason IS NULL OR attempts > 0)"
    ).fetchone()
    return found["count"], rows.instant(found["oldest"]) if found["oldest"] else None


def dead_deliveries(db: Database) -> int:
    """How many deliveries were given up, ever."""
    found = db.execute("SELECT count(*) FROM delivery WHERE dead_at IS NOT NULL").fetchone()
    return int(found[0])


def article_counts(db: Database, since: datetime) -> tuple[ArticleCount, ...]:
    """What each feed has brought since then; feeds that brought nothing are left out."""
    return tuple(
        rows.article_count(row) for row in db.execute(_ARTICLE_COUNTS, rows.row(since=since))
    )


def events(db: Database, limit: int, kinds: Iterable[EventKind] | None) -> tuple[Event, ...]:
    """The last lines of the operator's log, of some kinds or of all, last first."""
    if kinds is None:
        found = db.execute(_EVENTS, [limit])
    else:
        found = db.execute(_EVENTS_OF_KINDS, [rows.as_json(kinds), limit])
    return tuple(rows.event(row) for row in found)


def last_write(db: Database) -> datetime | None:
    """When the last poll or event was."""
    polled, logged = db.execute(
        "SELECT (SELECT max(polled_at) FROM look), (SELECT max(at) FROM event)"
    ).fetchone()
    times = [rows.numbered_instant(polled)] if polled is not None else []
    times += [rows.instant(logged)] if logged is not None else []
    return max(times, default=None)
