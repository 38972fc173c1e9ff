"""Data: what the commands see of the store: the ledger of alerts, counts for ``status``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.models import (
    Alert,
    Article,
    DeliveryReason,
    DeliveryState,
    Match,
    PlanReason,
    Severity,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDelivery:
    """Where one alert stands with one destination."""

    id: int
    public_id: str
    destination: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    """While pending: when it is due. While sending: when its claim runs out."""
    sent_at: datetime | None
    dead_at: datetime | None
    reason: DeliveryReason | None
    """Why the last attempt that failed did; it stays after a later one succeeded."""
    detail: str
    answer: str
    """Which service accepted it, and what it said."""
    plan_reason: PlanReason | None
    """Why it was not due at once."""
    plan_detail: str
    digest_at: datetime | None
    """While held: when its digest is due."""
    told_by: str | None
    """The public id of the delivery that tells of it."""
    told_by_alert: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert with what became of it at each of its destinations."""

    id: int
    article_id: int
    alert: Alert
    deliveries: tuple[StoredDelivery, ...]
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article that was fetched, with all that followed."""

    id: int
    article: Article
    stored_at: datetime
    matches: tuple[Match, ...]
    """As they were found when it came, or when it was edited last."""
    alerts: tuple[StoredAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery:
    """A delivery with what it is about."""

    delivery: StoredDelivery
    alert_id: int
    rule_id: str
    severity: Severity
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries are meant: those that all of it holds for; what is left out holds for all."""

    public_ids: tuple[str, ...] = ()
    states: tuple[DeliveryState, ...] = ()
    destination: str | None = None
    rule: str | None = None
    since: datetime | None = None
    """Created then or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCount:
    """How many deliveries of one destination are in one state."""

    destination: str
    state: DeliveryState
    count: int
    oldest_at: datetime
    """When the oldest of them was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleCount:
    """What one feed has brought."""

    feed_id: int
    feed_url: str
    articles: int
    matched: int
    """Articles on which a rule held, weakly or not."""
    alerted: int
    """Articles that somebody was to be told about."""
