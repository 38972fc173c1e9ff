"""Orders: what one answer can cost: a fetch of a trap, then its inflation, as the daemon does them.

``python bench/bounds.py`` runs every trap against the real limits; ``tests/test_bounds.py``
against a shorter deadline.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits, Request
from monitor.feeds.parse import inflate
from monitor.models import FailureReason, FetchError, Response
from tests.servers.hostile import Behaviour, serving
from tests.servers.traps import TRAPS, stall

HOST = "127.0.0.2"
TLS_STALL = "stall-before-tls"
CASES: Mapping[str, Behaviour] = {**TRAPS, TLS_STALL: stall}

EXPECTED: Mapping[str, tuple[FailureReason, str]] = {
    **dict.fromkeys(
        ("drip-body", "drip-chunks", "drip-fields", "drip-one-field", "drip-interim", "stall"),
        (FailureReason.TIMEOUT, "no complete answer from 127.0.0.2 within {seconds:g} s"),
    ),
    TLS_STALL: (FailureReason.TIMEOUT, "within {half:g} s"),
    "endless-body": (FailureReason.TOO_LARGE, "the body is over 10,000,000 bytes"),
    "endless-chunks": (FailureReason.TOO_LARGE, "the body is over 10,000,000 bytes"),
    # libcurl itself ends a head of 5,000 lines, which may be less than 64 KB.
    "endless-fields": (FailureReason.TOO_LARGE, "the head of 127.0.0.2's answer has"),
    "endless-trailers": (FailureReason.TOO_LARGE, "the head of 127.0.0.2's answer has"),
    "endless-long-fields": (
        FailureReason.TOO_LARGE,
        "the head of the answer is over 65,536 bytes",
    ),
    "bomb": (FailureReason.TOO_LARGE, "more than 10000000 bytes once decompressed"),
    "bomb-deflate": (FailureReason.TOO_LARGE, "more than 10000000 bytes once decompressed"),
    "bomb-twice": (FailureReason.BAD_ENCODING, "unknown content encoding 'gzip, gzip'"),
    "bomb-br": (FailureReason.BAD_ENCODING, "unknown content encoding 'br'"),
    "bomb-zstd": (FailureReason.BAD_ENCODING, "unknown content encoding 'zstd'"),
    "bomb-behind-302": (FailureReason.TOO_MANY_REDIRECTS, "more than 5 redirects"),
    "bomb-behind-404": (FailureReason.HTTP_STATUS, "HTTP 404"),
    "redirect-loop": (FailureReason.TOO_MANY_REDIRECTS, "more than 5 redirects"),
    "redirect-to-file": (FailureReason.FORBIDDEN_SCHEME, "file: is neither http: nor https:"),
    "redirect-to-gopher": (FailureReason.FORBIDDEN_SCHEME, "gopher: is neither http: nor https:"),
    "redirect-inside": (FailureReason.FORBIDDEN_ADDRESS, "127.0.0.1 is not a public address"),
}
"""What each ends as, and what the message says of the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one trap took."""

    error: FetchError | None
    """``None``: it was taken for a feed's body."""
    seconds: float
    grown: float
    """MB that this process had at most beyond what it had before, the trap's server included."""


def cost(name: str, limits: Limits) -> Cost:
    """Walk into a trap."""
    with serving(CASES[name], host=HOST) as server:
        url = server.url.replace("http:", "https:") if name == TLS_STALL else server.url
        with _peak() as grown:
            began = time.monotonic()
            error = asyncio.run(_walk_into(url, limits))
            seconds = time.monotonic() - began
    return Cost(error=error, seconds=seconds, grown=grown[0])


async def _walk_into(url: str, limits: Limits) -> FetchError | None:
    fetcher = Fetcher(limits=limits, user_agent="bounds/0", allow=AllowList.parse([HOST]))
    try:
        found = await fetcher.fetch(Request(url=url))
    finally:
        fetcher.close()
    if isinstance(found, Response):
        body = inflate(found, limits.max_bytes)
        return body if isinstance(body, FetchError) else None
    return found if isinstance(found, FetchError) else None


@contextmanager
def _peak() -> Iterator[list[float]]:
    """The MB by which the peak within the block is over what was in use before it."""
    grown: list[float] = []
    # Forget the peak so far (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    yield grown
    grown.append((_status("VmHWM") - before) / 1_000)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def says(name: str, limits: Limits) -> tuple[FailureReason, str]:
    """What a trap must end as under these limits."""
    reason, words = EXPECTED[name]
    seconds = limits.total.total_seconds()
    return reason, words.format(seconds=seconds, half=seconds / 2)
