"""Decides: how a message looks as a mail: its headers, its parts, the width of its lines.

Standards: RFC 5322 (headers, threads), RFC 2919 (``List-Id``), RFC 3834 (``Auto-Submitted``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from wcwidth import wrap

from monitor.models import Message

WIDTH = 72
"""Columns of a line of the text part, but for a link, which stays whole."""
LOCAL = "news-monitor.invalid"
"""In place of a sender's domain that is too long or no plain ASCII (RFC 2606: it is nobody's)."""

_POLICY = SMTP.clone(cte_type="7bit")
_LONGEST_DOMAIN = 36
_LONGEST_LABEL = 24
"""Header values of one word must fit on a line: longer ones would be encoded, and not be read."""
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_HEADER = re.compile(r"[!-9;-~]+")
"""A field name of RFC 5322: printable ASCII but the colon."""
_HANGING = re.compile(r"(?:[•—] |\s+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """From whom a mail goes to whom, and the operator's own headers."""

    sender: Address
    recipient: Address
    reply_to: tuple[Address, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """From the destination's URL; they never replace ours."""


def letter(message: Message, text: str, html: str, envelope: Envelope, now: datetime) -> str:
    """Return a mail in the form it goes over the wire: 7-bit, lines ended by CR LF.

    Without ``html`` it has the text alone. The same delivery has the same ``Message-ID``
    whenever it is sent: a mailbox that gets it twice can tell.

    Raises:
        ValueError: a header of the envelope is none, or holds a line break.
    """
    domain = _domain(envelope.sender.domain)
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = message.title
    mail["From"], mail["To"] = envelope.sender, envelope.recipient
    if envelope.reply_to:
        mail["Reply-To"] = envelope.reply_to
    mail["Date"] = now
    for name, value in headers(message, domain).items():
        mail[name] = value
    for name, value in envelope.headers.items():
        if not _HEADER.fullmatch(name.strip()):
            raise ValueError("a header has a name that is none")
        if name.strip().lower() not in {known.lower() for known in mail}:
            mail[name.strip()] = value
    mail.set_content(wrapped(text))
    if html:
        mail.add_alternative(html, subtype="html")
    return bytes(mail).decode("ascii")


def headers(message: Message, domain: str) -> dict[str, str]:
    """Return the headers that tell programs what a mail is; all of them plain ASCII."""
    told = {"Auto-Submitted": "auto-generated", "X-Application": "news-monitor"}
    if message.topic:
        told["List-Id"] = f"<{_label(message.topic)}.news-monitor.{domain}>"
    if message.id:
        told["Message-ID"] = _message_id(message.id, domain)
    if message.follows:
        told["In-Reply-To"] = told["References"] = _message_id(message.follows, domain)
    return told


def wrapped(text: str) -> str:
    """Break lines at ``WIDTH`` columns; what goes on stands under where it began."""
    lines: list[str] = []
    for line in text.split("\n"):
        begin = _HANGING.match(line)
        indent = " " * len(begin[0]) if begin else ""
        is_link = "://" in line and " " not in line.strip()
        lines += (
            [line]
            if is_link or not line
            else wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
        )
    return "\n".join(lines) + "\n"


def _message_id(delivery_id: str, domain: str) -> str:
    return f"<{delivery_id}@{domain}>"


def _domain(domain: str) -> str:
    is_plain = len(domain) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(domain.lower())
    return domain.lower() if is_plain else LOCAL


def _label(topic: str) -> str:
    """Return a rule's id as the first label of a ``List-Id``: always the same, never too long."""
    plain = re.sub(r"[^A-Za-z0-9-]", "-", topic)
    if plain == topic and len(plain) <= _LONGEST_LABEL:
        return plain
    digest = hashlib.sha256(topic.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: _LONGEST_LABEL - 9]}-{digest}"
