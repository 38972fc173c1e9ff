"""Decides: which instant a feed's date names, whoever wrote it; ``None`` where that is not clear.

A date is never completed from today and never guessed: a month is no day, ``07/03/2025`` is two
days, a year before 1990 is a program's zero. Without a zone it is UTC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.feeds import months

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed is older: an earlier date is some program's zero (1970, 1601, 0001)."""
_LONGEST = 100
"""Characters of a date; what is longer is none."""
_WIDEST = timedelta(hours=14)
"""The largest offset of any zone."""

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
"""``(Central European Time)``, ``[Europe/Paris]``: said again."""
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{13})(?:\d{3})?")
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|w\d\d-?\d)(?:[t ].+)?")
_ORDINAL = re.compile(r"(?<![\d-])(\d{4})-(\d{3})(?!\d)")
_YEAR_FIRST = re.compile(
    r"(?<![\d-])(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)[日일]?"
)
_DAY_FIRST = re.compile(r"(?<![\d./-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d\d)(?![\d./-])")
_TIME = re.compile(
    r"(?<![\d:+-])(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,]\d+)?)?|\s?h(?:\s?(\d\d))?\b)(?![\d:])"
    r"\s?([ap]\.?m\b\.?|[صم](?!\w))?"
)
"""On a clock of 24 hours, or of 12 with *am*, *pm*, ص, م."""
_ZONE = re.compile(r"\s*([a-z]{1,5}\b)?\s?(?:([+-])(\d{1,2}):?(\d\d)?(?!\d))?")
_MAIL = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun), )?(\d\d?)"
    r" (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) ((?:19|20)\d\d)"
    r" ([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))? (?:gmt|utc|[+-]0000|([+-])(0\d|1[0-3])([0-5]\d))"
)
"""As mail has it, and nearly every RSS feed (RFC 822, with four digits of the year)."""
_TOKEN = re.compile(r"\d+|[^\s\d,;:/()\[\]+\-–—|،]+")

_WEEKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_ZONES = {
    name: hours
    for hours, names in {
        0: "ut utc gmt z wet",
        1: "bst cet met mez wat west",
        2: "cat cest eet mest mesz sast",
        3: "eat eest msk trt",
        3.5: "irst",
        4: "gst",
        5: "pkt",
        5.5: "ist",
        5.75: "npt",
        7: "ict wib",
        8: "awst hkt pht sgt",
        9: "jst kst",
        9.5: "acst",
        10: "aest",
        10.5: "acdt",
        11: "aedt",
        12: "nzst",
        13: "nzdt",
        -2.5: "ndt",
        -3: "adt art brt",
        -3.5: "nst",
        -4: "ast clt edt",
        -5: "cdt cot est et pet",
        -6: "cst ct mdt",
        -7: "mst mt pdt",
        -8: "akdt pst pt",
        -9: "akst",
        -10: "hst",
    }.items()
    for name in names.split()
}
"""Hours ahead of UTC: RFC 822's names and those of newsrooms; *IST* is India's. Single letters, whose
signs RFC 822 printed the wrong way round, mean UTC (RFC 5322, 4.3), as unknown names do."""


def instant(text: str) -> datetime | None:
    """The instant in UTC, at or after ``EARLIEST``; ``None`` for a text that names none, or two."""
    plain = _plain(text) if len(text) <= _LONGEST else ""
    if not plain:
        return None
    try:
        at = _mailed(plain) or _in_digits(plain) or _iso(plain) or _written(plain)
        at = at and at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at and at >= EARLIEST else None


def first(texts: Iterable[str], now: datetime) -> datetime | None:
    """The first of the texts that names an instant; one in the future is ``now``."""
    return next((min(at, now) for text in texts if (at := instant(text))), None)


def _plain(text: str) -> str:
    """The digits of all scripts as 0 to 9, no marks of direction, single blanks, no asides."""
    if not text.isascii():
        text = "".join(
            str(unicodedata.decimal(one)) if one.isdecimal() else one
            for one in unicodedata.normalize("NFKC", text).replace("−", "-")
            if unicodedata.category(one) != "Cf"
        )
    return " ".join(_ASIDE.sub(" ", text).casefold().split())


def _mailed(text: str) -> datetime | None:
    """What ``_written`` would say of most dates, at a fifth of the cost."""
    found = _MAIL.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    date = int(year), months.english()[month], int(day)
    at = datetime(*date, int(hour), int(minute), int(second or 0), tzinfo=UTC)
    if sign is None:
        return at
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return at - ahead if sign == "+" else at + ahead


def _in_digits(text: str) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, or a day and a time in one number."""
    if number := _EPOCH.fullmatch(text):
        seconds, milliseconds = number.groups()
        return datetime.fromtimestamp(int(seconds or milliseconds[:-3]), UTC)
    if number := _DIGITS.fullmatch(text):
        return datetime(*(int(part or 0) for part in number.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    return None


def _iso(text: str) -> datetime | None:
    if _ISO.fullmatch(text):
        try:
            at = datetime.fromisoformat(text.upper())
        except ValueError:
            return None  # 24:00, a leap second, a zone's name: still to be read
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _written(text: str) -> datetime | None:
    """A day in numbers or in words, perhaps with a time and a zone before or after it."""
    day, rest = _numeric_day(text)
    time, offset, rest = _time(rest)
    day = day or _worded_day(rest)
    return day + time - offset if day else None


def _numeric_day(text: str) -> tuple[datetime | None, str]:
    """The day, and the text without it."""
    if found := _YEAR_FIRST.search(text):
        day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    elif found := _ORDINAL.search(text):
        day = datetime.strptime(found[0], "%Y-%j").replace(tzinfo=UTC)
    elif found := _DAY_FIRST.search(text):
        day = _day_first(int(found[1]), found[2], int(found[3]), found[4])
    else:
        return None, text
    return day, f"{text[: found.start()]} {text[found.end() :]}"


def _day_first(one: int, between: str, other: int, year: str) -> datetime:
    """``7.3.2025`` is a day of March; ``7/3/2025`` may be one of July, unless that cannot be."""
    if between == "." or other == one or other <= 12 < one:
        day, month = one, other
    elif one <= 12 < other:
        day, month = other, one
    else:
        raise ValueError("two days")
    if between != "." and len(year) == 2:
        raise ValueError("two days: the year may come first")
    return datetime(_year(year), month, day, tzinfo=UTC)


def _time(text: str) -> tuple[timedelta, timedelta, str]:
    """The time of the day, how far its zone is ahead of UTC, and the text without both."""
    found = _TIME.search(text)
    if found is None:
        return timedelta(), timedelta(), text
    hour, minute, second = int(found[1]), int(found[2] or found[4] or 0), int(found[3] or 0)
    if found[5] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if found[5][0] in "pم" else 0)
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("no time")
    offset, end = _zone(text, found.end())
    time = timedelta(hours=hour, minutes=minute, seconds=second)
    return time, offset, f"{text[: found.start()]} {text[end:]}"


def _zone(text: str, start: int) -> tuple[timedelta, int]:
    """How far the zone that is named from ``start`` on is ahead of UTC, and where its name ends."""
    found = _ZONE.match(text, start)
    if found is None or not (found[1] in _ZONES or found[2]):
        return timedelta(), start
    offset = timedelta(hours=_ZONES.get(found[1] or "", 0))
    if found[2]:
        ahead = timedelta(hours=int(found[3]), minutes=int(found[4] or 0))
        offset += ahead if found[2] == "+" else -ahead
    if abs(offset) > _WIDEST:
        raise ValueError("no zone")
    return offset, found.end()


def _worded_day(text: str) -> datetime | None:
    """Two numbers around one month's name, in any of the usual orders; other words say nothing."""
    tokens = [months.folded(token) for token in _TOKEN.findall(text)]
    known = _names(tokens)
    named = {at: known[name] for at in range(len(tokens)) if (name := _name(tokens, at, known))}
    if len(named) > 1:
        named.pop(0, None)  # a weekday: *mar* is Tuesday in Spanish
    numbers = [(at, token) for at, token in enumerate(tokens) if token.isdecimal()]
    if len(set(named.values())) != 1 or len(numbers) != 2:
        return None
    (at, month), *_ = named.items()
    (first_at, one), (_, other) = numbers
    is_year_first = len(one) > 2 and len(other) <= 2
    day, year = (other, one) if is_year_first else (one, other)
    if len(day) > 2 or (len(year) <= 2 and first_at > at + 1):
        return None
    return datetime(_year(year), month, int(day), tzinfo=UTC)


def _names(tokens: Iterable[str]) -> Mapping[str, int]:
    """English alone only where every word is English: *mar. 7 janv.* is a Tuesday in January."""
    english = months.english()
    is_english = all(
        token.isdecimal() or token in english or token[:3] in _WEEKDAYS for token in tokens
    )
    return english if is_english else months.everywhere()


def _name(tokens: Sequence[str], at: int, known: Mapping[str, int]) -> str | None:
    """The name of a month that begins at a token: one word, or two (كانون الثاني)."""
    return next(
        (name for name in (" ".join(tokens[at : at + 2]), tokens[at]) if name in known), None
    )


def _year(text: str) -> int:
    """Two digits: of this century or the last (RFC 5322, 4.3); three: a program's year since 1900."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    if len(text) == 3:
        return year + 1900
    return year - 543 if 2500 <= year < 2700 else year  # Buddhist
