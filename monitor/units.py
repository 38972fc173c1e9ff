"""Decides: what "1h30m", "10MB", "22:00-07:00", "daily 07:00" and "5 an hour" mean, and how a span
is written again."""

from __future__ import annotations

import re
from datetime import time, timedelta

DURATION_PATTERN = r"^(?=\d)(\d{1,9}w)?(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?$"
"""A duration as text, for a JSON Schema: the largest unit first, each at most once."""

LONGEST = timedelta(days=3650)

_DURATION = re.compile(
    r"(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?"
    r"(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?(?:([0-9]{1,9})ms)?"
)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|KB|MB|GB|KiB|MiB|GiB)")
_BYTES = {
    "B": 1,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}


_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_HOURS = re.compile(rf"{_CLOCK} ?[-–] ?{_CLOCK}")
_DAILY = re.compile(rf"daily(?: at)? {_CLOCK}")
_RATE = re.compile(r"([1-9][0-9]{0,2}) an? (minute|hour|day)")
_RATE_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
DIGEST_PATTERN = rf"^(hourly|{_DAILY.pattern})$"
RATE_PATTERN = rf"^{_RATE.pattern}$"
"""The same texts, for a JSON Schema."""


def parse_hours(text: str) -> tuple[time, time]:
    """A part of the day written as ``22:00-07:00``.

    Raises:
        ValueError: it is none, or is nothing.
    """
    if found := _HOURS.fullmatch(text):
        first, second, third, fourth = map(int, found.groups())
        if (first, second) != (third, fourth):
            return time(first, second), time(third, fourth)
    raise ValueError('expected a part of the day such as "22:00-07:00"')


def parse_digest(text: str) -> time | None:
    """When a digest is due: ``daily 07:00``, or ``hourly`` (``None``).

    Raises:
        ValueError: it is neither.
    """
    if text == "hourly":
        return None
    if found := _DAILY.fullmatch(text):
        return time(int(found[1]), int(found[2]))
    raise ValueError('expected "hourly" or a time such as "daily 07:00"')


def parse_rate(text: str) -> tuple[int, timedelta]:
    """So many in such a span: ``5 an hour``, ``20 a day``; at most 999.

    Raises:
        ValueError: it is none.
    """
    if found := _RATE.fullmatch(text):
        return int(found[1]), _RATE_UNITS[found[2]]
    raise ValueError('expected a number and a span such as "5 an hour" or "20 a day"')


def parse_duration(text: str) -> timedelta:
    """A span written as ``500ms``, ``90s``, ``15m``, ``1h30m``, ``3d`` or ``2w``.

    Raises:
        ValueError: it is none, is nothing (``0s``), or is longer than ten years.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError('expected a duration such as "90s", "15m", "1h30m" or "3d"')
    try:
        span = sum(
            (
                int(count) * unit
                for count, unit in zip(found.groups("0"), _UNITS.values(), strict=True)
            ),
            timedelta(),
        )
    except OverflowError:
        span = timedelta.max
    if span > LONGEST:
        raise ValueError("a duration is ten years at most")
    if not span:
        raise ValueError("a duration must be longer than nothing")
    return span


def written(span: timedelta) -> str:
    """The shortest text that ``parse_duration`` reads as this span: ``15m``, ``1h30m``.

    Weeks are left out: ``14d`` is understood by everyone.
    """
    text = ""
    for unit, size in _UNITS.items():
        if unit != "w" and (count := span // size):
            text += f"{count}{unit}"
            span -= count * size
    return text or "0s"


def parse_size(text: str) -> int:
    """Bytes, of ``10MB`` (millions), ``64KB`` or ``1MiB`` (powers of 1024).

    Raises:
        ValueError: it is no size, or is zero.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError('expected a size such as "10MB", "64KB" or "1MiB"')
    if count := int(found[1]) * _BYTES[found[2]]:
        return count
    raise ValueError("a size must be more than nothing")
