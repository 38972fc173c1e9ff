"""Decides: when a destination's queue may send, and what an attempt changes of it.

A destination has one queue, a *lane*, and one message of it in flight. Its allowance is a token
bucket kept as one instant (the generic cell rate algorithm, ITU-T I.371): a restart does not
refill it.

One failure does not tell whether the message or the destination is at fault, so another message
is tried at once. If that one is taken, the first was at fault: it steps aside and waits for its
own next attempt. If it fails as well, the destination is: both keep their places, and the lane is
left alone for a while that grows with each such pair.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.models import (
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryResult,
    Event,
    EventKind,
    Lane,
    LaneChange,
    Rate,
    Retry,
    Sent,
    Severity,
    Told,
)

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
SHORTEST = timedelta(seconds=5)
"""Whatever the jitter says: a service in trouble is not asked again sooner."""
LIFETIME = timedelta(days=5)
"""From the delivery's creation; after it a failure may be the last."""
ENOUGH_TRIES = 20
"""Failures without which nothing expires: a daemon that slept for a week gives its backlog the
chance of an hour or more."""
WORRYING = 4
"""Failures in a row of which the operator is told."""

UNCERTAIN = (DeliveryReason.TIMEOUT, DeliveryReason.CRASHED, DeliveryReason.INTERRUPTED)
"""Reasons after which the service may have the message all the same."""

_DOUBLINGS = 16
"""More are beyond ``LONGEST`` anyhow, and would overflow in the end."""

_BUSY = re.compile(r"\berror=(429|503)\b")
"""How Apprise says the status of an answer; the seconds of a Retry-After it does not say."""

_SLOW, _CHAT = Rate(count=1, per=timedelta(seconds=1)), Rate(count=5, per=timedelta(seconds=5))
_USUAL = {
    "slack": _SLOW,
    "discord": Rate(count=1, per=timedelta(seconds=2)),
    "tgram": Rate(count=1, per=timedelta(seconds=3)),
    "ntfy": Rate(count=1, per=timedelta(seconds=5)),
    "ntfys": Rate(count=1, per=timedelta(seconds=5)),
    "mailto": Rate(count=60, per=timedelta(minutes=1)),
    "mailtos": Rate(count=60, per=timedelta(minutes=1)),
    **dict.fromkeys(("json", "jsons", "form", "forms", "xml", "xmls"), None),
}
"""Sources: Slack's "1 per second" for incoming webhooks, Discord's 30 a minute for a webhook,
Telegram's 20 a minute for a group, ntfy.sh's one in five seconds after a burst. A webhook is the
operator's own and takes what it gets."""

URGENCY = {Severity.HIGH: 1, Severity.CRITICAL: 2}
"""What is sent first where more than one message waits; anything else has 0."""


def usual_rate(url: str) -> Rate | None:
    """The rate for a kind of service, told by its URL's scheme, where none is configured."""
    return _USUAL.get(url.partition("://")[0].lower(), _CHAT)


def next_at(lane: Lane, rate: Rate | None, now: datetime) -> datetime:
    """When the lane may send next, ``now`` or later.

    What a clock that was set back since has written holds it up for one span at most.
    """
    at = now
    if lane.opens_at is not None:
        at = max(at, min(lane.opens_at, now + LONGEST))
    if rate is not None and lane.paid_until is not None:
        burst = rate.per - rate.per / rate.count
        at = max(at, min(lane.paid_until, now + rate.per) - burst)
    return at


def paid(lane: Lane, rate: Rate | None, now: datetime) -> Lane:
    """The lane once one more message was taken out of it."""
    if rate is None:
        return lane
    used = max(min(lane.paid_until or now, now + rate.per), now)
    return replace(lane, paid_until=used + rate.per / rate.count)


def ceiling(failures: int) -> timedelta:
    """The longest wait after so many failures: 30 s, 1 min, 2 min … 1 h."""
    doublings = min(max(failures - 1, 0), _DOUBLINGS)
    return min(FIRST * (1 << doublings), LONGEST)


def waited(failures: int, random: Callable[[], float]) -> timedelta:
    """A random part of the ceiling (full jitter): what failed together does not come back
    together. Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return max(random() * ceiling(failures), SHORTEST)


def failed(
    delivery: Delivery,
    reason: DeliveryReason,
    detail: str,
    now: datetime,
    random: Callable[[], float],
) -> Retry:
    """A delivery that was not accepted, with its own next attempt.

    Args:
        detail: What the service said; text without secrets, in one line.
        random: Draws from 0 (included) to 1 (excluded).
    """
    if _BUSY.search(detail):
        reason = DeliveryReason.SLOW_DOWN
    wait = waited(delivery.attempts, random)
    return Retry(next_attempt_at=now + wait, reason=reason, detail=detail)


def after(
    delivery: Delivery, result: DeliveryResult, now: datetime, random: Callable[[], float]
) -> tuple[DeliveryResult, LaneChange]:
    """What an attempt means for its delivery and for its lane."""
    lane = delivery.lane
    name = delivery.destination
    match result:
        case Sent():
            event = None
            if lane.told is not Told.NOTHING:
                event = _event(EventKind.DESTINATION_RECOVERED, name, now, "takes messages again")
            return result, LaneChange(lane=Lane(paid_until=lane.paid_until), event=event)
        case Dead():
            return result, LaneChange(lane=lane, event=_death(delivery, result, now))
        case Retry():
            return _after_failure(delivery, result, now, random)


def _after_failure(
    delivery: Delivery, retry: Retry, now: datetime, random: Callable[[], float]
) -> tuple[DeliveryResult, LaneChange]:
    lane, name = delivery.lane, delivery.destination
    failures = lane.failures + 1
    if retry.reason is DeliveryReason.SLOW_DOWN:
        failures += failures % 2  # no other message need be tried to know whose fault it is
    said = f"{retry.reason}: {retry.detail}".removesuffix(": ")
    lane = replace(lane, failures=failures, suspect=delivery.id, opens_at=None)
    recalled = None
    if failures % 2 == 0:
        wait = waited(max(failures // 2, min(delivery.attempts, failures)), random)
        retry = replace(retry, next_attempt_at=now + wait)
        recalled = delivery.lane.suspect
        lane = replace(lane, suspect=None, opens_at=retry.next_attempt_at)
    if now - delivery.created_at >= LIFETIME and (
        delivery.attempts >= ENOUGH_TRIES or failures >= ENOUGH_TRIES
    ):
        detail = f"not accepted in {LIFETIME.days} days, {delivery.attempts} attempts; last: {said}"
        dead = Dead(at=now, reason=DeliveryReason.EXPIRED, detail=detail)
        if lane.suspect == delivery.id:
            lane = replace(lane, suspect=None)
        if failures < ENOUGH_TRIES:  # the message alone is at fault
            return dead, LaneChange(lane=lane, event=_death(delivery, dead, now))
        change = LaneChange(
            lane=replace(lane, told=Told.GIVEN_UP),
            recalled=recalled,
            expired_before=now - LIFETIME,
            event=_death(delivery, dead, now),
        )
        return dead, change
    event = None
    if failures >= WORRYING and lane.told is Told.NOTHING:
        lane = replace(lane, told=Told.FAILING)
        event = _event(EventKind.DESTINATION_FAILING, name, now, f"again and again; last: {said}")
    return retry, LaneChange(lane=lane, recalled=recalled, event=event)


def _death(delivery: Delivery, dead: Dead, now: datetime) -> Event:
    is_known = delivery.lane.told is Told.GIVEN_UP
    kind = EventKind.DELIVERY_DEAD_KNOWN if is_known else EventKind.DELIVERY_DEAD
    detail = f"{delivery.public_id} given up: {dead.reason}: {dead.detail}"
    return _event(kind, delivery.destination, now, detail)


def _event(kind: EventKind, destination: str, now: datetime, detail: str) -> Event:
    return Event(at=now, kind=kind, subject=destination, detail=detail)
