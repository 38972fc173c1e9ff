"""Touches the world: what planning asks of the tables, inside a transaction of its caller."""

from __future__ import annotations

import json
from datetime import datetime

from sqlite_utils import Database

from monitor.models import DeliveryState, Severity
from monitor.planning import MOST_TOLD, SAME_STORY, Past, Question, Silence, Told
from monitor.store import rows
from monitor.store.connection import insert

MOST_COUNTED = 1_000
"""No throttle allows more."""

_TOLD = """
    SELECT alert.key, alert.rule_id, alert.created_at, article.title, article.url,
        article.feed_url, article.language,
        (SELECT json_group_object(destination, state) FROM delivery
         WHERE alert_id = alert.id AND state != 'covered'
            AND plan_reason IS NOT 'escalation') AS deliveries
    FROM alert JOIN match ON match.id = alert.match_id JOIN article ON article.id = match.article_id
    WHERE alert.rule_id = :rule AND alert.created_at >= :since AND alert.kind = 'article'
    ORDER BY alert.created_at DESC LIMIT :limit
"""
_AT_ONCE = """
    SELECT created_at FROM alert
    WHERE rule_id = :rule AND created_at >= :since AND kind = 'article' AND EXISTS (
        SELECT 1 FROM delivery
        WHERE alert_id = alert.id AND state NOT IN ('held', 'covered'))
    ORDER BY created_at DESC LIMIT :limit
"""
_SENT_TO = """
    SELECT delivery.created_at, match.severity
    FROM delivery JOIN alert ON alert.id = delivery.alert_id JOIN match ON match.id = alert.match_id
    WHERE delivery.destination = :name AND delivery.created_at >= :since
        AND delivery.state NOT IN ('held', 'covered')
    ORDER BY delivery.created_at DESC LIMIT :limit
"""
_SILENCES = """
    SELECT * FROM silence WHERE until > :now AND ended_at IS NULL ORDER BY until
"""


def past(db: Database, question: Question) -> Past:
    """What planning follows from."""
    now = question.now
    told: list[Told] = []
    at_once: dict[str, tuple[datetime, ...]] = {}
    for rule, span in question.rules.items():
        asked = rows.row(rule=rule, since=now - SAME_STORY, limit=MOST_TOLD)
        told += (_told(row) for row in db.execute(_TOLD, asked))
        if span is not None:
            asked = rows.row(rule=rule, since=now - span, limit=MOST_COUNTED)
            found = db.execute(_AT_ONCE, asked)
            at_once[rule] = tuple(rows.instant(row["created_at"]) for row in found)
    return Past(
        told=tuple(told),
        at_once=at_once,
        sent_to={
            name: tuple(
                (rows.instant(row["created_at"]), Severity(row["severity"]))
                for row in db.execute(
                    _SENT_TO, rows.row(name=name, since=now - span, limit=MOST_COUNTED)
                )
            )
            for name, span in question.destinations.items()
        },
        silences=silences(db, now),
    )


def _told(stored: rows.Row) -> Told:
    return Told(
        key=stored["key"],
        rule_id=stored["rule_id"],
        title=stored["title"],
        url=stored["url"],
        feed_url=stored["feed_url"],
        language=stored["language"],
        at=rows.instant(stored["created_at"]),
        deliveries={
            name: DeliveryState(state) for name, state in json.loads(stored["deliveries"]).items()
        },
    )


def silences(db: Database, now: datetime) -> tuple[Silence, ...]:
    """The silences that hold now, the next to end first."""
    return tuple(rows.silence(row) for row in db.execute(_SILENCES, rows.row(now=now)))


def silence(db: Database, rule_id: str, now: datetime, until: datetime, reason: str) -> Silence:
    """Write down that nobody wants to hear of a rule for a while."""
    row = rows.row(rule_id=rule_id, created_at=now, until=until, reason=reason)
    new_id = insert(db, "silence", row)
    return Silence(id=new_id, rule_id=rule_id, created_at=now, until=until, reason=reason)


def end_silences(db: Database, now: datetime, which: str) -> tuple[Silence, ...]:
    """End the silences that hold and have this number or this rule; those that were ended."""
    ended = tuple(one for one in silences(db, now) if which in (str(one.id), one.rule_id))
    for one in ended:
        db.execute(
            "UPDATE silence SET ended_at = :now WHERE id = :id", rows.row(now=now, id=one.id)
        )
    return ended
