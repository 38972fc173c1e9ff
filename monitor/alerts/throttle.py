"""Decides: whether a rule has said enough for now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from monitor.models import Throttle


def is_spent(throttle: Throttle, told_at: Iterable[datetime], now: datetime) -> bool:
    """Whether as many alerts as are allowed were told in the span that ends now.

    What a clock that has been set back since has told in the future does not count.
    """
    recent = sum(now - throttle.span < at <= now for at in told_at)
    return recent >= throttle.count
