"""Decides: when the next backup is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

AT = time(3, 0)
"""Local time, when most people sleep."""
AGAIN = timedelta(hours=1)
"""After one that failed."""


def is_due(
    newest: datetime | None, failed_at: datetime | None, now: datetime, zone: tzinfo
) -> bool:
    """Whether there is none since the last night began; after a failure not for an hour.

    A night in which the daemon did not run is made up for. A backup from the future was made by a
    clock that was set back since, and counts for a day.
    """
    if failed_at is not None and timedelta() <= now - failed_at < AGAIN:
        return False
    local = now.astimezone(zone)
    night = datetime.combine(local.date(), AT, zone)
    if night > local:
        night = datetime.combine(local.date() - timedelta(days=1), AT, zone)
    return newest is None or newest < night or newest - now > timedelta(days=1)
