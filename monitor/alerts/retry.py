"""Decides: when a failed delivery is tried again.

Exponential backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015): the n-th failure waits for a random part of the n-th ceiling, so
that what failed together does not come back together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.models import Dead, Delivery, DeliveryReason, Retry

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
SHORTEST = timedelta(seconds=5)
"""Whatever the jitter says: a service in trouble is not asked again sooner."""
LIFETIME = timedelta(days=5)
"""From the delivery's creation; after it a failure is the last."""

_DOUBLINGS = 16
"""More are beyond ``LONGEST`` anyhow, and would overflow in the end."""


def after_failure(
    delivery: Delivery,
    reason: DeliveryReason,
    detail: str,
    now: datetime,
    random: Callable[[], float],
) -> Retry | Dead:
    """Return when to try again, or ``Dead`` once the delivery has outlived ``LIFETIME``.

    Args:
        detail: What the service said; text without secrets, in one line.
        random: Draws from 0 (included) to 1 (excluded).
    """
    if now - delivery.created_at >= LIFETIME:
        last = f"{reason.value}: {detail}" if detail else reason.value
        given_up = f"not accepted in {LIFETIME.days} days, {delivery.attempts} attempts; last: "
        return Dead(at=now, reason=DeliveryReason.EXPIRED, detail=given_up + last)
    wait = max(random() * ceiling(delivery.attempts), SHORTEST)
    return Retry(next_attempt_at=now + wait, reason=reason, detail=detail)


def ceiling(attempts: int) -> timedelta:
    """Return the longest wait after so many failed attempts: 30 s, 1 min, 2 min … 1 h."""
    doublings = min(max(attempts - 1, 0), _DOUBLINGS)
    return min(FIRST * (1 << doublings), LONGEST)
