"""Touches the world: Apprise, in a process of its own.

Only a sender process imports this module, and ``news-monitor check``: Apprise keeps threads
and 170 plugins, and a plugin may hang; whoever calls ``send`` kills the process at a deadline.
So Apprise works in the calling thread here, without deadlines or retries of its own.

Nothing that Apprise or an HTTP library logs leaves the process: at DEBUG they log tokens,
addresses and whole bodies.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from functools import cache, partial
from typing import TYPE_CHECKING, TypeGuard

from monitor.alerts import channels, mail
from monitor.alerts.plain import bounded, line
from monitor.alerts.redact import redacted
from monitor.errors import DestinationError
from monitor.mistakes import closest, quoted
from monitor.models import DeliveryReason, Destination, Message, MessageFormat

_LOUD = ("apprise", "charset_normalizer", "oauthlib", "requests", "requests_oauthlib", "urllib3")
_NEVER = logging.CRITICAL + 1
for _name in _LOUD:
    logging.getLogger(_name).setLevel(_NEVER)  # first: Apprise logs while it is imported

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail

from apprise import (  # noqa: E402
    Apprise,
    AppriseAsset,
    AppriseAttachment,
    AppriseResultStatus,
    NotifyBase,
    NotifyFormat,
    OverflowMode,
    PersistentStoreMode,
)
from apprise.conversion import convert_between  # noqa: E402

PATIENCE = timedelta(seconds=10)
"""For connecting, and for each answer; below the deadline of the process that sends."""
MAX_DETAIL = 300

_SLACK_BLOCK = 3000
"""Characters of a section (https://docs.slack.dev/reference/block-kit/blocks/section-block)."""
_BYTES = {"ntfy": 3900}
"""Services that count bytes. ntfy makes a file of what is longer than 4,096, or refuses it; the
plugin lets 7,800 pass (https://docs.ntfy.sh/publish/#limitations)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """Whether a service accepted one message; ``reason`` and ``detail`` say why not, or which did.

    ``detail`` is one line without secrets.
    """

    ok: bool
    reason: DeliveryReason | None = None
    detail: str = ""


def ping() -> None:
    """Load what the first message would have to wait for."""
    with _listening():
        Apprise(asset=_asset()).add("json://localhost")


def check(destination: Destination) -> str:
    """Return the name of the service that a destination's URL means, such as ``Slack``.

    Nothing is sent.

    Raises:
        DestinationError: if no message could be sent to it, or if Apprise could take one for
            sent that was not, or send it twice. The error does not show the URL.
    """
    with _listening() as heard:
        try:
            return str(_service(destination, heard, PATIENCE).service_name)
        except DestinationError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, its URL in it
            unusable = f"Apprise cannot use its URL: {type(error).__name__}"
            raise DestinationError(destination.name, unusable) from None


def send(
    destination: Destination, message: Message, *, patience: timedelta = PATIENCE
) -> SendResult:
    """Hand one message to one destination, once.

    An expected failure is a value; whatever a plugin raises is one too, by its type's name.
    """
    with _listening() as heard:
        try:
            service = _service(destination, heard, patience)
            accepted = _notify(service, message, destination.format)
        except DestinationError as error:
            return SendResult(ok=False, reason=DeliveryReason.REFUSED, detail=error.why)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            detail = type(error).__name__
            return SendResult(ok=False, reason=DeliveryReason.REFUSED, detail=detail)
    if accepted:
        return SendResult(ok=True, detail=str(service.service_name))
    reason = DeliveryReason.TIMEOUT if heard.is_timeout else DeliveryReason.REFUSED
    return SendResult(ok=False, reason=reason, detail=_detail(heard, destination, service))


# --- the service -------------------------------------------------------------------


def _service(destination: Destination, heard: _Heard, patience: timedelta) -> NotifyBase:
    """Build the one plugin that a destination's URL means.

    Raises:
        DestinationError: see ``check``.
    """
    asset = _asset()
    services = Apprise(asset=asset)
    is_accepted = services.add(destination.url)
    found = list(services)
    if len(found) > 1:
        raise DestinationError(destination.name, "holds more than one URL")
    if not is_accepted or not found:
        raise DestinationError(destination.name, _why_refused(heard, destination))
    service = found[0]
    service.retry = 0
    service.socket_connect_timeout = service.socket_read_timeout = patience.total_seconds()
    service.overflow_mode = OverflowMode.TRUNCATE
    if why := _objection(service):
        raise DestinationError(destination.name, why)
    return service


def _asset() -> AppriseAsset:
    return AppriseAsset(
        app_id="news-monitor",
        app_desc="news-monitor",
        app_url="",
        image_url_mask="",  # or each message would point to pictures of another project
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        pem_autogen=False,
        pgp_autogen=False,
        service_timeout=0,
        storage_mode=PersistentStoreMode.MEMORY,
    )


def _objection(service: NotifyBase) -> str:
    """Return why a service that Apprise accepts cannot be trusted with an alert, or ""."""
    if service.optional:
        return "optional=yes would report messages as sent that were not; remove it"
    if service.redirects:
        return "redirect=yes can turn a message into an empty request; name the final address"
    if any(isinstance(each, AppriseAttachment) and len(each) for each in vars(service).values()):
        return "template= reads a file for each message, which is not supported; remove it"
    recipients = len(service) + sum(len(getattr(service, name, ())) for name in ("cc", "bcc"))
    if recipients > 1:
        return (
            f"names {recipients} recipients, and a failure of one would repeat the message to "
            "the others; name a destination for each"
        )
    if not recipients:
        return "names no recipient"
    return _why_no_letter(service) if _is_letter(service) else ""


def _why_no_letter(service: NotifyEmail) -> str:
    """Return why no mail could be made with what the URL names: an address or header that is none."""
    nothing = Message(title="", text="", html="")
    try:
        mail.letter(nothing, "", "", _envelope(service), datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - the email package raises many kinds
        return f"an address or a header in its URL cannot be sent ({type(error).__name__})"
    return ""


# --- the message -------------------------------------------------------------------


def _notify(service: NotifyBase, message: Message, wanted: MessageFormat) -> bool:
    if _is_letter(service):
        return _post(service, message, wanted)
    wording = channels.worded(message, _described(service), wanted)
    apprise = Apprise(asset=service.asset)
    apprise.add(service)
    body_format = NotifyFormat(wording.spoken.value)
    result = apprise.notify(title=wording.title, body=wording.body, body_format=body_format)
    return bool(result.status is AppriseResultStatus.SUCCESS)


def _described(service: NotifyBase) -> channels.Service:
    spoken = service.resolve_format(NotifyFormat.TEXT)
    first = service.resolve_format()
    has_blocks = getattr(service, "use_blocks", False)
    escaped = NotifyFormat.MARKDOWN if first is NotifyFormat.MARKDOWN else NotifyFormat.TEXT
    return channels.Service(
        title_room=service.title_maxlen,
        body_room=min(service.body_maxlen, _SLACK_BLOCK) if has_blocks else service.body_maxlen,
        shares_room=service.title_maxlen <= 0 or service.overflow_amalgamate_title,
        first=channels.Spoken(first.value),
        is_deaf_to_text=spoken is NotifyFormat.MARKDOWN,
        has_dialect=type(service).dialect_convert is not NotifyBase.dialect_convert,
        escaped_length=partial(_escaped_length, service, spoken, escaped),
        bytes_room=_BYTES.get(str(service.service_name), 0),
    )


def _escaped_length(
    service: NotifyBase, spoken: NotifyFormat, written: NotifyFormat, text: str
) -> int:
    if spoken is not NotifyFormat.MARKDOWN:
        text = convert_between(NotifyFormat.TEXT, spoken, text)  # type: ignore[no-untyped-call]
    return len(service.dialect_convert(text, body_format=written))


def _is_letter(service: NotifyBase) -> TypeGuard[NotifyEmail]:
    """Whether a message to it is a mail of our own making."""
    # Not imported above: it loads what warns of itself, and only a mail needs it.
    from apprise.plugins.email.base import NotifyEmail, PGPMode  # noqa: PLC0415

    return type(service) is NotifyEmail and service.pgp_mode == PGPMode.NONE


def _envelope(service: NotifyEmail) -> mail.Envelope:
    ((name, recipient),) = service.targets
    sender_name, sender = service.from_addr
    return mail.Envelope(
        sender=_address(sender_name, str(sender)),
        recipient=_address(name, recipient),
        reply_to=tuple(_address(service.names.get(each), each) for each in service.reply_to),
        headers=service.headers,
    )


def _post(service: NotifyEmail, message: Message, wanted: MessageFormat) -> bool:
    """Hand a mail of our own making to the mail server, in the way the plugin does it.

    The plugin would make the text part from the HTML, and a new ``Message-ID`` each time.
    """
    from apprise.plugins.email.smtp import AppriseSMTPController  # noqa: PLC0415

    is_short = wanted is MessageFormat.SHORT
    is_html = service.resolve_format() is NotifyFormat.HTML and not is_short
    text = message.short if is_short else message.text
    envelope = _envelope(service)
    html = message.html if is_html else ""
    letter = mail.letter(message, text, html, envelope, datetime.now(UTC))
    try:
        with AppriseSMTPController(
            host=service.smtp_host,
            port=service.port or 0,
            secure_mode=service.secure_mode or "",
            user=service.user,
            password=service.password,
            verify_certificate=service.verify_certificate,
            socket_connect_timeout=service.socket_connect_timeout,
        ) as smtp:
            sender, recipient = envelope.sender.addr_spec, envelope.recipient.addr_spec
            if smtp.sendmail(sender, [recipient], letter):
                return True
            service.logger.warning("the mail server refused the mail")
    except (OSError, RuntimeError) as error:
        where = f"no mail could be handed to {service.smtp_host}"
        service.logger.warning(where if isinstance(error, OSError) else f"{where}: {error}")
    return False


def _address(name: object, address: str) -> Address:
    return Address(display_name=line(name) if isinstance(name, str) else "", addr_spec=address)


# --- what Apprise says about it ----------------------------------------------------


@dataclass(slots=True)
class _Heard:
    """What Apprise logged meanwhile; of exceptions only the name, as their text has secrets."""

    lines: list[str] = field(default_factory=list, repr=False)
    cause: str = ""
    is_timeout: bool = False


@contextmanager
def _listening() -> Iterator[_Heard]:
    """Keep what Apprise logs to ourselves, for as long as it lasts."""
    heard = _Heard()
    unrelated = sys.exc_info()[1]

    def take(record: logging.LogRecord) -> bool:
        with suppress(Exception):  # a record that cannot be formatted must not fail the plugin
            _take(heard, record, unrelated)
        return False

    logger = logging.getLogger("apprise")
    logger.addFilter(take)
    logger.setLevel(logging.DEBUG)  # many plugins tell only there that there was an exception
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code, and they name addresses
            yield heard
    finally:
        logger.setLevel(_NEVER)
        logger.removeFilter(take)


def _take(heard: _Heard, record: logging.LogRecord, unrelated: BaseException | None) -> None:
    is_told = record.levelno >= logging.WARNING
    error = sys.exc_info()[1]
    if error is not None and error is not unrelated and (is_told or isinstance(error, OSError)):
        heard.cause = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".rstrip()
        heard.is_timeout = _is_timeout(error)
    if is_told:
        heard.lines.append(record.getMessage())


def _is_timeout(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that time was up."""
    while error is not None:
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return True
        error = error.__cause__ or error.__context__
    return False


def _detail(heard: _Heard, destination: Destination, service: NotifyBase) -> str:
    said = redacted("; ".join(dict.fromkeys(heard.lines)), destination, _host(service))
    cause = f" ({heard.cause})" if heard.cause else ""
    said = line(said) or "the service said nothing"
    return bounded(said, MAX_DETAIL - len(cause)) + cause


def _why_refused(heard: _Heard, destination: Destination) -> str:
    """Return why Apprise cannot use a URL; lines that quote the URL itself are left out."""
    scheme = _SCHEME.match(destination.url.lower())
    if scheme and scheme[1] not in _schemes():
        meant = _WEB.get(scheme[1]) or closest(scheme[1], _schemes())
        hint = f" (did you mean {quoted(meant)}?)" if meant else ""
        return f"Apprise cannot use its URL: it has no service {quoted(scheme[1])}{hint}"
    lines = (each for each in heard.lines if "://" not in each)
    said = line(redacted("; ".join(dict.fromkeys(lines)), destination))
    return bounded(f"Apprise cannot use its URL: {said}".removesuffix(": "), MAX_DETAIL)


_WEB = {"http": "json", "https": "jsons"}
"""A webhook's address as it is, and how Apprise wants it."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20})://")


@cache
def _schemes() -> frozenset[str]:
    with _listening():
        services = Apprise(asset=_asset()).details()["schemas"]
    return frozenset(
        scheme
        for service in services
        for kind in ("protocols", "secure_protocols")
        for scheme in service[kind] or ()
    )


def _host(service: NotifyBase) -> str:
    """Return the host, where the URL of such a service has one; elsewhere a token stands there."""
    host = str(service.host or "")
    has_host = "host" in type(service).template_tokens and ("." in host or host == "localhost")
    return host.casefold() if has_host else ""
