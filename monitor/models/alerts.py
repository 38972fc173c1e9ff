"""Data: what people are to be told, and all that a poll changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from monitor.models.articles import Article
from monitor.models.events import Event
from monitor.models.feeds import (
    FailureReason,
    FeedHealth,
    FeedHints,
    HostWait,
    Pace,
    Rhythm,
    Route,
    Validators,
)
from monitor.models.quick import quick
from monitor.models.verdicts import Match


class AlertKind(StrEnum):
    """What an alert tells."""

    ARTICLE = "article"
    UPDATE = "update"
    """An article that was told of says something else now."""
    DIGEST = "digest"
    """What was held for one destination, together."""
    ESCALATION = "escalation"
    """Nobody has acknowledged an alert in time."""
    NOTICE = "notice"
    """The service itself, for its operator."""
    TEST = "test"


class PlanReason(StrEnum):
    """Why a delivery is not simply due at once; people read these in the ledger."""

    QUIET_HOURS = "quiet hours"
    THROTTLED = "throttled"
    DIGEST = "digest"
    """Its rule, or its severity at this destination, waits for the digest."""
    WEAK = "weak match"
    EXPERIMENTAL = "experimental rule"
    SAME_STORY = "same story"
    SILENCED = "silenced"
    ROUTED = "routed elsewhere"
    ESCALATION = "escalation"
    ACKNOWLEDGED = "acknowledged"
    UPDATE = "update"


class DeliveryState(StrEnum):
    """Where one message to one destination stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    HELD = "held"
    """It waits for a digest, or for nothing yet."""
    COVERED = "covered"
    """It is not sent by itself: another message tells of it, or nobody wants it. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one delivery of an alert begins as, where it is not simply due at once."""

    destination: str
    reason: PlanReason
    state: DeliveryState = DeliveryState.PENDING
    """``PENDING``, ``HELD`` or ``COVERED``."""
    due_at: datetime | None = None
    """While pending: when it is due. While held: when the digest is; ``None``: not yet known."""
    told_by: str = ""
    """The key of the alert whose delivery to the same destination tells of it."""
    detail: str = ""
    """More about the reason, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What will be said about one match, to whom; ``key`` makes it be said once."""

    key: str
    article: Article
    match: Match
    destinations: tuple[str, ...]
    created_at: datetime
    kind: AlertKind = AlertKind.ARTICLE
    note: str = ""
    """What it says beside the article, in one line: what an update changed."""
    planned: tuple[Planned, ...] = field(default=(), compare=False)
    """For those of its destinations whose delivery is not due at once; the store has them as
    deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArticle:
    """A new article with every match of every rule, and the alerts that follow."""

    article: Article
    claims: tuple[str, ...]
    """The identity keys that no stored article had when it was admitted."""
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedArticle:
    """A stored article that came again under other keys."""

    article_id: int
    claims: tuple[str, ...]
    """The identity keys that it has now and that no stored article had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedArticle:
    """A stored article that came again and says something else, as it is now."""

    article_id: int
    article: Article
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """Of rules that did not hold on it before, and updates of what was told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """An alert of a stored article, with the destinations that have its message."""

    match: Match
    destinations: tuple[str, ...]
    updated_at: datetime | None = None
    """When an update of it was written last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A stored article before an edit of it is written."""

    title: str
    text: str
    held: frozenset[str] = frozenset()
    """The rules that hold on it, weakly matched ones not among them."""
    told: tuple[ToldAlert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A poll that found all as it was, as most do: new is only when the feed was looked at, and
    when it will be."""

    feed_id: int
    polled_at: datetime
    next_check_at: datetime

    is_first_read: ClassVar[bool] = False
    reason: ClassVar[None] = None
    articles: ClassVar[tuple[JudgedArticle, ...]] = ()
    edited: ClassVar[tuple[EditedArticle, ...]] = ()
    renamed: ClassVar[tuple[RenamedArticle, ...]] = ()
    events: ClassVar[tuple[Event, ...]] = ()
    """For those who ask what a poll brought, whichever it was."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Everything that one poll of one feed changes; it is committed whole or not at all."""

    feed_id: int
    polled_at: datetime
    next_check_at: datetime
    validators: Validators
    body_hash: str | None
    is_first_read: bool = False
    is_read: bool = False
    """The publisher answered with a feed, or with "unchanged"."""
    articles: tuple[JudgedArticle, ...] = ()
    edited: tuple[EditedArticle, ...] = ()
    renamed: tuple[RenamedArticle, ...] = ()
    failures: int = 0
    reason: FailureReason | None = None
    detail: str = ""
    pages_read: int = 0
    pages_failed: int = 0
    """Pages of articles that were read by this poll, and that could not be."""
    pace: Pace = Pace.INTERVAL
    hints: FeedHints = field(default_factory=FeedHints)
    route: Route | None = None
    """``None`` leaves it as it was."""
    host_wait: HostWait | None = None
    health: FeedHealth | None = None
    rhythm: Rhythm | None = None
    deaths: int | None = None
    """``None`` leaves each as it was."""
    fingerprints: bytes | None = field(default=None, repr=False)
    is_gone: bool = False
    events: tuple[Event, ...] = ()


Polled = PollOutcome | Unchanged
"""What a poll comes to."""
