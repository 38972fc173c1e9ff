"""Decides: which wording of a message a service gets, and how much of it.

One message has its wordings (see ``render``); which is right depends on what the service
speaks and on how much room it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from monitor.alerts.plain import bounded, fit
from monitor.models import Message, MessageFormat

SMALL = 500
"""Characters; a service with less room, as for SMS, gets the short form whatever it is asked."""

CHAT = 3400
"""Characters that a chat shows of a message: Slack of 4,000, and escapes count."""

_HEADROOM = 0.9
"""Of a service's limit is used: some of them count the escapes too."""
_TITLE_AND_BODY = 16
"""Characters that may be put between a title and a body that share one field."""
_TITLE_ALONE = 60
"""Characters of a short message that its title keeps before anything but the id is added."""


class Spoken(StrEnum):
    """What a body is written in."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What matters of a service; lengths are in characters."""

    title_room: int
    """0: it has no titles."""
    body_room: int
    shares_room: bool
    """Title and body go into one field, and its limit holds for both."""
    first: Spoken
    """What it speaks unless told otherwise."""
    is_deaf_to_text: bool
    """Markdown is all that it understands."""
    has_dialect: bool
    """Its HTML or Markdown is not the usual one."""
    escaped_length: Callable[[str], int] = len
    """How long a text gets by the escapes that are added on the way."""
    bytes_room: int = 0
    """Bytes of UTF-8 that title and body may have together; 0: it counts characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a service is handed."""

    title: str
    body: str
    spoken: Spoken


def worded(message: Message, service: Service, wanted: MessageFormat) -> Wording:
    """Return the wording that suits a service, within its limits.

    A service that speaks HTML first is a mail (or the operator asked for it), unless it has an
    HTML of its own, as Telegram has, or too little room. One that speaks a Markdown of its own,
    as Slack does, gets Markdown, which Apprise translates. All others get the text, which has
    nothing live in it.
    """
    room = int(service.body_room * _HEADROOM)
    if wanted is MessageFormat.SHORT or room < SMALL:
        return _short(message, service, room)
    title = bounded(message.title, service.title_room if service.title_room > 0 else room // 2)
    if service.shares_room:
        room -= len(title) + _TITLE_AND_BODY
    is_mail = service.first is Spoken.HTML and not service.has_dialect
    if is_mail and len(message.html) <= room:
        return Wording(title=title, body=message.html, spoken=Spoken.HTML)
    if service.has_dialect:
        room = min(room, CHAT)
    if service.first is Spoken.MARKDOWN and service.has_dialect and message.markdown:
        body = _fitted(service, message.markdown, room)
        return Wording(title=title, body=body, spoken=Spoken.MARKDOWN)
    if service.is_deaf_to_text:
        body = fit(message.text, room - 2 * message.text.count("\n"))
        return Wording(title=title, body=_hard_breaks(body), spoken=Spoken.MARKDOWN)
    return Wording(title=title, body=_fitted(service, message.text, room), spoken=Spoken.TEXT)


def _short(message: Message, service: Service, room: int) -> Wording:
    """The lines that fit whole, and as much of the title as there is room for; a link is whole
    or not there."""
    *head, last = message.short.split("\n")
    title = message.title
    left = room - len(last)
    if service.shares_room:
        left -= min(len(title), _TITLE_ALONE) + _TITLE_AND_BODY
    kept = []
    for line in head:
        if (needed := service.escaped_length(line) + 1) <= left:
            kept.append(line)
            left -= needed
    body = "\n".join([*kept, last])
    longest = service.title_room if service.title_room > 0 else room
    if service.shares_room:
        longest = min(longest, room - len(body) - _TITLE_AND_BODY)
    spoken = Spoken.MARKDOWN if service.is_deaf_to_text else Spoken.TEXT
    if spoken is Spoken.MARKDOWN:
        body = _hard_breaks(body)
    return Wording(title=bounded(title, longest), body=body, spoken=spoken)


def _hard_breaks(text: str) -> str:
    """Told that it is text, Apprise would put backslashes into the link."""
    return text.replace("\n", "  \n")


def _fitted(service: Service, text: str, room: int) -> str:
    """Shorten a text until it fits with the escapes that are added to it."""
    fitting = fit(text, room)
    while fitting and not _fits(service, fitting, room):
        fitting = fit(text, len(fitting) * 9 // 10)
    return fitting


def _fits(service: Service, text: str, room: int) -> bool:
    if service.bytes_room and len(text.encode()) > service.bytes_room:
        return False
    return service.escaped_length(text) <= room
