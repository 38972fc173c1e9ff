"""Data: what a reader asks, what a publisher answers, and the log of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as a publisher sees it."""

    feed: int
    base: str
    """The feed's first address, without host and without a slash at its end."""
    path: str
    """As sent, without query."""
    headers: Mapping[str, str]
    """By lower-case name."""
    at: datetime
    """The server's time."""
    since: timedelta
    """Since the feed was put up."""

    @property
    def has_moved(self) -> bool:
        """Whether the feed's second address was asked for."""
        return self.path != self.base


class Wish(StrEnum):
    """By what a publisher says when to come back."""

    RETRY_AFTER_429 = "429"
    RETRY_AFTER_503 = "503"
    MAX_AGE = "max-age"
    EXPIRES = "Expires"
    TTL = "ttl, sy:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out, and what a polite reader makes of it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    is_feed: bool = False
    """A 200 with a feed in it: only its validators are to be kept, and those of a 304."""
    not_before: datetime | None = None
    wish: Wish | None = None
    takes: timedelta = timedelta()
    """Real time that the publisher lets pass before it answers."""

    @property
    def etag(self) -> str | None:
        """The entity tag as sent."""
        return self.headers.get("ETag")

    @property
    def last_modified(self) -> str | None:
        """The date as sent."""
        return self.headers.get("Last-Modified")


class Move(StrEnum):
    """Where a publisher's redirects lead."""

    FOR_GOOD = "for good"
    FOR_NOW = "for now"
    TO_A_PORTAL = "to a portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """One habit of answering, and what follows from it for a reader."""

    name: str
    about: str
    answer: Callable[[Asked], Answer]
    move: Move | None = None
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day in GMT."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week in GMT, Monday is 0."""
    goes_missing_at: timedelta | None = None
    """Since when it has answered 404 for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; ``feed`` is ``None`` for what no feed has as its address."""

    feed: int | None
    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Of the request, by lower-case name."""
    at: datetime
    in_flight: int
    """Requests at the host that had no answer yet, this one included."""
    answer: Answer

    @property
    def etag(self) -> str | None:
        """What was sent as If-None-Match."""
        return self.headers.get("if-none-match")

    @property
    def last_modified(self) -> str | None:
        """What was sent as If-Modified-Since."""
        return self.headers.get("if-modified-since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A feed of the server: a publisher at an address."""

    number: int
    publisher: Publisher
    host: str
    path: str

    @property
    def moved_path(self) -> str:
        """Where its redirects lead."""
        return f"{self.path}/moved"
