"""Wiring: from a configuration to the tools that the pipeline works with."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from monitor import __version__, allocator, reading
from monitor.alerts import send
from monitor.config import Config, resolve_destinations
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.rules import RuleSet
from monitor.models import Destination
from monitor.pipeline import DeliverTools, PollTools
from monitor.probing import ProbeTools
from monitor.store.protocol import Store
from monitor.store.thread import StoreThread
from monitor.workers import Workers, preload

READERS, SENDERS = 2, 4
POLLS = 200
"""Feeds in flight at most. One that hangs takes its place for 30 s: of 10,000 feeds every five
minutes, one in twenty may."""


def begin() -> None:
    """Start what takes longest, the server of worker processes, while the caller goes on."""
    preload("monitor.preloaded")
    allocator.return_large_blocks()


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@contextmanager
def probe_tools(settings: Config) -> Iterator[ProbeTools]:
    """What looking at addresses works with, for one command; its readers have no rules."""
    preload("monitor.reading")
    asked = fetcher(settings)
    readers_ = Workers(READERS, reading.start, (RuleSet(), frozenset()))
    try:
        yield ProbeTools(
            fetcher=asked, readers=readers_, clock=now, max_bytes=settings.poll.max_bytes
        )
    finally:
        asked.close()
        readers_.close()


def poll_tools(
    settings: Config, ruleset: RuleSet, books: StoreThread[Store], since: timedelta | None
) -> PollTools:
    """What polling works with: a fetcher, and readers that hold the rules."""
    return PollTools(
        books=books,
        fetcher=fetcher(settings),
        readers=readers(settings, ruleset),
        destinations=tuple(settings.destinations),
        clock=now,
        min_interval=settings.poll.min_interval,
        max_bytes=settings.poll.max_bytes,
        since=since,
    )


def deliver_tools(books: StoreThread[Store], destinations: Iterable[Destination]) -> DeliverTools:
    """What delivering works with: senders, and where they send to."""
    return DeliverTools(
        books=books,
        senders=Workers(SENDERS, send.ping),
        destinations={one.name: one for one in destinations},
        clock=now,
        random=random.random,
        zone=datetime.now().astimezone().tzinfo or UTC,
    )


def fetcher(settings: Config) -> Fetcher:
    """A fetcher that keeps the configured limits."""
    contact = settings.poll.user_agent_contact
    return Fetcher(
        limits=Limits(total=settings.poll.timeout, max_bytes=settings.poll.max_bytes),
        user_agent=f"news-monitor/{__version__}" + (f" (+{contact})" if contact else ""),
        allow=AllowList.parse(settings.poll.allow_private_hosts),
        max_in_flight=POLLS,
        host_gap=settings.poll.host_interval,
    )


def readers(settings: Config, ruleset: RuleSet) -> Workers:
    """Reader processes, each with these rules compiled."""
    return Workers(READERS, reading.start, reader_arguments(settings, ruleset))


def reader_arguments(settings: Config, ruleset: RuleSet) -> tuple[RuleSet, frozenset[str]]:
    """What a reader is made ready with."""
    return ruleset, frozenset(feed.language for feed in settings.sources if feed.language)


def destinations(settings: Config) -> tuple[Destination, ...]:
    """The destinations with their secrets.

    Raises:
        ConfigError: a secret cannot be read.
    """
    return resolve_destinations(settings, os.environ)
