"""Data: what planning a delivery follows from beside the alert: how destinations wish to be told,
and what has been told before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from monitor.models import DeliveryState, Digest, DigestTime, Severity, Throttle

SAME_STORY = timedelta(hours=72)
"""How long after an alert another outlet's article may be the same story."""
MOST_TOLD = 300
"""Of one rule's earlier alerts, the newest that a new one is compared with."""
MOST_ITEMS = 200
"""Of a digest; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A part of each day by the clock on a wall; across midnight if it ends before it begins."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How one destination wishes to be told."""

    quiet: Hours | None = None
    """When only what is critical comes."""
    digest: DigestTime | None = None
    """When what was held is told; ``None``: only what a throttle held back, at the full hour."""
    at_once: Severity | None = Severity.NORMAL
    """The least severity that does not wait for the digest, if there is one; ``None``: all wait."""
    throttle: Throttle | None = None
    """How much it takes at once, whatever the rules; of what is critical as much again."""
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is told when nobody has acknowledged an alert in time."""

    destination: str
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTo:
    """Where alerts go whose rules do not say it themselves; what is left out lets all pass."""

    name: str
    to: tuple[str, ...]
    severities: frozenset[Severity] = frozenset()
    tags: frozenset[str] = frozenset()
    """The article's feed has one of them."""
    hours: Hours | None = None
    then: Escalation | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says of planning."""

    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    """By destination; one that is not named wishes nothing special."""
    routes: tuple[RouteTo, ...] = ()

    def of(self, destination: str) -> Wishes:
        """A destination's wishes."""
        return self.wishes.get(destination, _NONE)


_NONE = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A rule that somebody does not want to hear of for a while."""

    id: int
    rule_id: str
    created_at: datetime
    until: datetime
    reason: str = ""
    ended_at: datetime | None = None
    """When somebody ended it before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What was held for a destination, now that its digest is due."""

    destination: str
    due_at: datetime
    upto: int
    """The last delivery's number: what came later is another digest's."""
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An earlier alert of a rule, as far as a later one may be about the same story."""

    key: str
    rule_id: str
    title: str
    url: str
    feed_url: str
    language: str | None
    at: datetime
    deliveries: Mapping[str, DeliveryState]
    """By destination; those that are covered are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What planning has to know of the past, for some alerts."""

    rules: Mapping[str, timedelta | None]
    """Those that are asked about, and how far back their throttles look."""
    destinations: Mapping[str, timedelta]
    """Those with a throttle, and how far back it looks."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What has happened, as far as planning asks."""

    told: tuple[Told, ...] = ()
    """Of the rules in question, newest first: the last ``MOST_TOLD`` of each within ``SAME_STORY``."""
    at_once: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    """By rule, when its last alerts that were not held were made, newest first."""
    sent_to: Mapping[str, tuple[tuple[datetime, Severity], ...]] = field(default_factory=dict)
    """By destination, when its last deliveries that were not held were made, newest first."""
    silences: tuple[Silence, ...] = ()
    """Those that hold."""


NOTHING = Past()
