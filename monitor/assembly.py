"""Wiring: from a configuration to the tools that the pipeline works with."""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor import __version__, reading
from monitor.alerts import send
from monitor.config import Config, resolve_destinations
from monitor.errors import InstanceRunning, StoreError
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


@contextmanager
def only_instance(database: Path) -> Iterator[None]:
    """Hold the database for this process alone, as long as it lives.

    Raises:
        InstanceRunning: another daemon serves it.
        StoreError: its folder cannot be written.
    """
    path = database.with_name(database.name + ".lock")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+b")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InstanceRunning(f"another news-monitor serves {database}") from error
        yield


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
