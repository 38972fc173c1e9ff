"""Decides: where a delivery stands, in a sentence for people."""

from __future__ import annotations

from datetime import datetime

from monitor.cli.output import when
from monitor.models import AlertKind, DeliveryState, PlanReason
from monitor.store.views import StoredAlert, StoredDelivery


def sentence(one: StoredDelivery, now: datetime) -> str:
    """What became of a delivery, or will, and why; text from anywhere is in it."""
    match one.state:
        case DeliveryState.PENDING:
            return _pending(one, now)
        case DeliveryState.SENDING:
            return f"being sent, attempt {one.attempts}"
        case DeliveryState.SENT:
            by = one.answer or "the service"
            return f"sent {when(one.sent_at)}: accepted by {by}{_after(one)}"
        case DeliveryState.DEAD:
            return f"given up {when(one.dead_at)}{_after(one)}"
        case DeliveryState.HELD:
            due = (
                f"the digest of {when(one.digest_at)}" if one.digest_at else "a digest: none is set"
            )
            return f"held, {_reason(one)}; waits for {due}"
        case DeliveryState.COVERED:
            return _covered(one)


def _pending(one: StoredDelivery, now: datetime) -> str:
    due = one.next_attempt_at
    at = "now" if due is None or due <= now else when(due)
    if one.attempts:
        return f"to be tried again {at}{_after(one)}"
    return f"due {at}" + (f", {_reason(one)}" if one.plan_reason else "")


def _covered(one: StoredDelivery) -> str:
    if one.told_by is None:
        return f"not sent, {_reason(one)}"
    teller = f"{one.told_by} (alert {one.told_by_alert})"
    if one.plan_reason is PlanReason.SAME_STORY:
        return f"not sent by itself: same story as {teller}"
    return f"told by the digest {teller}, {_reason(one)}"


def _reason(one: StoredDelivery) -> str:
    return f"{one.plan_reason}" + (f" ({one.plan_detail})" if one.plan_detail else "")


def _after(one: StoredDelivery) -> str:
    """How often it was tried, and what the last failure was."""
    tried = "" if one.attempts <= 1 else f", attempt {one.attempts}"
    failed = f"{one.reason}: {one.detail}" if one.detail else str(one.reason)
    if one.reason is None:
        return tried
    return (
        f"{tried}; {failed}"
        if one.state is not DeliveryState.SENT
        else f"{tried}, before: {failed}"
    )


def brief(stored: StoredAlert) -> str:
    """Where an alert stands with all destinations, in a few words."""
    told = [one for one in stored.deliveries if one.plan_reason is not PlanReason.ROUTED]
    return ", ".join(f"{one.destination}: {_word(one)}" for one in told) or "nobody"


def _word(one: StoredDelivery) -> str:
    if one.state in (DeliveryState.HELD, DeliveryState.COVERED):
        return str(one.plan_reason)
    if one.state is DeliveryState.PENDING and one.plan_reason and not one.attempts:
        return f"{one.state} ({one.plan_reason})"
    return str(one.state)


def title(stored: StoredAlert) -> str:
    """What an alert is about, with its kind where that is not an article."""
    article = stored.alert.article
    kind = "" if stored.alert.kind is AlertKind.ARTICLE else f"{stored.alert.kind}: "
    return kind + (article.title or article.url)
