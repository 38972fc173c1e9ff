"""Data: who is told how, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.models.alerts import Alert, AlertKind, PlanReason
from monitor.models.events import Event
from monitor.models.verdicts import Severity


class DeliveryReason(StrEnum):
    """Why a delivery is to be tried again, or was given up."""

    REFUSED = "refused"
    """The service, or the way to it, said no."""
    SLOW_DOWN = "slow down"
    """The service takes no message for a while (429, 503), whichever it is."""
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    """The sending process died over it; whether the service has it is unknown."""
    INTERRUPTED = "interrupted"
    """The daemon stopped while it was in flight; whether the service has it is unknown."""
    NO_DESTINATION = "no such destination"
    EXPIRED = "expired"
    DROPPED = "dropped"
    """Somebody took it out of the queue."""


class OnUncertain(StrEnum):
    """What to do with a message that may have arrived: its sender or the daemon died over it."""

    RESEND = "resend"
    SKIP = "skip"
    MARK = "mark"
    """Send it again, and say in it that it may be a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many messages in a span at once, and then as many in each further span."""

    count: int
    per: timedelta


class Told(StrEnum):
    """What the operator knows of a destination's trouble."""

    NOTHING = ""
    FAILING = "failing"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What one destination's queue remembers from one attempt to the next."""

    paid_until: datetime | None = None
    """Until when what was sent has used up the allowance."""
    failures: int = 0
    """Attempts in a row that the destination did not take, whichever messages they were."""
    suspect: int | None = None
    """The delivery that failed last: either it is at fault or the destination is."""
    opens_at: datetime | None = None
    """The destination is at fault, and is left alone until then."""
    told: Told = Told.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One delivery that a digest tells of."""

    rule_id: str
    rule_title: str
    severity: Severity
    relevance: float
    title: str
    url: str
    source: str
    """The feed's name."""
    publisher: str
    language: str | None
    published_at: datetime | None
    reason: PlanReason | None
    """Why it waited."""
    outlets: int = 0
    """How many other deliveries of the same story it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a digest tells of: by rule, the most urgent rule first, the most relevant item first."""

    items: tuple[DigestItem, ...]
    """At most ``planning.MOST_ITEMS``, chosen evenly among the rules."""
    count: int
    """How many there are in all."""
    counts: tuple[tuple[str, int], ...]
    """For each rule (its id), in the order of the items, how many there are in all."""
    since: datetime
    """When the oldest of them was found."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert for one destination, as claimed from the outbox."""

    id: int
    public_id: str
    """Short, stable across retries, shown in the message: a duplicate can be told."""
    alert: Alert
    destination: str
    attempts: int
    """How often it was handed to a sender, this time included."""
    created_at: datetime
    plan_reason: PlanReason | None = None
    """Why it was not due at once."""
    outlets: tuple[str, ...] = ()
    """The other publishers of the same story that it tells of so far."""
    digest: Digest | None = None
    """Of an alert of that kind: what it tells of."""
    follows: str = ""
    """The public id of the delivery that this one continues: of the alert that it updates."""
    lane: Lane = Lane()
    """Of its destination, as this attempt found it."""
    is_uncertain: bool = False
    """An earlier attempt ended without an answer: the service may have it already."""

    @property
    def kind(self) -> AlertKind:
        """What its message is: an article's alert that nobody acknowledged comes as escalation."""
        is_escalated = self.plan_reason is PlanReason.ESCALATION
        return AlertKind.ESCALATION if is_escalated else self.alert.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A delivery in words: one truth, rendered for each kind of channel. Nothing in it is live."""

    title: str
    text: str
    html: str
    markdown: str = ""
    """CommonMark; "" where there is none."""
    short: str = ""
    """Link, source and id, a line each: what is said below the title where there is little room."""
    id: str = ""
    """The delivery's public id."""
    follows: str = ""
    """The public id of the delivery that it continues, if any: mails form a thread."""
    topic: str = ""
    """What it is about, for filters: a rule's id."""


class MessageFormat(StrEnum):
    """How much a destination is told."""

    FULL = "full"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where messages go. ``url`` is a secret and stays out of every ``repr``."""

    name: str
    url: str = field(repr=False)
    format: MessageFormat = MessageFormat.FULL
    rate: Rate | None = None
    """``None``: as fast as it takes them."""
    on_uncertain: OnUncertain = OnUncertain.RESEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The service accepted the message."""

    at: datetime
    answer: str = ""
    """Which service, and what it said: one line without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The service did not accept it; it is tried again at ``next_attempt_at``."""

    next_attempt_at: datetime
    reason: DeliveryReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """It was given up, visibly."""

    at: datetime
    reason: DeliveryReason
    detail: str = ""


DeliveryResult = Sent | Retry | Dead


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChange:
    """What an attempt changes of its destination's queue, beside the delivery itself."""

    lane: Lane
    recalled: int | None = None
    """The delivery that was thought to be at fault and is not: it waits with the lane."""
    expired_before: datetime | None = None
    """What was created before that is given up together with this delivery."""
    event: Event | None = None
