"""Wiring: from a configuration to the tools that the pipeline works with."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from monitor import __version__, allocator, loading, openfiles, reading
from monitor.alerts import render, send, templating
from monitor.alerts.templating import Templates
from monitor.asking import AskTools
from monitor.caution import Caution
from monitor.config import Config, resolve_destinations
from monitor.delivering import DeliverTools
from monitor.errors import Mistake, RulesError
from monitor.feeds.addresses import AllowList
from monitor.feeds.exchanges import IDLE
from monitor.feeds.fetch import Fetcher, Limits
from monitor.matching.packed import PackedRules
from monitor.matching.rulefile import Known
from monitor.matching.rules import RuleSet
from monitor.models import Destination, FeedSource
from monitor.pipeline import Lost, PollTools
from monitor.planning import Policy, RouteTo, Wishes
from monitor.store.protocol import Store
from monitor.store.thread import StoreThread
from monitor.workers import Workers, preload

READERS = 2
UNPROVED = READERS + 1
"""Bodies at a time that may cost their readers: with one that waits, no reader waits for work."""
MOST_SENDERS = 24
"""Processes, of 9 MB each beyond what they share. A destination has one message in flight at most, so
with no more destinations than this nobody ever waits for another's place."""
LOADING = timedelta(minutes=10)
LOADER_MEMORY = 4 * 1024**3
"""Bytes: enough for a hundred thousand rules, while they are loaded."""
POLLS = 200
"""Feeds in flight at most. One that hangs takes its place for 30 s: of 10,000 feeds every five
minutes, one in twenty may."""


def begin() -> None:
    """Start what takes longest, the server of worker processes, while the caller goes on."""
    preload("monitor.preloaded")
    openfiles.allow()
    allocator.return_large_blocks()
    allocator.settle()


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def ask_tools(settings: Config, rules: PackedRules, languages: frozenset[str]) -> AskTools:
    """What addresses are asked with: a fetcher, and readers that hold the rules."""
    return AskTools(
        fetcher=fetcher(settings),
        readers=Workers(READERS, reading.start, (rules, languages)),
        clock=now,
        max_bytes=settings.poll.max_bytes,
    )


@contextmanager
def looking(settings: Config) -> Iterator[AskTools]:
    """What addresses are looked at with, for one command; its readers have no rules."""
    preload("monitor.reading")
    tools = ask_tools(settings, PackedRules.of(RuleSet()), frozenset())
    try:
        yield tools
    finally:
        tools.fetcher.close()
        tools.readers.close()


def poll_tools(
    settings: Config,
    rules: PackedRules,
    books: StoreThread[Store],
    since: timedelta | None,
    lost: Lost,
) -> PollTools:
    """What polling works with."""
    return PollTools(
        books=books,
        asking=ask_tools(settings, *reader_arguments(settings, rules)),
        caution=Caution(UNPROVED),
        destinations=tuple(settings.destinations),
        min_interval=settings.poll.min_interval,
        policy=policy(settings),
        since=since,
        lost=lost,
    )


def policy(settings: Config) -> Policy:
    """How the destinations wish to be told, and who is told of what."""
    return Policy(
        wishes={
            name: Wishes(
                quiet=one.quiet_hours,
                digest=one.digest,
                at_once=one.at_once,
                throttle=one.throttle,
                zone=_zone(one.quiet_zone),
            )
            for name, one in settings.destinations.items()
        },
        routes=tuple(
            RouteTo(
                name=name,
                to=one.to,
                severities=one.severity,
                tags=frozenset(one.tags),
                hours=one.hours,
                then=one.then,
                zone=_zone(one.zone),
            )
            for name, one in settings.routes.items()
        ),
    )


def _zone(name: str | None) -> tzinfo:
    """The zone of that name, or the one that this machine is in."""
    return get_localzone() if name is None else ZoneInfo(name)


def deliver_tools(
    books: StoreThread[Store],
    destinations: Iterable[Destination],
    templates: Templates = templating.OURS,
    policy: Policy | None = None,
) -> DeliverTools:
    """What delivering works with: senders, where they send to, in which words and when."""
    named = {one.name: one for one in destinations}
    return DeliverTools(
        books=books,
        senders=senders(len(named)),
        destinations=named,
        clock=now,
        random=random.random,
        zone=get_localzone(),
        templates=templates,
        policy=policy or Policy(),
    )


def templates(settings: Config) -> tuple[Templates, tuple[Mistake, ...]]:
    """The templates that can be used, and what is wrong with the operator's others."""
    found, unread = templating.load(settings.templates.dir)
    usable, failing = render.tried(found)
    return usable, (*unread, *failing)


def senders(destinations: int) -> Workers:
    """Sender processes for so many destinations."""
    return Workers(places(destinations), send.ping)


def places(destinations: int) -> int:
    """How many messages may be in flight: one for each destination, up to ``MOST_SENDERS``."""
    return min(max(destinations, 1), MOST_SENDERS)


def fetcher(settings: Config) -> Fetcher:
    """A fetcher that keeps the configured limits."""
    contact = settings.poll.user_agent_contact
    return Fetcher(
        limits=Limits(total=settings.poll.timeout, max_bytes=settings.poll.max_bytes),
        user_agent=f"news-monitor/{__version__}" + (f" (+{contact})" if contact else ""),
        allow=AllowList.parse(settings.poll.allow_private_hosts),
        max_in_flight=POLLS,
        max_kept=kept_connections(settings.sources),
        host_gap=settings.poll.host_interval,
    )


def kept_connections(sources: Iterable[FeedSource]) -> int:
    """How many connections are worth being kept: a few seconds' polls, for the hosts that have
    several feeds, and those of the feeds that are asked again before they are of no use.

    An encrypted one holds 75 KB. Half of all files that may be open are for others.
    """
    often = sum(source.interval < IDLE for source in sources)
    return min(POLLS + often, openfiles.allowed() // 2)


async def rules_aside(folder: Path, known: Known | None) -> PackedRules:
    """The rules below a folder, loaded and tried by a process of their own.

    Raises:
        RulesError: with every mistake of every file.
        WorkerFailed: it did not come to an end.
    """
    loader = Workers(1, _ready, memory=LOADER_MEMORY)
    try:
        loaded = await loader.call(LOADING, loading.packed_or_not, folder, known)
    finally:
        loader.retire()
    if not isinstance(loaded, PackedRules):
        raise RulesError(loaded)
    return loaded


def _ready() -> None:
    """A process that loads rules needs nothing beforehand."""


def reader_arguments(settings: Config, rules: PackedRules) -> tuple[PackedRules, frozenset[str]]:
    """What a reader is made ready with."""
    return rules, frozenset(feed.language for feed in settings.sources if feed.language)


def destinations(settings: Config) -> tuple[Destination, ...]:
    """The destinations with their secrets.

    Raises:
        ConfigError: a secret cannot be read.
    """
    return resolve_destinations(settings, os.environ)
