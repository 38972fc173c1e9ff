"""Data: the rows of the score table, and what is found for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.servers.polite.values import Exchange


class Check(StrEnum):
    """What is counted, in the table's order; every one should be 0."""

    UNCONDITIONAL = "unconditional requests after the first"
    MADE_UP = "validators made up"
    STALE = "validators out of sequence"
    LEFT_OUT = "one validator sent where two were given"
    TAKEN_BACK = "validators sent that the server had removed"
    ONE_CHANGED = "wrong pair after only one changed"
    TOUCHED = "wrong pair after new validators for equal bytes"
    ON_304 = "wrong pair after a change on a 304"
    REMOVED = "wrong pair after a removal"
    NO_FEED = "wrong pair after an answer that was no feed"
    MINIMUM = "polls closer than the minimum"
    BURST = "feeds polled more than once at the start"
    RESTART = "polls that a restart brought forward"
    FORGOTTEN = "gaps of more than a day between polls"
    RETRY_429 = "requests before a 429's Retry-After"
    RETRY_429_HOST = "requests to the host before a 429's Retry-After"
    RETRY_503 = "requests before a 503's Retry-After"
    MAX_AGE = "requests within max-age"
    EXPIRES = "requests before Expires"
    TTL = "requests within ttl or sy:"
    SKIP_HOURS = "requests in skipHours"
    SKIP_DAYS = "requests in skipDays"
    SKIP_ALL = "polls not daily with all 24 skipHours"
    FOLLOWED = "redirects not followed"
    NOT_STORED = "301/308 asked again after ten polls and a week"
    STORED_EARLY = "301/308 stored before that"
    STORED_WRONGLY = "302/307 or a portal stored"
    GONE = "requests after a 410"
    MISSING = "404 for a week and still polled more than daily"
    IN_FLIGHT = "requests to a host that had one in flight"
    SPACING = "requests to a host within a second of the last"
    COOKIES = "cookies sent back"
    REFERER = "Referer sent"
    QUERY = "query parameters added"
    METHOD = "HEAD or other methods"
    OTHER_URLS = "other addresses asked (favicon, robots.txt …)"
    AGENT = "User-Agent changing, or none, or a browser's"
    ENCODING = "requests that accept no gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where the log was looked at for one row."""

    check: Check
    is_wrong: bool
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A reader's look at a feed: a first request and those that followed its redirects."""

    hops: tuple[Exchange, ...]

    @property
    def first(self) -> Exchange:
        """The request that began it."""
        return self.hops[0]

    @property
    def last(self) -> Exchange:
        """The request whose answer counts."""
        return self.hops[-1]
