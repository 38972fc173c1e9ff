"""Mechanism: what addresses are asked with, and what they answer is read with; one for all who ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.feeds.fetch import Fetcher
from monitor.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTools:
    """What polling, reading pages and looking at addresses have in common."""

    fetcher: Fetcher
    """Keeps each host's turns, whoever asks."""
    readers: Workers
    clock: Callable[[], datetime]
    max_bytes: int
    """Of a body, inflated."""
