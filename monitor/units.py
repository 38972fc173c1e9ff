"""Decides: what "1h30m" and "10MB" mean, and how such a span is written again."""

from __future__ import annotations

import re
from datetime import timedelta

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
