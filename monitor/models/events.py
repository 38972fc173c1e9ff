"""Data: what the operator should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What happened to the service itself."""

    STARTED = "started"
    STOPPED = "stopped"
    RULES_LOADED = "rules loaded"
    RULES_REFUSED = "rules refused"
    CONFIG_REFUSED = "config refused"
    FEED_FAILING = "feed failing"
    FEED_RECOVERED = "feed recovered"
    FEED_RENAMED = "feed renamed its entries"
    FEED_FROZEN = "feed frozen"
    FEED_OVERFLOWING = "feed overflowing"
    FEED_QUARANTINED = "feed quarantined"
    FEED_GONE = "feed gone"
    FEED_MOVED = "feed moved"
    RULE_FAILED = "rule failed"
    ARTICLE_UNJUDGED = "article unjudged"
    DELIVERY_DEAD = "delivery dead"
    DELIVERY_DEAD_KNOWN = "delivery dead, as others"
    """Of a test message, or in a trouble that was announced: nobody needs to be told."""
    DESTINATION_FAILING = "destination failing"
    DESTINATION_RECOVERED = "destination recovered"
    TEMPLATE_FAILED = "template failed"
    """The operator's own wording could not be used; ours was."""
    DELIVERY_RESENT = "delivery sent again"
    """Somebody asked for it."""
    ALERT_ACKNOWLEDGED = "alert acknowledged"
    RULE_SILENCED = "rule silenced"
    SILENCE_ENDED = "silence ended"
    BACKUP_MADE = "backup made"
    BACKUP_FAILED = "backup failed"
    DATABASE_RESTORED = "database restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of the operator's log."""

    at: datetime
    kind: EventKind
    subject: str = ""
    detail: str = ""
