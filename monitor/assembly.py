"""Wiring: from a configuration to the tools that the pipeline works with."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from monitor import __version__, reading
from monitor.alerts import send
from monitor.asking import AskTools
from monitor.config import Config, resolve_destinations
from monitor.feeds.addresses import AllowList
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.rules import RuleSet
from monitor.models import Destination
from monitor.pipeline import DeliverTools, PollTools
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


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def ask_tools(settings: Config, ruleset: RuleSet, languages: frozenset[str]) -> AskTools:
    """What addresses are asked with: a fetcher, and readers that hold the rules."""
    return AskTools(
        fetcher=fetcher(settings),
        readers=Workers(READERS, reading.start, (ruleset, languages)),
        clock=now,
        max_bytes=settings.poll.max_bytes,
    )


@contextmanager
def looking(settings: Config) -> Iterator[AskTools]:
    """What addresses are looked at with, for one command; its readers have no rules."""
    preload("monitor.reading")
    tools = ask_tools(settings, RuleSet(), frozenset())
    try:
        yield tools
    finally:
        tools.fetcher.close()
        tools.readers.close()


def poll_tools(
    settings: Config, ruleset: RuleSet, books: StoreThread[Store], since: timedelta | None
) -> PollTools:
    """What polling works with."""
    return PollTools(
        books=books,
        asking=ask_tools(settings, *reader_arguments(settings, ruleset)),
        destinations=tuple(settings.destinations),
        min_interval=settings.poll.min_interval,
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


def reader_arguments(settings: Config, ruleset: RuleSet) -> tuple[RuleSet, frozenset[str]]:
    """What a reader is made ready with."""
    return ruleset, frozenset(feed.language for feed in settings.sources if feed.language)


def destinations(settings: Config) -> tuple[Destination, ...]:
    """The destinations with their secrets.

    Raises:
        ConfigError: a secret cannot be read.
    """
    return resolve_destinations(settings, os.environ)
