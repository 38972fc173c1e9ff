"""Data: what the core asks of a store; ``sqlite`` keeps it, and its contract suite says so.

Every method is synchronous and is one transaction. ``tests/store_contract.py`` holds for any
implementation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from monitor.models import (
    Alert,
    Before,
    Delivery,
    DeliveryResult,
    Event,
    FeedSource,
    FeedState,
    Lane,
    LaneChange,
    Polled,
    Rate,
)
from monitor.planning import Gathering, Past, Question


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """One message that a destination accepted."""

    at: datetime
    alert_key: str
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The stored article that owns an identity key."""

    article_id: int
    title: str
    url: str
    feed_url: str
    content_hash: str
    identity: str
    """The key that stood first among those it claimed: its alerts go by it."""


class Commit(StrEnum):
    """What became of a poll's outcome."""

    DONE = "done"
    CONFLICT = "conflict"
    """Another poll claimed one of its articles meanwhile: admit again, nothing was written."""


class Store(Protocol):
    """The memory of the daemon: the schedule, the articles, the outbox, the operator's log."""

    def sync_feeds(self, sources: Iterable[FeedSource], now: datetime) -> None:
        """Make the followed feeds exactly ``sources``; a new one is due at ``now``.

        A feed no longer named keeps its state and is not polled.
        """

    def due_feeds(
        self, now: datetime, limit: int, busy: Iterable[str] = ()
    ) -> tuple[FeedState, ...]:
        """The followed feeds whose next check is at or before ``now``, longest due first.

        One at most for each host, and none of a host that is ``busy`` or that has told us to
        wait. What a clock that has been set back since has planned or done is due as well: a
        poll in the future, a next check beyond ``LONGEST_WAIT``.
        """

    def feeds(self) -> tuple[FeedState, ...]:
        """Every followed feed, in the order of the configuration."""

    def known(self, keys: Sequence[str]) -> Mapping[str, Known]:
        """For each of the identity keys that is owned, its owner."""

    def before(self, article_ids: Sequence[int]) -> Mapping[int, Before]:
        """Each of the stored articles as it is now, with the rules that hold on it, weakly matched
        ones not among them, and what has been told of it."""

    def commit(self, outcome: Polled) -> Commit:
        """Write a poll's articles, keys, matches, alerts, deliveries, events and the feed's
        new state in one transaction.

        An alert whose key exists already is not written again, nor are its deliveries. An
        edited article is rewritten in place; a match that no longer holds goes, unless an alert
        has told of it.
        """

    def commit_all(self, outcomes: Sequence[Polled]) -> tuple[Commit | Exception, ...]:
        """Commit several polls' outcomes at once; each is written whole or not at all.

        What would be raised over one stands in its place, and the others are written.
        """

    def past(self, question: Question) -> Past:
        """What planning asks for: what was told, how often, what is silenced."""

    def due_deliveries(
        self,
        now: datetime,
        lease: timedelta,
        limit: int,
        busy: Iterable[str] = (),
        rates: Mapping[str, Rate] = ...,
        quiet: Mapping[str, datetime] = ...,
    ) -> tuple[Delivery, ...]:
        """Claim what is due: at most one delivery for each destination that is not ``busy``, and
        whose lane is open (see ``lanes``): urgent ones first, then the oldest.

        ``quiet`` says of some destinations since when they are: what is older waits, unless it
        is critical.

        A claimed delivery is ``sending`` and counts one more attempt; if nothing is recorded
        for it until ``now + lease``, it is due again.
        """

    def record(
        self,
        delivery_id: int,
        result: DeliveryResult,
        change: LaneChange | None = None,
        sent: ToldMessage | None = None,
    ) -> None:
        """Write what became of a claimed delivery, and with it what changes of its lane.

        A message that was sent is kept where a loss of the store does not take it along.
        """

    def ailing(self) -> Mapping[str, Lane]:
        """The lanes of the destinations whose last attempt failed."""

    def release_claims(self, now: datetime) -> int:
        """Make what was ``sending`` when the last daemon died due again; how many there were."""

    def post(self, alert: Alert, now: datetime, lease: timedelta) -> tuple[Delivery, ...]:
        """Write an alert of its own (a test message) and claim its deliveries at once."""

    def digests_due(self, now: datetime) -> tuple[Gathering, ...]:
        """For each destination whose digest is due, what was held for it."""

    def gather(self, gathering: Gathering, alert: Alert, now: datetime) -> None:
        """Write a digest (an alert of its own to one destination), and that it tells of what was
        held, in one transaction."""

    def schedule_digests(self, due: Mapping[str, datetime]) -> None:
        """Say when the digest is due of what is held at each destination for none yet."""

    def log(self, event: Event) -> None:
        """Append to the operator's log."""

    def unannounced(self) -> tuple[tuple[Event, ...], int]:
        """Some of the events after those that were announced, oldest first, and the number of
        the last one."""

    def announce(self, alert: Alert | None, upto: int, now: datetime) -> None:
        """Write an alert of its own about the events up to that number, and that they were
        announced, in one transaction."""

    def ping(self) -> None:
        """Prove that the database can be written to."""
