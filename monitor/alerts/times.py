"""Decides: how an instant is written in a message: short, and with its offset."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(instant: datetime, zone: tzinfo) -> str:
    """Return an instant as in ``Fri 7 Mar 2025, 22:14 +01:00``."""
    try:
        local = instant.astimezone(zone)
    except (OverflowError, ValueError):  # year 1 or 9999, which has no other zone's side
        local = instant.astimezone(UTC)
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"
    minute = local.isoformat(timespec="minutes")  # 2025-03-07T22:14+01:00
    return f"{day}, {minute[11:16]} {minute[16:]}"
