"""Decides: what a feed's address asks for, and what the head of an HTTP answer says.

No text of a URL beyond scheme, host and port gets into a ``FetchError``: user names, passwords,
paths and queries may be secrets.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

from monitor.feeds.addresses import canonical_host
from monitor.models import (
    REMEMBERED,
    FailureReason,
    FetchError,
    Freshness,
    NotModified,
    Pace,
    Response,
    Trail,
    Validators,
)

PORTS = {"http": 80, "https": 443}
"""The schemes that may be asked, with their ports."""

OK = 200
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})

NOWHERE = Trail()
_LONGEST_WAIT = timedelta(days=1)
_ABSURD_WAIT = timedelta(days=366)
_LONGEST_DATE = 64
_SECONDS = re.compile(r"[0-9]{1,12}")
_SKEW = timedelta(hours=1)
"""By which a server's clock may differ from ours and its Date still be taken for now."""
_LENGTH = re.compile(r"[0-9]{1,18}")
_SENDABLE = re.compile(r"[\t\x20-\xff]+")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address to ask, taken apart and put together again.

    Two readers of one URL can disagree about its host (``http://a\\@b/``), and a guard that reads
    it otherwise than libcurl guards nothing. So libcurl gets ``url``, written anew from the parts
    that the guard knows.
    """

    scheme: str
    host: str
    """Canonical: an ASCII name, or an address without brackets."""
    port: int
    authority: str
    """Whose turn a request takes: the host, with its port unless that is the scheme's own."""
    is_numeric: bool
    """Whether the host is an address, so that there is nothing to look up."""
    url: str
    """Without user name, password and fragment."""
    authorization: bytes | None = field(default=None, repr=False)
    """What the URL's user name and password become in an ``Authorization`` field."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be the same for credentials to be sent again."""
        return (self.scheme, self.host, self.port)


@lru_cache(maxsize=REMEMBERED)
def parse_target(url: str) -> Target | FetchError:
    """Read a feed's address, or say why it cannot be asked."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS:
            return _forbidden_scheme(parts.scheme)
        host = canonical_host(parts.hostname or "")
        port = PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        return FetchError(
            reason=FailureReason.UNREACHABLE,
            detail="the address names no host and port that could be asked",
        )
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port,
        authority=host if port == PORTS[parts.scheme] else f"{host}:{port}",
        is_numeric=":" in host or host.rpartition(".")[2].isdigit(),
        url=_written(parts, host, port),
        authorization=_authorization(parts),
    )


def next_target(target: Target, location: str) -> Target | FetchError:
    """Read where a redirect leads; credentials go along to the same origin only."""
    try:
        url = urljoin(target.url, location)
    except ValueError:
        url = location
    step = parse_target(url)
    if isinstance(step, FetchError) or step.authorization or step.origin != target.origin:
        return step
    return replace(step, authorization=target.authorization)


def _forbidden_scheme(scheme: str) -> FetchError:
    found = f"{scheme[:20]}: is neither" if scheme else "an address without a scheme is neither"
    return FetchError(
        reason=FailureReason.FORBIDDEN_SCHEME, detail=f"{found} http: nor https:, and not asked"
    )


def _written(parts: SplitResult, host: str, port: int) -> str:
    netloc = f"[{host}]" if ":" in host else host
    if port != PORTS[parts.scheme]:
        netloc += f":{port}"
    path = quote(parts.path or "/", safe=_PRINTABLE, errors="replace")
    query = quote(parts.query, safe=_PRINTABLE, errors="replace")
    return f"{parts.scheme}://{netloc}{path}" + (f"?{query}" if query else "")


def _authorization(parts: SplitResult) -> bytes | None:
    if parts.username is None:
        return None
    pair = f"{parts.username}:{parts.password or ''}".encode(errors="replace")
    return b"Basic " + b64encode(unquote_to_bytes(pair))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Status and fields of an answer; of a repeated field, the first."""

    status: int
    fields: Mapping[str, str]
    """By lower-case name; one character for each byte as it came (Latin-1)."""

    def get(self, name: str) -> str | None:
        """The field's value, or ``None`` if it is absent or empty."""
        return self.fields.get(name) or None

    @property
    def validators(self) -> Validators:
        """What to send back next time."""
        return Validators(etag=self.get("etag"), last_modified=self.get("last-modified"))

    @property
    def content_length(self) -> int:
        """The announced bytes of body; 0 if none are."""
        value = self.fields.get("content-length", "")
        return int(value) if _LENGTH.fullmatch(value) else 0

    @property
    def location(self) -> str | None:
        """Where a redirect leads; many servers write it in UTF-8 as it is."""
        value = self.get("location") if self.status in REDIRECTS else None
        if value is None:
            return None
        raw = value.encode("latin-1")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return value


def read_head(lines: Sequence[bytes]) -> Head:
    """Read a status line and the fields after it; unreadable ones are left out."""
    status = lines[0].split()[1:2] if lines else []
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip(" \t\r\n"))
    code = status[0] if status else b""
    return Head(
        status=int(code) if code.isdigit() and len(code) == len("200") else 0, fields=fields
    )


def conditions(validators: Validators) -> list[bytes]:
    """Header lines that ask for the feed only if it changed, byte for byte as it was given."""
    given = (
        _condition("If-None-Match", validators.etag or ""),
        _condition("If-Modified-Since", validators.last_modified or ""),
    )
    return [line for line in given if line]


@lru_cache(maxsize=2 * REMEMBERED)
def _condition(name: str, value: str) -> bytes:
    """A header line; empty if it cannot be sent."""
    return f"{name}: {value}".encode("latin-1") if _SENDABLE.fullmatch(value) else b""


def read_answer(
    head: Head,
    body: bytes,
    *,
    url: str,
    is_conditional: bool,
    now: datetime,
    trail: Trail = NOWHERE,
) -> Response | NotModified | FetchError:
    """Say what an answer that is no redirect means for the feed.

    A 304 counts only when something was there to be unchanged.
    """
    if head.status == OK:
        return Response(
            url=url,
            body=body,
            body_hash=sha256(body).hexdigest(),
            content_type=head.get("content-type") or "",
            content_encoding=(head.get("content-encoding") or "").lower(),
            validators=head.validators,
            freshness=freshness(head, now=now),
            trail=trail,
        )
    if head.status == NOT_MODIFIED and is_conditional:
        return NotModified(
            validators=head.validators, freshness=freshness(head, now=now), trail=trail
        )
    return FetchError(
        reason=FailureReason.HTTP_STATUS,
        detail=f"HTTP {head.status}",
        status=head.status,
        retry_after=retry_after(head.get("retry-after") or "", now=_server_time(head, now)),
        trail=trail,
    )


def freshness(head: Head, *, now: datetime) -> Freshness | None:
    """Read how long an answer stays good, at most a day: max-age less Age, or else Expires.

    Source: RFC 9111, 4.2.1. ``None`` where the head says nothing, or that it is stale already.
    """
    control = _directives(head.get("cache-control"))
    if not {"no-cache", "no-store"}.isdisjoint(control):
        return None
    if "max-age" in control:
        age = head.get("age") or ""
        left = _seconds(control["max-age"]) - _seconds(age)
        return _fresh(timedelta(seconds=left), Pace.MAX_AGE)
    if (until := _instant(head.get("expires") or "")) is None:
        return None
    return _fresh(until - _server_time(head, now), Pace.EXPIRES)


def _directives(value: str | None) -> dict[str, str]:
    """What a Cache-Control field says, by name."""
    if value is None:
        return {}
    parts = (part.partition("=") for part in value.split(","))
    return {name.strip().lower(): argument.strip(' "') for name, _, argument in parts}


def _fresh(wait: timedelta, pace: Pace) -> Freshness | None:
    return Freshness(wait=min(wait, _LONGEST_WAIT), pace=pace) if wait > timedelta(0) else None


def _seconds(text: str) -> int:
    return int(text) if _SECONDS.fullmatch(text) else 0


def _server_time(head: Head, now: datetime) -> datetime:
    """What time it is where the answer's other dates were written, if that can be believed."""
    date = _instant(head.get("date") or "")
    return date if date is not None and abs(date - now) <= _SKEW else now


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Read a Retry-After field: seconds, or a date; at most one day, never negative.

    ``None`` for what is neither, and for a wait of more than a year, which nobody means.
    """
    if _SECONDS.fullmatch(value):
        wait = timedelta(seconds=int(value))
    elif (instant := _instant(value)) is not None:
        wait = max(instant - now, timedelta(0))
    else:
        return None
    return None if wait > _ABSURD_WAIT else min(wait, _LONGEST_WAIT)


def _instant(value: str) -> datetime | None:
    if not 0 < len(value) <= _LONGEST_DATE:
        return None
    try:
        instant = parsedate_to_datetime(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
