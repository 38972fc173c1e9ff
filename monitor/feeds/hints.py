"""Decides: what a feed's document says of how often it is worth a look, and of what came before.

Read from the bytes, beside the parser: feedparser keeps one ``<hour>`` of ``<skipHours>``, and
the same holds whatever reads the entries. A document in UTF-16 gives no hints.

Sources: RSS 2.0 (ttl, skipHours, skipDays), RSS 0.91 (hours from 1 to 24), the RSS 1.0 module
Syndication (sy:updatePeriod, sy:updateFrequency).
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from monitor.models import FeedHints, host_of

LONGEST = timedelta(days=1)
"""What asks for more is taken for this: "yearly" is nobody's word about news."""

_TTL = re.compile(rb"<ttl>\s{0,20}(\d{1,9})\s{0,20}</ttl>", re.IGNORECASE)
_PERIOD = re.compile(
    rb"<sy:updatePeriod>\s{0,20}(hourly|daily|weekly|monthly|yearly)\s{0,20}</", re.IGNORECASE
)
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s{0,20}(\d{1,6})\s{0,20}</", re.IGNORECASE)
_WORDPRESS = re.compile(rb"<generator\b[^>]{0,200}>[^<]{0,200}wordpress", re.IGNORECASE)
_SKIP_HOURS = re.compile(rb"<skipHours>([^&]{0,2000}?)</skipHours>", re.IGNORECASE)
_SKIP_DAYS = re.compile(rb"<skipDays>([^&]{0,1000}?)</skipDays>", re.IGNORECASE)
_HOUR = re.compile(rb"<hour>\s{0,20}(\d{1,2})\s{0,20}</hour>", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s{0,20}([a-z]{6,9})\s{0,20}</day>", re.IGNORECASE)

_LINK = re.compile(rb"<(?:[a-z0-9]{1,8}:)?link\b[^>]{1,2000}>", re.IGNORECASE)
_RELATION = re.compile(rb"""\brel\s?=\s?["'](?:prev-archive|next)["']""", re.IGNORECASE)
_ADDRESS = re.compile(rb"""\bhref\s?=\s?["']([^"']{1,2000})["']""", re.IGNORECASE)

_DAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
_PERIODS = {
    b"hourly": timedelta(hours=1),
    b"daily": timedelta(days=1),
    b"weekly": timedelta(weeks=1),
    b"monthly": timedelta(days=30),
    b"yearly": timedelta(days=365),
}


def hints(body: bytes) -> FeedHints:
    """The hints of a document; what is not one of the known values is left out.

    WordPress writes "hourly, once" into every feed it makes: its own default is nobody's word,
    and would make the news of most of the web an hour old.
    """
    return FeedHints(
        ttl=_ttl(body),
        update_every=_update_every(body),
        skip_hours=_skip_hours(body),
        skip_days=_skip_days(body),
    )


def earlier(body: bytes, url: str) -> str:
    """Where the entries before those of this document are, on the same host; "" if not offered.

    Sources: RFC 5005 (``prev-archive`` of archived feeds, ``next`` of paged ones); WordPress answers
    ``?paged=2``.
    """
    for tag in _LINK.findall(body):
        relation, address = _RELATION.search(tag), _ADDRESS.search(tag)
        if relation and address:
            link = unescape(address[1].decode("utf-8", "replace"))
            return _on_the_same_host(url, link)
    return _next_page(url) if _WORDPRESS.search(body) else ""


def _next_page(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    page = query.get("paged", "1")
    if not (page.isdecimal() and len(page) < 4):
        return ""
    return urlunsplit(parts._replace(query=urlencode(query | {"paged": str(int(page) + 1)})))


def _on_the_same_host(url: str, link: str) -> str:
    try:
        found = urljoin(url, link)
    except ValueError:
        return ""
    is_same = host_of(found) == host_of(url) and found.startswith(("http://", "https://"))
    return found if is_same and found != url else ""


def _ttl(body: bytes) -> timedelta | None:
    found = _TTL.search(body)
    return min(timedelta(minutes=int(found[1])), LONGEST) if found and int(found[1]) else None


def _update_every(body: bytes) -> timedelta | None:
    period = _PERIOD.search(body)
    if period is None:
        return None
    frequency = _FREQUENCY.search(body)
    times = int(frequency[1]) if frequency else 1
    if (period[1].lower(), times) == (b"hourly", 1) and _WORDPRESS.search(body):
        return None
    return min(_PERIODS[period[1].lower()] / max(times, 1), LONGEST)


def _skip_hours(body: bytes) -> tuple[int, ...]:
    found = _SKIP_HOURS.search(body)
    hours = map(int, _HOUR.findall(found[1])) if found else ()
    return tuple(sorted({hour % 24 for hour in hours if hour <= 24}))


def _skip_days(body: bytes) -> tuple[int, ...]:
    found = _SKIP_DAYS.search(body)
    days = _DAY.findall(found[1]) if found else []
    return tuple(sorted({_DAYS.index(day.lower()) for day in days if day.lower() in _DAYS}))
