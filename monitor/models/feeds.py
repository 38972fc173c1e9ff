"""Data: what the user follows, how that is, and what the network answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from monitor.models.quick import quick


class FullText(StrEnum):
    """When an article that its feed only sums up is read on its own page."""

    NEVER = "never"
    AUTO = "auto"
    """Where what a rule asks for first is in the summary already."""
    ALWAYS = "always"


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """A feed as the configuration names it."""

    url: str
    name: str = ""
    publisher: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    interval: timedelta = timedelta(minutes=15)
    full_text: FullText = FullText.NEVER
    has_own_interval: bool = False
    """The user named it for this feed: nothing but the publisher's word makes polls rarer."""

    @property
    def host(self) -> str:
        """The host that is asked, with its port unless that is the scheme's own; "" if none."""
        return host_of(self.url)


def host_of(url: str) -> str:
    """The host of a URL in small letters, with its port unless that is the scheme's own."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return ""
    return (
        host if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f"{host}:{port}"
    )


LONGEST_WAIT = timedelta(days=9)
"""No poll is ever planned further ahead: a day, and a week of skipDays. What is, was planned by
a clock that has been set back since."""


REMEMBERED = 20_000
"""For so many feeds what is the same at every poll is worked out once; with more, at each."""


class Pace(StrEnum):
    """What decided when a feed is looked at next; people read these in ``feeds list``."""

    INTERVAL = "interval"
    QUIET = "publishes rarely"
    ROLLING = "entries roll off"
    MAX_AGE = "max-age"
    EXPIRES = "Expires"
    TTL = "ttl"
    UPDATE_PERIOD = "sy:updatePeriod"
    SKIPPED = "skipHours and skipDays"
    BACKOFF = "backing off"
    RETRY_AFTER = "Retry-After"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long an answer stays good, by its own head; at most a day."""

    wait: timedelta
    pace: Pace


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHints:
    """What a feed's document says of how often it is worth a look."""

    ttl: timedelta | None = None
    update_every: timedelta | None = None
    """sy:updatePeriod divided by sy:updateFrequency."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day in GMT, 0 to 23."""
    skip_days: tuple[int, ...] = ()
    """Days of the week in GMT, Monday is 0."""


class FeedHealth(StrEnum):
    """How a feed is, as far as the operator need know."""

    NEW = "not polled yet"
    OK = "ok"
    OVERFLOWING = "overflowing"
    """Entries may have rolled off between two polls."""
    FROZEN = "frozen"
    """It answers, and has been silent for much longer than is usual for it."""
    FAILING = "failing"
    NOT_A_FEED = "not a feed"
    QUARANTINED = "quarantined"
    """Its bodies cost the processes that read them."""
    GONE = "gone"

    @property
    def is_blind(self) -> bool:
        """Whether what the publisher writes does not reach us."""
        return self in (
            FeedHealth.FAILING,
            FeedHealth.NOT_A_FEED,
            FeedHealth.QUARANTINED,
            FeedHealth.GONE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed brings something new."""

    gaps: tuple[timedelta, ...] = ()
    """The last ones between what is new, in whole seconds, oldest first."""
    longest: timedelta = timedelta(0)
    longest_at: datetime | None = None
    """When the longest gap ended."""
    last_at: datetime | None = None
    """When something was new the last time."""
    overflowed_at: datetime | None = None
    """When none of a poll's entries had been there at the poll before."""

    @property
    def usual_gap(self) -> timedelta | None:
        """The median."""
        return sorted(self.gaps)[len(self.gaps) // 2] if self.gaps else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which hosts a poll of a feed asks; of each, one request at a time."""

    host: str = ""
    """The one that is asked first."""
    end_host: str = ""
    """The one that answered last time, after redirects."""
    address: str | None = None
    """Where the feed has moved for good; ``None``: it is where the configuration says."""
    moved_to: str = ""
    """Where permanent redirects lead that are not yet believed, since when, for how many polls."""
    moved_since: datetime | None = None
    moved_polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWait:
    """A host that said "too many requests" (429): none of its feeds is asked before."""

    host: str
    until: datetime


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """The publisher's own words for "this version", to be sent back byte for byte."""

    etag: str | None = None
    last_modified: str | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A feed and all that is remembered about it between two polls."""

    id: int
    source: FeedSource
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    next_check_at: datetime
    polled_at: datetime | None = None
    first_read_at: datetime | None = None
    """When its entries were first recorded; ``None``: the next good poll is its first."""
    succeeded_at: datetime | None = None
    new_article_at: datetime | None = None
    failures: int = 0
    """Failed polls in a row."""
    reason: FailureReason | None = None
    detail: str = ""
    pace: Pace = Pace.INTERVAL
    """Why ``next_check_at`` is when it is."""
    hints: FeedHints = field(default_factory=FeedHints)
    route: Route = field(default_factory=Route)
    health: FeedHealth = FeedHealth.NEW
    rhythm: Rhythm = field(default_factory=Rhythm)
    deaths: int = 0
    """Bodies in a row that cost their reader."""
    fingerprints: bytes = field(default=b"", repr=False)
    """Of the entries of the last document that was read."""
    pages_read: int = 0
    """How many articles were read on their own pages."""
    pages_failed: int = 0
    """How many pages gave nothing, so that the summary was judged."""
    gone_at: datetime | None = None
    """When the publisher said that it is gone for good (410): it is asked no more."""

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.route.address or self.source.url


class FailureReason(StrEnum):
    """Why a poll gave nothing; people read these, in ``status`` and in ``feeds list``."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden address"
    FORBIDDEN_SCHEME = "forbidden scheme"
    TOO_LARGE = "too large"
    TOO_MANY_REDIRECTS = "too many redirects"
    HTTP_STATUS = "http status"
    BAD_ENCODING = "bad encoding"
    NOT_A_FEED = "not a feed"
    HOSTILE = "hostile"
    """The reader process had to be killed, or died, over this body."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Whom a request went to."""

    host: str = ""
    """The first that was asked."""
    end_host: str = ""
    """The last, which gave the answer."""
    moved_to: str = ""
    """The end of the permanent redirects (301, 308) that the way began with; "" without any."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A 200 with its body as it came over the wire, still compressed."""

    url: str
    """The address that answered, after redirects."""
    body: bytes = field(repr=False)
    body_hash: str
    content_type: str = ""
    content_encoding: str = ""
    validators: Validators = field(default_factory=Validators)
    freshness: Freshness | None = None
    trail: Trail = field(default_factory=Trail, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304; its validators, where it names any, replace the stored ones."""

    validators: Validators = field(default_factory=Validators)
    freshness: Freshness | None = None
    trail: Trail = field(default_factory=Trail, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchError:
    """An expected failure of one poll of one feed; ``detail`` names the limit or the cause."""

    reason: FailureReason
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    trail: Trail = field(default_factory=Trail, compare=False)
