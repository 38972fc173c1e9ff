"""Orders: the second half of the daemon, from the outbox to a reader's inbox.

::

    digest   held deliveries → one that tells of them
    deliver  Delivery → render → send → record

Expected failures travel as values and end in the delivery's row and in its lane's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from monitor import lanes
from monitor.alerts import digests, plan, render, send
from monitor.alerts.templating import OURS, Templates
from monitor.errors import Mistake, StoreError, WorkerFailed, WorkerTimeout
from monitor.failpoints import failpoint
from monitor.models import (
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryResult,
    Destination,
    Event,
    EventKind,
    LaneChange,
    Message,
    OnUncertain,
    Rate,
    Retry,
    Sent,
)
from monitor.planning import Policy
from monitor.store.protocol import Store, ToldMessage
from monitor.store.thread import StoreThread
from monitor.workers import Workers

SEND_DEADLINE = timedelta(seconds=45)
LEASE = SEND_DEADLINE + timedelta(seconds=60)
"""How long a claimed delivery is left alone: longer than any attempt can take."""
REPETITION = "[may be a repetition] "


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverTools:
    """What the second half works with."""

    books: StoreThread[Store]
    senders: Workers
    destinations: Mapping[str, Destination]
    clock: Callable[[], datetime]
    random: Callable[[], float]
    zone: tzinfo
    """Of a destination that says nothing of its clock."""
    templates: Templates = OURS
    told: set[str] = field(default_factory=set)
    """What has been said already of the operator's templates."""
    policy: Policy = field(default_factory=Policy)

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Of the destinations that have one."""
        named = self.destinations.values()
        return {one.name: one.rate for one in named if one.rate is not None}

    def zone_of(self, destination: str) -> tzinfo:
        """By whose clock a message tells the time."""
        wishes = self.policy.wishes.get(destination)
        return self.zone if wishes is None else wishes.zone

    def quiet(self, now: datetime) -> Mapping[str, datetime]:
        """The destinations that are in their quiet hours, and since when."""
        since = {name: plan.quiet_since(name, self.policy, now) for name in self.destinations}
        return {name: at for name, at in since.items() if at is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one delivery, yet to be recorded."""

    delivery: Delivery
    result: DeliveryResult
    change: LaneChange


async def gather(tools: DeliverTools) -> int:
    """Write the digests that are due, each with what it tells of; how many.

    Raises:
        StoreError: the rest is still due.
    """
    store, now = tools.books.store, tools.clock()
    due = await tools.books.ask(store.digests_due, now)
    for gathering in due:
        alert = digests.digest_alert(gathering, tools.policy, now)
        await tools.books.ask(store.gather, gathering, alert, now)
        failpoint("digest: gathered")
    return len(due)


async def deliver(delivery: Delivery, tools: DeliverTools, *, is_retried: bool = True) -> Attempt:
    """Deliver one claimed alert to one destination, and write down what became of it.

    One that is not retried is given up at its first failure.

    Raises:
        StoreError: what became of it could not be written; it is sent again after its lease.
    """
    attempt = await attempted(delivery, tools, is_retried=is_retried)
    await record(attempt, tools)
    return attempt


async def attempted(delivery: Delivery, tools: DeliverTools, *, is_retried: bool = True) -> Attempt:
    """Hand one claimed alert to its destination, once: render → send."""
    failpoint("deliver: claimed")
    destination = tools.destinations.get(delivery.destination)
    is_skipped = destination is not None and destination.on_uncertain is OnUncertain.SKIP
    result: DeliveryResult
    if delivery.is_uncertain and is_skipped:
        result = _skipped(DeliveryReason.INTERRUPTED, "", tools.clock())
    else:
        result = await _send(delivery, destination, tools)
    failpoint("deliver: sent")
    now = tools.clock()
    if isinstance(result, Retry) and not is_retried:
        result = Dead(at=now, reason=result.reason, detail=result.detail)
    result, change = lanes.after(delivery, result, now, tools.random)
    if isinstance(result, Retry):
        result = _after_quiet_hours(delivery, result, tools.policy)
    if isinstance(result, Retry) and result.reason in lanes.UNCERTAIN and is_skipped:
        result = _skipped(result.reason, result.detail, now)
        death = lanes.after(delivery, result, now, tools.random)[1].event
        change = replace(change, event=change.event or death)
    if isinstance(result, Dead) and not is_retried and change.event is not None:
        known = replace(change.event, kind=EventKind.DELIVERY_DEAD_KNOWN)
        change = replace(change, event=known)  # who waits for it sees it
    return Attempt(delivery=delivery, result=result, change=change)


async def record(attempt: Attempt, tools: DeliverTools) -> None:
    """Write down what became of a delivery.

    Raises:
        StoreError: it could not be written.
    """
    delivery, store = attempt.delivery, tools.books.store
    sent = None
    if isinstance(attempt.result, Sent):
        sent = ToldMessage(attempt.result.at, delivery.alert.key, delivery.destination)
    await tools.books.ask(store.record, delivery.id, attempt.result, attempt.change, sent)
    failpoint("deliver: recorded")


def _skipped(reason: DeliveryReason, detail: str, now: datetime) -> Dead:
    said = f"; {detail}" if detail else ""
    kept = f'it may have arrived, and is not sent again (on_uncertain = "skip"){said}'
    return Dead(at=now, reason=reason, detail=kept)


async def _send(
    delivery: Delivery, destination: Destination | None, tools: DeliverTools
) -> Sent | Retry:
    if destination is None:
        reason, detail = DeliveryReason.NO_DESTINATION, "the configuration no longer names it"
    else:
        message = await _worded(delivery, destination, tools)
        try:
            answer = await tools.senders.call(SEND_DEADLINE, send.send, destination, message)
        except WorkerTimeout as error:
            reason, detail = DeliveryReason.TIMEOUT, f"its sender was {error}"
        except WorkerFailed as error:
            reason, detail = DeliveryReason.CRASHED, str(error)
        else:
            if answer.ok:
                return Sent(at=tools.clock(), answer=answer.detail)
            reason, detail = answer.reason or DeliveryReason.REFUSED, answer.detail
    return lanes.failed(delivery, reason, detail, tools.clock(), tools.random)


async def _worded(delivery: Delivery, destination: Destination, tools: DeliverTools) -> Message:
    zone = tools.zone_of(delivery.destination)
    message, mistakes = render.rendered(delivery, zone, tools.templates)
    await _tell(mistakes, tools)
    if delivery.is_uncertain and destination.on_uncertain is OnUncertain.MARK:
        return replace(message, title=REPETITION + message.title)
    return message


async def _tell(mistakes: Iterable[Mistake], tools: DeliverTools) -> None:
    """Say once that a template of the operator's could not be used, and ours was.

    Where it cannot be written down now, the next message says it: this one goes its way.
    """
    for mistake in mistakes:
        if str(mistake) in tools.told:
            continue
        tools.told.add(str(mistake))
        event = Event(
            at=tools.clock(),
            kind=EventKind.TEMPLATE_FAILED,
            subject=mistake.file,
            detail=f"ours was used: {mistake}",
        )
        try:
            await tools.books.ask(tools.books.store.log, event)
        except StoreError:
            tools.told.discard(str(mistake))


def _after_quiet_hours(delivery: Delivery, retry: Retry, policy: Policy) -> Retry:
    severity, at = delivery.alert.match.severity, retry.next_attempt_at
    ends = plan.quiet_until(severity, delivery.destination, policy, at)
    return replace(retry, next_attempt_at=ends or at)
