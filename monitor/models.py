"""Data: the frozen values that travel from a feed to a reader's inbox.

They are named for where they go, in the order in which they are made::

    FeedSource -> FeedState -> Response | NotModified | FetchError
               -> ParsedFeed -> Article -> Match -> Alert -> PollOutcome
    PollOutcome ==(one transaction)==> Delivery -> Message -> Sent | Retry | Dead
               held deliveries ==(when due)==> the Alert of a digest

All of them can be pickled, and hold nothing but plain values; every instant is an
aware UTC ``datetime`` and every span a ``timedelta``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, time, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


def quickly_pickled(cls: type[T]) -> type[T]:
    """Have a frozen dataclass with slots, of two fields or more, pickled in half the time.

    Dataclasses ask for the names of their fields with each value that they pickle, and again with
    each that they restore: 5.0 microseconds for an article's 14; these take 1.4. For what goes to
    the readers and back by the dozen.
    """
    names = [one.name for one in fields(cls)]  # type: ignore[arg-type]
    state_of = attrgetter(*names)
    setters = [getattr(cls, name).__set__ for name in names]

    def get_state(value: object) -> Any:
        return state_of(value)

    def set_state(value: object, state: tuple[Any, ...]) -> None:
        for put, one in zip(setters, state, strict=True):
            put(value, one)

    cls.__getstate__ = get_state  # type: ignore[assignment,method-assign]
    cls.__setstate__ = set_state  # type: ignore[attr-defined]
    return cls


# --- what the user follows ---------------------------------------------------------


class FullText(StrEnum):
    """When an article that its feed only sums up is read on its own page."""

    NEVER = "never"
    AUTO = "auto"
    """Where what a rule asks for first is in the summary already."""
    ALWAYS = "always"


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


@quickly_pickled
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


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """The publisher's own words for "this version", to be sent back byte for byte."""

    etag: str | None = None
    last_modified: str | None = None


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


# --- what the network answered -----------------------------------------------------


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


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Whom a request went to."""

    host: str = ""
    """The first that was asked."""
    end_host: str = ""
    """The last, which gave the answer."""
    moved_to: str = ""
    """The end of the permanent redirects (301, 308) that the way began with; "" without any."""


@quickly_pickled
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


# --- what the publisher wrote ------------------------------------------------------


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in plain text, with the keys by which it is known again."""

    keys: tuple[str, ...] = ()
    """Identity keys, the most trusted first (see ``articles.identity``)."""
    content_hash: str = ""
    """Of what its title and text say: another one under the same keys is an edited article."""
    guid: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    feed_url: str = ""
    feed_name: str = ""
    publisher: str = ""
    tags: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """By what tells articles apart nearly always: a poll looks each of them up several times."""
        return hash((self.keys, self.title))


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A body that was a feed: its articles in the order of the document."""

    title: str = ""
    articles: tuple[Article, ...] = ()
    judged: tuple[Judged, ...] = ()
    """What the rules say of the first of them, where they were asked as it was read."""
    skipped: int = 0
    """Entries that could not be read; each costs only itself."""
    earlier_url: str = ""
    """Where the entries before these are, on the same host; "" if the feed does not offer them."""
    hints: FeedHints = field(default_factory=FeedHints)
    unchanged: int = 0
    """Entries that were there last time, byte for byte: they are not among the articles."""
    fingerprints: bytes = b""
    """Of all entries, to know them by next time."""

    @property
    def entries(self) -> int:
        """How many there were that could be read."""
        return len(self.articles) + self.unchanged


# --- what the rules said -----------------------------------------------------------


class Severity(StrEnum):
    """How urgent a rule's author says its matches are, least first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One mention that satisfied a condition, with where it stands.

    ``start`` and ``end`` count characters of the article's field; ``sentence`` begins at
    ``sentence_start`` of the same field.
    """

    condition: str
    field: str
    start: int
    end: int
    text: str
    kind: str
    """Why it counts: ``name``, ``demonym``, ``capital``, ``government``, ``acronym``, ``term`` …"""
    sentence: str = ""
    sentence_start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTime:
    """When digests are due: every full hour, or once a day."""

    at: time | None = None
    """By the clock on the destination's wall, every day; ``None``: every full hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """At most so many alerts in any such span; what is more waits for the digest."""

    count: int
    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a rule's author says of how its matches are told."""

    is_experimental: bool = False
    """It is on trial: never told at once."""
    digest: DigestTime | None = None
    """Its matches wait for a digest at these times."""
    throttle: Throttle | None = None


AT_ONCE = Handling()


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule held on one article."""

    rule_id: str
    rule_version: str
    rule_title: str
    severity: Severity
    relevance: float
    """0 to 1."""
    is_weak: bool
    """Below the rule's ``min_relevance``: stored, never alerted at once."""
    notify: tuple[str, ...] | None
    """Destinations; ``None`` means every one."""
    evidence: tuple[Evidence, ...]
    handling: Handling = field(default=AT_ONCE, compare=False)
    """For planning; it is not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrouble:
    """A rule that could not judge an article, and why."""

    rule_id: str
    why: str


@quickly_pickled
@dataclass(frozen=True, slots=True)
class Judged:
    """Every match of every rule on an article, weak ones included, and the rules that failed."""

    matches: tuple[Match, ...] = ()
    troubles: tuple[RuleTrouble, ...] = ()
    language: str | None = None
    """The article's, which its lists of words were chosen by."""


# --- what people are told ----------------------------------------------------------


class AlertKind(StrEnum):
    """What an alert tells."""

    ARTICLE = "article"
    UPDATE = "update"
    """An article that was told of says something else now."""
    DIGEST = "digest"
    """What was held for one destination, together."""
    ESCALATION = "escalation"
    """Nobody has acknowledged an alert in time."""
    NOTICE = "notice"
    """The service itself, for its operator."""
    TEST = "test"


class PlanReason(StrEnum):
    """Why a delivery is not simply due at once; people read these in the ledger."""

    QUIET_HOURS = "quiet hours"
    THROTTLED = "throttled"
    DIGEST = "digest"
    """Its rule, or its severity at this destination, waits for the digest."""
    WEAK = "weak match"
    EXPERIMENTAL = "experimental rule"
    SAME_STORY = "same story"
    SILENCED = "silenced"
    ROUTED = "routed elsewhere"
    ESCALATION = "escalation"
    ACKNOWLEDGED = "acknowledged"
    UPDATE = "update"


class DeliveryState(StrEnum):
    """Where one message to one destination stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    HELD = "held"
    """It waits for a digest, or for nothing yet."""
    COVERED = "covered"
    """It is not sent by itself: another message tells of it, or nobody wants it. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one delivery of an alert begins as, where it is not simply due at once."""

    destination: str
    reason: PlanReason
    state: DeliveryState = DeliveryState.PENDING
    """``PENDING``, ``HELD`` or ``COVERED``."""
    due_at: datetime | None = None
    """While pending: when it is due. While held: when the digest is; ``None``: not yet known."""
    told_by: str = ""
    """The key of the alert whose delivery to the same destination tells of it."""
    detail: str = ""
    """More about the reason, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What will be said about one match, to whom; ``key`` makes it be said once."""

    key: str
    article: Article
    match: Match
    destinations: tuple[str, ...]
    created_at: datetime
    kind: AlertKind = AlertKind.ARTICLE
    note: str = ""
    """What it says beside the article, in one line: what an update changed."""
    planned: tuple[Planned, ...] = field(default=(), compare=False)
    """For those of its destinations whose delivery is not due at once; the store has them as
    deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArticle:
    """A new article with every match of every rule, and the alerts that follow."""

    article: Article
    claims: tuple[str, ...]
    """The identity keys that no stored article had when it was admitted."""
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedArticle:
    """A stored article that came again under other keys."""

    article_id: int
    claims: tuple[str, ...]
    """The identity keys that it has now and that no stored article had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedArticle:
    """A stored article that came again and says something else, as it is now."""

    article_id: int
    article: Article
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """Of rules that did not hold on it before, and updates of what was told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """An alert of a stored article, with the destinations that have its message."""

    match: Match
    destinations: tuple[str, ...]
    updated_at: datetime | None = None
    """When an update of it was written last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A stored article before an edit of it is written."""

    title: str
    text: str
    held: frozenset[str] = frozenset()
    """The rules that hold on it, weakly matched ones not among them."""
    told: tuple[ToldAlert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Everything that one poll of one feed changes; it is committed whole or not at all."""

    feed_id: int
    polled_at: datetime
    next_check_at: datetime
    validators: Validators
    body_hash: str | None
    is_first_read: bool = False
    is_read: bool = False
    """The publisher answered with a feed, or with "unchanged"."""
    articles: tuple[JudgedArticle, ...] = ()
    edited: tuple[EditedArticle, ...] = ()
    renamed: tuple[RenamedArticle, ...] = ()
    failures: int = 0
    reason: FailureReason | None = None
    detail: str = ""
    pages_read: int = 0
    pages_failed: int = 0
    """Pages of articles that were read by this poll, and that could not be."""
    pace: Pace = Pace.INTERVAL
    hints: FeedHints = field(default_factory=FeedHints)
    route: Route | None = None
    """``None`` leaves it as it was."""
    host_wait: HostWait | None = None
    health: FeedHealth | None = None
    rhythm: Rhythm | None = None
    deaths: int | None = None
    """``None`` leaves each as it was."""
    fingerprints: bytes | None = field(default=None, repr=False)
    is_gone: bool = False
    events: tuple[Event, ...] = ()


class DeliveryReason(StrEnum):
    """Why a delivery is to be tried again, or was given up."""

    REFUSED = "refused"
    """The service, or the way to it, said no."""
    SLOW_DOWN = "slow down"
    """The service takes no message for a while (429, 503), whichever it is."""
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    """The sending process died over it; whether the service has it is unknown."""
    INTERRUPTED = "interrupted"
    """The daemon stopped while it was in flight; whether the service has it is unknown."""
    NO_DESTINATION = "no such destination"
    EXPIRED = "expired"
    DROPPED = "dropped"
    """Somebody took it out of the queue."""


class OnUncertain(StrEnum):
    """What to do with a message that may have arrived: its sender or the daemon died over it."""

    RESEND = "resend"
    SKIP = "skip"
    MARK = "mark"
    """Send it again, and say in it that it may be a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many messages in a span at once, and then as many in each further span."""

    count: int
    per: timedelta


class Told(StrEnum):
    """What the operator knows of a destination's trouble."""

    NOTHING = ""
    FAILING = "failing"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What one destination's queue remembers from one attempt to the next."""

    paid_until: datetime | None = None
    """Until when what was sent has used up the allowance."""
    failures: int = 0
    """Attempts in a row that the destination did not take, whichever messages they were."""
    suspect: int | None = None
    """The delivery that failed last: either it is at fault or the destination is."""
    opens_at: datetime | None = None
    """The destination is at fault, and is left alone until then."""
    told: Told = Told.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One delivery that a digest tells of."""

    rule_id: str
    rule_title: str
    severity: Severity
    relevance: float
    title: str
    url: str
    source: str
    """The feed's name."""
    publisher: str
    language: str | None
    published_at: datetime | None
    reason: PlanReason | None
    """Why it waited."""
    outlets: int = 0
    """How many other deliveries of the same story it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a digest tells of: by rule, the most urgent rule first, the most relevant item first."""

    items: tuple[DigestItem, ...]
    """At most ``planning.MOST_ITEMS``, chosen evenly among the rules."""
    count: int
    """How many there are in all."""
    counts: tuple[tuple[str, int], ...]
    """For each rule (its id), in the order of the items, how many there are in all."""
    since: datetime
    """When the oldest of them was found."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert for one destination, as claimed from the outbox."""

    id: int
    public_id: str
    """Short, stable across retries, shown in the message: a duplicate can be told."""
    alert: Alert
    destination: str
    attempts: int
    """How often it was handed to a sender, this time included."""
    created_at: datetime
    plan_reason: PlanReason | None = None
    """Why it was not due at once."""
    outlets: tuple[str, ...] = ()
    """The other publishers of the same story that it tells of so far."""
    digest: Digest | None = None
    """Of an alert of that kind: what it tells of."""
    follows: str = ""
    """The public id of the delivery that this one continues: of the alert that it updates."""
    lane: Lane = Lane()
    """Of its destination, as this attempt found it."""
    is_uncertain: bool = False
    """An earlier attempt ended without an answer: the service may have it already."""

    @property
    def kind(self) -> AlertKind:
        """What its message is: an article's alert that nobody acknowledged comes as escalation."""
        is_escalated = self.plan_reason is PlanReason.ESCALATION
        return AlertKind.ESCALATION if is_escalated else self.alert.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A delivery in words: one truth, rendered for each kind of channel. Nothing in it is live."""

    title: str
    text: str
    html: str
    markdown: str = ""
    """CommonMark; "" where there is none."""
    short: str = ""
    """Link, source and id, a line each: what is said below the title where there is little room."""
    id: str = ""
    """The delivery's public id."""
    follows: str = ""
    """The public id of the delivery that it continues, if any: mails form a thread."""
    topic: str = ""
    """What it is about, for filters: a rule's id."""


class MessageFormat(StrEnum):
    """How much a destination is told."""

    FULL = "full"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where messages go. ``url`` is a secret and stays out of every ``repr``."""

    name: str
    url: str = field(repr=False)
    format: MessageFormat = MessageFormat.FULL
    rate: Rate | None = None
    """``None``: as fast as it takes them."""
    on_uncertain: OnUncertain = OnUncertain.RESEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The service accepted the message."""

    at: datetime
    answer: str = ""
    """Which service, and what it said: one line without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The service did not accept it; it is tried again at ``next_attempt_at``."""

    next_attempt_at: datetime
    reason: DeliveryReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """It was given up, visibly."""

    at: datetime
    reason: DeliveryReason
    detail: str = ""


DeliveryResult = Sent | Retry | Dead


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChange:
    """What an attempt changes of its destination's queue, beside the delivery itself."""

    lane: Lane
    recalled: int | None = None
    """The delivery that was thought to be at fault and is not: it waits with the lane."""
    expired_before: datetime | None = None
    """What was created before that is given up together with this delivery."""
    event: Event | None = None


# --- what the operator should know -------------------------------------------------


class EventKind(StrEnum):
    """What happened to the service itself."""

    STARTED = "started"
    STOPPED = "stopped"
    RULES_LOADED = "rules loaded"
    RULES_REFUSED = "rules refused"
    CONFIG_REFUSED = "config refused"
    FEED_FAILING = "feed failing"
    FEED_RECOVERED = "feed recovered"
    FEED_RENAMED = "feed renamed its entries"
    FEED_FROZEN = "feed frozen"
    FEED_OVERFLOWING = "feed overflowing"
    FEED_QUARANTINED = "feed quarantined"
    FEED_GONE = "feed gone"
    FEED_MOVED = "feed moved"
    RULE_FAILED = "rule failed"
    ARTICLE_UNJUDGED = "article unjudged"
    DELIVERY_DEAD = "delivery dead"
    DELIVERY_DEAD_KNOWN = "delivery dead, as others"
    """Of a test message, or in a trouble that was announced: nobody needs to be told."""
    DESTINATION_FAILING = "destination failing"
    DESTINATION_RECOVERED = "destination recovered"
    TEMPLATE_FAILED = "template failed"
    """The operator's own wording could not be used; ours was."""
    DELIVERY_RESENT = "delivery sent again"
    """Somebody asked for it."""
    ALERT_ACKNOWLEDGED = "alert acknowledged"
    RULE_SILENCED = "rule silenced"
    SILENCE_ENDED = "silence ended"
    BACKUP_MADE = "backup made"
    BACKUP_FAILED = "backup failed"
    DATABASE_RESTORED = "database restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of the operator's log."""

    at: datetime
    kind: EventKind
    subject: str = ""
    detail: str = ""
