"""Decides: when a part of the day ends, and when a digest is due, by the clock on somebody's wall.

On the night in which clocks go back, an hour comes twice: quiet begins when the clock shows its
beginning for the first time, and ends when it shows its end for the last time; a digest is due the
first time. On the night in which they go forward, what the clock never shows is the moment of the
change. (PEP 495 has ``fold``, and what Python makes of times that do not exist.)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.models import DigestTime
from monitor.planning import Hours

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def end(hours: Hours, zone: tzinfo, now: datetime) -> datetime | None:
    """The instant at which this part of the day ends; ``None``: it is not now."""
    found = span(hours, zone, now)
    return None if found is None else found[1]


def span(hours: Hours, zone: tzinfo, now: datetime) -> tuple[datetime, datetime] | None:
    """When this part of the day began and when it ends; ``None``: it is not now."""
    today = now.astimezone(zone).date()
    over_midnight = DAY if hours.end <= hours.start else timedelta(0)
    for day in (today - DAY, today):
        begins = _instant(day, hours.start, zone)
        ends = _instant(day + over_midnight, hours.end, zone, is_last=True)
        if begins <= now < ends:
            return begins, ends
    return None


def next_digest(when: DigestTime, zone: tzinfo, now: datetime) -> datetime:
    """The first instant after now at which such a digest is due."""
    local = now.astimezone(zone)
    if when.at is None:
        gone = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now.astimezone(UTC) - gone + HOUR
    due = _instant(local.date(), when.at, zone)
    days = 0
    while due <= now:
        days += 1
        due = _instant(local.date() + days * DAY, when.at, zone)
    return due


def _instant(day: date, clock: time, zone: tzinfo, *, is_last: bool = False) -> datetime:
    """When the clock shows this on that day: for the first time, or for the last."""
    shown = datetime.combine(day, clock)
    first, last = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > last:
        return _change(last, first, zone)
    return last if is_last else first


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The moment between two others at which the clocks of a zone were set, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
