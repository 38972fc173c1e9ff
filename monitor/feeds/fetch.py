"""Orders: asks for one feed over HTTP, hop by hop, within its limits.

::

    fetch(request)                                    on the event loop
        for each hop, all within one deadline but for the waiting:
            read the address        http.parse_target     scheme, host, port
            wait for the host       turns.turn            one at a time, a moment apart
            wait for a free place
            look the name up        names.look_up         a thread for each
            exchange                exchanges.run         libcurl
                each connection     Transfer.on_socket    may it go to this address?
                each line, chunk    Transfer.on_…         is it within the limits?
            a redirect? next hop    http.next_target
        read the answer             http.read_answer      Response | NotModified | FetchError

Open connections are kept and used again (fewer handshakes for publishers with many feeds, or with
feeds that are asked every minute). That
cannot get round the guard: libcurl reuses a connection only for the same scheme, host name and
port, and the guard's verdict depends on nothing but these and the address, which an open
connection has already passed with.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.feeds.addresses import AllowList
from monitor.feeds.exchanges import Exchanges
from monitor.feeds.failures import CurlCode, failure, no_connection
from monitor.feeds.http import (
    NOWHERE,
    PERMANENT,
    Head,
    Target,
    conditions,
    next_target,
    parse_target,
    read_answer,
)
from monitor.feeds.names import Lookup, look_up, system_lookup
from monitor.feeds.transfer import Limits, Transfer
from monitor.feeds.turns import Turns
from monitor.models import FailureReason, FetchError, NotModified, Response, Trail, Validators

__all__ = ["Fetcher", "Limits", "Request"]

_ACCEPT = (
    b"Accept: application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9,"
    b" */*;q=0.8"
)
_ACCEPT_ENCODING = b"Accept-Encoding: gzip, deflate"
"""As a plain header: libcurl then leaves the body as it came, and the reader inflates it with a
bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A feed to ask for, and what the publisher said of the version that is known."""

    url: str = field(repr=False)
    validators: Validators = field(default_factory=Validators)
    at: datetime | None = None
    """What time it is, where the clock is another's; dates in the answer are read against it."""
    accept: bytes = _ACCEPT
    """The header that says what is wanted: feeds, unless said otherwise."""
    patience: timedelta | None = None
    """How long it may wait for a host's turn; ``None``: as long as for the whole answer."""


class Fetcher:
    """Asks for feeds; many at once, from one event loop.

    ``allow`` names what may be asked although it is not public. ``lookup`` finds the addresses
    of a host name. With a ``host_gap`` each host gets one request at a time, and that between two;
    a request waits for its turn as long as it has patience. Without one, hosts are not told apart.
    Beyond ``max_in_flight`` those whose turn it is wait for a place. No waiting counts towards the
    deadline. ``max_kept`` connections stay open to be used again.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        user_agent: str,
        allow: AllowList,
        max_in_flight: int = 64,
        max_kept: int = 64,
        host_gap: timedelta | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        if not (user_agent and user_agent.isascii() and user_agent.isprintable()):
            raise ValueError("a User-Agent is printable ASCII")
        self._limits = limits
        self._allow = allow
        self._lookup = lookup
        self._agent = b"User-Agent: " + user_agent.encode("ascii")
        self._places = asyncio.Semaphore(max_in_flight)
        self._turns = None if host_gap is None else Turns(host_gap)
        self._exchanges = Exchanges(limits.connect, max_kept)

    async def fetch(self, request: Request) -> Response | NotModified | FetchError:
        """Ask for a feed; whatever the network does comes back as a value.

        Validators go along to every hop: they belong to the resource at the end of the redirects,
        and the same address leads there each time; a server that only redirects ignores them
        (RFC 9110, 13.2.1).

        Raises:
            RuntimeError: the fetcher is closed, or libcurl has failed.
        """
        self._exchanges.check()
        deadline = time.monotonic() + self._limits.total.total_seconds()
        asked = conditions(request.validators)
        headers = [request.accept, *asked]
        target = parse_target(request.url)
        trail = NOWHERE
        is_permanent = True
        for _ in range(self._limits.max_redirects + 1):
            if isinstance(target, FetchError):
                return replace(target, trail=trail)
            host = target.authority
            trail = Trail(host=trail.host or host, end_host=host, moved_to=trail.moved_to)
            came = time.monotonic()
            try:
                async with self._turn(target, request.patience), self._places:
                    deadline += time.monotonic() - came
                    answer = await self._exchange(target, headers, deadline)
            except TimeoutError:
                return replace(_no_turn(target), trail=trail)
            if isinstance(answer, FetchError):
                return replace(answer, trail=trail)
            head, body = answer
            if head.location is None:
                now = request.at or datetime.now(UTC)
                return read_answer(
                    head, body, url=target.url, is_conditional=bool(asked), now=now, trail=trail
                )
            target = next_target(target, head.location)
            is_permanent = is_permanent and head.status in PERMANENT
            if is_permanent and isinstance(target, Target):
                trail = replace(trail, moved_to=target.url)
        return FetchError(
            reason=FailureReason.TOO_MANY_REDIRECTS,
            detail=f"more than {self._limits.max_redirects} redirects",
            trail=trail,
        )

    def busy_hosts(self, within: timedelta) -> frozenset[str]:
        """The hosts that have a request in flight, or may not be asked again within that time."""
        return frozenset() if self._turns is None else self._turns.busy(within)

    def close(self) -> None:
        """Cancel every fetch that is under way; may be called again."""
        self._exchanges.close()

    def _turn(
        self, target: Target, patience: timedelta | None
    ) -> AbstractAsyncContextManager[None]:
        if self._turns is None:
            return nullcontext()
        return self._turns.turn(target.authority, patience or self._limits.total)

    async def _exchange(
        self, target: Target, own: Sequence[bytes], deadline: float
    ) -> tuple[Head, bytes] | FetchError:
        """Send one request and take its answer, whatever its status."""
        addresses = await self._addresses(target, deadline)
        if isinstance(addresses, FetchError):
            return addresses
        headers = [self._agent, _ACCEPT_ENCODING, *own]
        if target.authorization is not None:
            headers.append(b"Authorization: " + target.authorization)
        transfer = Transfer(
            target=target,
            addresses=addresses,
            headers=headers,
            limits=self._limits,
            allow=self._allow,
            deadline=deadline,
        )
        return await self._exchanges.run(transfer)

    async def _addresses(self, target: Target, deadline: float) -> Sequence[str] | FetchError:
        host, port = target.host, target.port
        if target.is_numeric:
            return ()
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                addresses = await look_up(host, port, self._lookup)
        except TimeoutError:
            return no_connection(host=host, port=port, within=self._limits.total)
        except OSError as error:
            known = failure(
                CurlCode.COULDNT_RESOLVE_HOST, host=host, port=port, within=self._limits.total
            )
            return replace(known, detail=f"{known.detail}: {error.strerror or 'look-up failed'}")
        return addresses


def _no_turn(target: Target) -> FetchError:
    return FetchError(
        reason=FailureReason.TIMEOUT,
        detail=f"too many of our own requests wait for {target.authority}",
    )
