"""Decides: what the single values of the configuration mean: a size, a feed's URL, a host.

Each is a type for ``config``. Whatever may be a secret is never part of a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, PlainValidator, SecretStr, ValidationInfo

from monitor import units
from monitor.mistakes import found, listed, quoted
from monitor.models import (
    DigestTime,
    FullText,
    MessageFormat,
    OnUncertain,
    Rate,
    Severity,
    Throttle,
)
from monitor.planning import Escalation, Hours

# --- text ----------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _line(text: str) -> str:
    if not (line := " ".join(text.split())):
        raise ValueError("must not be empty")
    return line


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError('a name is letters a to z, digits, "-", "_" and "."')
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError(f'a language is written "fr", "en" or "ar", found {quoted(text)}')
    return text


def _header(text: str) -> str:
    """It goes out with every request; a line break in it would begin a header of its own."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("only plain ASCII characters, in one line, can be sent")
    return text


Line = Annotated[str, AfterValidator(_line)]
Name = Annotated[str, AfterValidator(_name)]
Language = Annotated[str, AfterValidator(_language)]
Header = Annotated[str, AfterValidator(_header)]


def _full_text(value: object) -> FullText:
    known = {False: FullText.NEVER, True: FullText.ALWAYS, "auto": FullText.AUTO}
    if not isinstance(value, (bool, str)) or value not in known:
        raise ValueError(f'is "auto", true or false, found {found(value)}')
    if value is not False and find_spec("trafilatura") is None:
        raise ValueError("needs an extra: pip install 'news-monitor[fulltext]'")
    return known[value]


FullTextChoice = Annotated[FullText, PlainValidator(_full_text)]


def _message_format(value: object) -> MessageFormat:
    if not isinstance(value, str) or value not in set(MessageFormat):
        raise ValueError(f'is "full" or "short", found {found(value)}')
    return MessageFormat(value)


FormatChoice = Annotated[MessageFormat, PlainValidator(_message_format)]

# --- numbers with units --------------------------------------------------------------


def _duration(value: object) -> timedelta:
    try:
        return units.parse_duration(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"{error}, found {found(value)}") from None


def _size(value: object) -> int:
    try:
        return units.parse_size(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"{error}, found {found(value)}") from None


_PER = {"s": "1s", "m": "1m", "min": "1m", "h": "1h", "d": "1d"}


def _rate(value: object) -> Rate | None:
    """``1/s``, ``30/min``, ``5/2s``; ``"unlimited"``."""
    if value == "unlimited":
        return None
    written = re.fullmatch(r"([1-9][0-9]{0,5})/(\w+)", value) if isinstance(value, str) else None
    try:
        count, per = written.groups() if written else ("", "")
        return Rate(count=int(count), per=units.parse_duration(_PER.get(per, per)))
    except ValueError:
        # Nothing says what it found below a destination: a URL in the wrong place is a secret, too.
        message = 'expected "1/s", "30/min", "5/2s" or "unlimited"'
        raise ValueError(message) from None


RateChoice = Annotated[Rate | None, PlainValidator(_rate)]


def _on_uncertain(value: object) -> OnUncertain:
    try:
        return OnUncertain(str(value))
    except ValueError:
        raise ValueError('is "resend", "skip" or "mark"') from None


OnUncertainChoice = Annotated[OnUncertain, PlainValidator(_on_uncertain)]

Duration = Annotated[timedelta, PlainValidator(_duration)]
Size = Annotated[int, PlainValidator(_size)]


def _hours(value: object) -> Hours:
    # None of these says what it found: it stands below a destination, whose URL is a secret.
    start, end = units.parse_hours(value if isinstance(value, str) else "")
    return Hours(start=start, end=end)


def _digest_time(value: object) -> DigestTime:
    return DigestTime(at=units.parse_digest(value if isinstance(value, str) else ""))


def _throttle(value: object) -> Throttle:
    count, span = units.parse_rate(value if isinstance(value, str) else "")
    return Throttle(count=count, span=span)


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('expected a zone such as "Europe/Paris"') from None
    return text


def _severities(value: object) -> frozenset[Severity]:
    """Some by name, or ``high`` alone."""
    names = value if isinstance(value, list) else [value]
    known = {str(severity): severity for severity in Severity}
    if not names:
        raise ValueError("must not be empty: leave it out for all")
    chosen: set[Severity] = set()
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise ValueError(f"expected {listed(tuple(known))}, or a list, found {found(name)}")
        chosen.add(known[name])
    return frozenset(chosen)


def _at_once(value: object) -> Severity | None:
    known = {str(severity): severity for severity in Severity}
    if isinstance(value, str) and (value in known or value == "never"):
        return known.get(value)
    raise ValueError(f"expected {listed((*known, 'never'))}")


_THEN = re.compile(r"(?P<name>[A-Za-z0-9._-]+) after (?P<span>[0-9a-z]+)(?: unless acknowledged)?")


def _escalation(value: object) -> Escalation:
    matched = _THEN.fullmatch(value) if isinstance(value, str) else None
    try:
        if matched is not None:
            span = units.parse_duration(matched["span"])
            return Escalation(destination=matched["name"], after=span)
    except ValueError:
        pass
    raise ValueError(f'expected "pager after 15m unless acknowledged", found {found(value)}')


DayHours = Annotated[Hours, PlainValidator(_hours)]
DigestDue = Annotated[DigestTime, PlainValidator(_digest_time)]
ThrottleChoice = Annotated[Throttle, PlainValidator(_throttle)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Severities = Annotated[frozenset[Severity], PlainValidator(_severities)]
AtOnce = Annotated[Severity | None, PlainValidator(_at_once)]
EscalationText = Annotated[Escalation, PlainValidator(_escalation)]

# --- places --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """What relative paths are relative to; the validation context."""

    config: Path
    """The folder of the configuration file."""
    state: Path
    """Where the service may write: ``$STATE_DIRECTORY``, or again the file's folder."""


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError("expected a path")
    if text.startswith("~"):
        raise ValueError("write the whole path: ~ is not understood")
    return Path(text)


def _beside_config(path: Path, info: ValidationInfo) -> Path:
    assert isinstance(info.context, Folders)
    return info.context.config / path


def _in_state(path: Path, info: ValidationInfo) -> Path:
    assert isinstance(info.context, Folders)
    return info.context.state / path


def _text_path(value: object) -> Path:
    if not isinstance(value, str):
        raise ValueError(f"expected a path, found {found(value)}")  # noqa: TRY004
    return _path(value)


PathBesideConfig = Annotated[Path, PlainValidator(_text_path), AfterValidator(_beside_config)]
PathInState = Annotated[Path, PlainValidator(_text_path), AfterValidator(_in_state)]

# --- addresses -----------------------------------------------------------------------

_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+\.?")
_WITH_PORT = re.compile(r"(?:\[(.+)\]|(.+?))(?::([0-9]{1,5}))?")
_MAX_PORT = 65_535


def _feed_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError("this is not a URL") from None
    if parts.scheme not in {"http", "https"}:
        scheme = f", found {parts.scheme}:" if parts.scheme else ""
        raise ValueError(f"a feed's URL begins with http: or https:{scheme}")
    if not host or port == 0 or not text.isprintable() or " " in text:
        raise ValueError("this is not a URL")
    if "@" in parts.netloc:
        # Feeds are stored, logged and shown by their URL.
        raise ValueError("a user name or password in a feed's URL is not supported")
    return text


def site_of(url: str) -> str:
    """The host of a URL without its port, as a name where no better one is given.

    Raises:
        ValueError: this is no URL.
    """
    return (urlsplit(url).hostname or "").removesuffix(".")


def same_feed(url: str) -> str:
    """What two URLs of one feed have in common: case of the host and fragment do not matter."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    scheme, netloc = parts.scheme.lower(), parts.netloc.lower()
    return SplitResult(scheme, netloc, parts.path or "/", parts.query, "").geturl()


def _private_host(text: str) -> str:
    """A host name, an address or a network, with or without a port: ``127.0.0.1:8080``."""
    matched = _WITH_PORT.fullmatch(text)
    if matched is None or not (_is_network(text) or _is_host(*matched.groups())):
        raise ValueError(f"expected a host name, an address or a network, found {quoted(text)}")
    return text


def _is_host(bracketed: str | None, plain: str | None, port: str | None) -> bool:
    is_name = _HOST.fullmatch(plain) is not None if plain else _is_network(bracketed or "")
    return is_name and 0 < int(port or 1) <= _MAX_PORT


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _listen(text: str) -> str:
    """An address and a port: ``127.0.0.1:9108``, ``[::1]:9108``; no name, which could be any."""
    host, _, port = text.rpartition(":")
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        host = ""
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= _MAX_PORT:
        raise ValueError(
            f'expected an address and a port, as "127.0.0.1:9108", found {quoted(text)}'
        )
    return text


Listen = Annotated[str, AfterValidator(_listen)]
FeedUrl = Annotated[str, AfterValidator(_feed_url)]
PrivateHost = Annotated[str, AfterValidator(_private_host)]

# --- secrets -------------------------------------------------------------------------

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0\n]+|credential:[^/\0\n]+")


def _secret(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not (_REFERENCE.fullmatch(value) or "://" in value):
        raise ValueError("expected an Apprise URL, env:NAME, file:/path or credential:name")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_secret)]
"""An Apprise URL, or where to read it."""
