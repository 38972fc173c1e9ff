"""Orders: a small polite reader of the kit's own, and the flaws it can be given.

It shows that every row of the score can be passed, and that each is failed when it should be.
It asks an ``Office`` directly, in simulated time, and remembers nothing but what is written here.
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from tests.servers.polite.conduct import POLLS_BEFORE_STORED, TIME_BEFORE_STORED
from tests.servers.polite.office import Office
from tests.servers.polite.values import Answer, Placed

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
AGENT = "model-reader/1.0 (+https://example.org/about)"
_TTL = re.compile(rb"<ttl>(\d+)</ttl>")
_FREQUENCY = re.compile(rb"updateFrequency[^>]*>(\d+)<")
_HOUR = re.compile(rb"<hour>(\d+)</hour>")
_DAY = re.compile(rb"<day>(\w+)day</day>")
_DAYS = (b"Mon", b"Tues", b"Wednes", b"Thurs", b"Fri", b"Satur", b"Sun")


class Flaw(StrEnum):
    """What readers in the wild do wrong."""

    DROPS_VALIDATORS = "asks unconditionally every tenth time"
    MAKES_UP_VALIDATORS = "sends the time of its last poll as If-Modified-Since"
    KEEPS_THE_FIRST = "never replaces a validator it has"
    SENDS_THE_ETAG_ALONE = "sends the ETag alone"
    FORGETS_304S = "does not take validators from a 304"
    KEEPS_WHAT_WAS_REMOVED = "keeps the validator that a 200 no longer names"
    TRUSTS_ERRORS = "stores the validators of error and login pages"
    JITTERS_BELOW = "jitter halves the minimum"
    POLLS_TWICE_AT_START = "polls a new feed twice"
    FORGETS_ON_RESTART = "a restart makes everything due"
    GIVES_UP = "polls a failing feed less and less, without end"
    IGNORES_RETRY_AFTER = "does not read Retry-After"
    IGNORES_HOSTS_429 = "a 429 holds only the feed that got it"
    IGNORES_CACHE = "does not read Cache-Control and Expires"
    IGNORES_TTL = "does not read ttl and sy:"
    IGNORES_SKIPS = "does not read skipHours and skipDays"
    FOLLOWS_NOTHING = "takes a redirect for an error"
    STORES_NO_REDIRECT = "never stores a 301"
    STORES_AT_ONCE = "stores every redirect at once"
    IGNORES_410 = "takes a 410 for an error"
    NEVER_SLOWS = "polls a 404 as before"
    CROWDS_HOSTS = "asks a host for all its feeds at once"
    KEEPS_COOKIES = "sends cookies back"
    SENDS_REFERER = "sends a Referer"
    BUSTS_CACHES = "adds a query parameter"
    HEAD_FIRST = "sends a HEAD before each GET"
    WANTS_ICONS = "asks for the favicon"
    IS_A_BROWSER = "calls itself Mozilla"
    TAKES_NO_GZIP = "accepts no encoding"


@dataclass(slots=True)
class _Known:
    """What the reader remembers of a feed."""

    feed: Placed
    path: str
    due_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    polls: int = 0
    failures: int = 0
    wait: timedelta = timedelta()
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    redirected: int = 0
    redirected_since: datetime | None = None
    is_gone: bool = False
    cookie: str = ""


@dataclass(slots=True)
class ModelReader:
    """Polls every feed of an office until a time; ``set_clock`` moves the office's clock."""

    office: Office
    set_clock: object
    minimum: timedelta
    flaw: Flaw | None = None
    _now: datetime = field(init=False)
    _known: list[_Known] = field(init=False)
    _free: dict[str, datetime] = field(default_factory=dict)
    _closed: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._now = self.office.started
        self._known = [
            _Known(feed=feed, path=feed.path, due_at=self._now) for feed in self.office.feeds
        ]

    def run(self, until: datetime, restarts: tuple[datetime, ...] = ()) -> None:
        """Poll what is due, and jump to the next due time, until ``until``."""
        ahead = sorted(restarts)
        queue = [(known.due_at, known.feed.number) for known in self._known]
        heapq.heapify(queue)
        while queue and queue[0][0] < until:
            due_at, number = heapq.heappop(queue)
            while ahead and ahead[0] <= due_at:
                if self._has(Flaw.FORGETS_ON_RESTART):
                    at = ahead[0]
                    queue = [(at, other) for _, other in queue]
                    due_at = at
                ahead.pop(0)
            self._tick(max(due_at, self._now))
            known = self._known[number]
            free_at = self._free_at(known)
            if free_at > self._now:
                heapq.heappush(queue, (free_at, number))
                continue
            self._poll(known)
            if self._has(Flaw.POLLS_TWICE_AT_START) and known.polls == 1:
                self._poll(known)
            if not known.is_gone:
                heapq.heappush(queue, (known.due_at, number))

    def _has(self, flaw: Flaw) -> bool:
        return self.flaw is flaw

    def _tick(self, to: datetime) -> None:
        self._now = to
        self.set_clock(to)  # type: ignore[operator]

    def _free_at(self, known: _Known) -> datetime:
        host = known.feed.host
        if self._has(Flaw.CROWDS_HOSTS):
            return self._closed.get(host, self._now)
        return max(self._free.get(host, self._now), self._closed.get(host, self._now))

    # --- one poll ------------------------------------------------------------------

    def _poll(self, known: _Known) -> None:
        known.polls += 1
        if self._has(Flaw.HEAD_FIRST):
            self._ask(known, known.path, method="HEAD")
        if self._has(Flaw.WANTS_ICONS):
            self._ask(known, "/favicon.ico")
        at, path = self._now, known.path
        answer = self._ask(known, path)
        location = answer.headers.get("Location")
        if location is not None and not self._has(Flaw.FOLLOWS_NOTHING):
            self._tick(self._now + SECOND)
            is_lasting, path = answer.status in (301, 308), location
            answer = self._ask(known, path)
            self._consider_storing(known, path, answer, at, is_lasting=is_lasting)
        self._remember(known, answer)
        known.due_at = self._next(known, answer, at)

    def _ask(self, known: _Known, path: str, method: str = "GET") -> Answer:
        headers = {"host": known.feed.host, "user-agent": AGENT, "accept-encoding": "gzip"}
        etag, last_modified = known.etag, known.last_modified
        if self._has(Flaw.DROPS_VALIDATORS) and known.polls % 10 == 0:
            etag = last_modified = None
        if self._has(Flaw.MAKES_UP_VALIDATORS):
            last_modified = f"{self._now - HOUR:%a, %d %b %Y %H:%M:%S GMT}"
        if self._has(Flaw.SENDS_THE_ETAG_ALONE) and etag:
            last_modified = None
        if etag:
            headers["if-none-match"] = etag
        if last_modified:
            headers["if-modified-since"] = last_modified
        if self._has(Flaw.KEEPS_COOKIES) and known.cookie:
            headers["cookie"] = known.cookie
        if self._has(Flaw.SENDS_REFERER):
            headers["referer"] = "https://example.org/"
        if self._has(Flaw.IS_A_BROWSER):
            headers["user-agent"] = "Mozilla/5.0 (X11; Linux) Gecko/20100101"
        if self._has(Flaw.TAKES_NO_GZIP):
            del headers["accept-encoding"]
        target = f"{path}?_={known.polls}" if self._has(Flaw.BUSTS_CACHES) else path
        answer = self.office.answer(method, known.feed.host, target, headers)
        known.cookie = answer.headers.get("Set-Cookie", known.cookie)
        self._free[known.feed.host] = self._now + SECOND
        return answer

    def _consider_storing(
        self, known: _Known, path: str, answer: Answer, at: datetime, *, is_lasting: bool
    ) -> None:
        if self._has(Flaw.STORES_AT_ONCE):
            known.path = path
        if not (is_lasting and (answer.is_feed or answer.status == 304)):
            known.redirected, known.redirected_since = 0, None
            return
        known.redirected += 1
        known.redirected_since = known.redirected_since or at
        is_old = at - known.redirected_since >= TIME_BEFORE_STORED
        if known.redirected >= POLLS_BEFORE_STORED and is_old:
            known.path = known.path if self._has(Flaw.STORES_NO_REDIRECT) else path

    def _remember(self, known: _Known, answer: Answer) -> None:
        if answer.is_feed or (answer.status == 200 and self._has(Flaw.TRUSTS_ERRORS)):
            etag, last_modified = answer.etag, answer.last_modified
            if self._has(Flaw.KEEPS_WHAT_WAS_REMOVED):
                etag, last_modified = etag or known.etag, last_modified or known.last_modified
            if self._has(Flaw.KEEPS_THE_FIRST):
                etag, last_modified = known.etag or etag, known.last_modified or last_modified
            known.etag, known.last_modified = etag, last_modified
            self._read_hints(known, answer.body)
        elif answer.status == 304 and not self._has(Flaw.FORGETS_304S):
            known.etag = answer.etag or known.etag
            known.last_modified = answer.last_modified or known.last_modified
        is_read = answer.is_feed or answer.status == 304
        known.failures = 0 if is_read else known.failures + 1
        known.is_gone = answer.status == 410 and not self._has(Flaw.IGNORES_410)

    def _read_hints(self, known: _Known, body: bytes) -> None:
        wait = timedelta()
        if not self._has(Flaw.IGNORES_TTL):
            if found := _TTL.search(body):
                wait = timedelta(minutes=int(found[1]))
            if found := _FREQUENCY.search(body):
                wait = DAY / int(found[1])
        known.wait = wait
        if not self._has(Flaw.IGNORES_SKIPS):
            known.skip_hours = frozenset(map(int, _HOUR.findall(body)))
            known.skip_days = frozenset(map(_DAYS.index, _DAY.findall(body)))

    # --- the next one --------------------------------------------------------------

    def _next(self, known: _Known, answer: Answer, at: datetime) -> datetime:
        wait = self.minimum
        if known.failures:
            longest = 60 * DAY if self._has(Flaw.GIVES_UP) else DAY
            slower = self.minimum * 2 ** min(known.failures, 12)
            wait = wait if self._has(Flaw.NEVER_SLOWS) else min(slower, longest)
        wait = max(wait, known.wait, self._wished(known, answer))
        due_at = self._now + wait  # from the last hop: nothing is asked too soon after it
        if self._has(Flaw.JITTERS_BELOW):
            return at + wait / 2
        if len(known.skip_hours) == 24:
            return max(due_at, at + DAY)
        while due_at.hour in known.skip_hours or due_at.weekday() in known.skip_days:
            due_at = due_at.replace(minute=0, second=0, microsecond=0) + HOUR
        return due_at

    def _wished(self, known: _Known, answer: Answer) -> timedelta:
        named = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status in (429, 503) and not self._has(Flaw.IGNORES_RETRY_AFTER):
            wait = _retry_after(named.get("retry-after", ""), self._now)
            if answer.status == 429 and not self._has(Flaw.IGNORES_HOSTS_429):
                self._closed[known.feed.host] = self._now + wait
            return wait
        if self._has(Flaw.IGNORES_CACHE):
            return timedelta()
        if found := re.search(r"max-age=(\d+)", named.get("cache-control", "")):
            return min(timedelta(seconds=int(found[1])), DAY)
        if "expires" in named:
            return parsedate_to_datetime(named["expires"]) - self._now
        return timedelta()


def _retry_after(value: str, now: datetime) -> timedelta:
    """Seconds or a date, a day at most; what is absurd is nothing."""
    if value.isdigit():
        seconds = int(value)
        return timedelta(seconds=seconds) if seconds <= DAY.total_seconds() else timedelta()
    try:
        return min(max(parsedate_to_datetime(value) - now, timedelta()), DAY)
    except (ValueError, TypeError):
        return timedelta()
