"""Wiring: clocks, signals, systemd and reload around the pipeline.

A handful of ticks; what is due stands in the database::

    poll      every second     start a poll of what is due, of each host one, 50 at most
    deliver   every second     start a delivery to each idle destination that has one due
    rules     every 2 s        load the rules anew when their files have changed
    notice    every 5 s        write a message to the operator about what changed
    digest    every 5 s        write the digests that are due
    backup    every 5 min      make the night's backup, if there is none yet
    metrics   every 5 s        count what stands in the database, if anybody is to see it
    watchdog  as systemd asks  tell it that every part moves

A tick only starts tasks; each task ends by itself, within the deadlines of the pipeline.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import (
    __version__,
    assembly,
    config,
    delivering,
    loading,
    nightly,
    pipeline,
    reading,
    recovery,
    reports,
    systemd,
)
from monitor.alerts import digests, notices, plan, send
from monitor.assembly import POLLS, now
from monitor.config import Config
from monitor.dispatch import TICK, Dispatch
from monitor.errors import ConfigError, DamagedDatabase, RulesError, StoreError, WorkerFailed
from monitor.logs import logger
from monitor.matching.packed import PackedRules
from monitor.metrics import Metrics
from monitor.models import Destination, Event, EventKind, FeedState
from monitor.store import backup
from monitor.store.thread import StoreThread
from monitor.ticks import Ticks

POLL_TICK = timedelta(seconds=1)
MOST_STARTS = 50
"""Polls begun in one tick. 10,000 feeds every five minutes are 33 a second; what has become due
all at once, after a start, a suspend or an outage, is spread by this."""
GRACE = timedelta(seconds=15)
"""How long a stop waits for what is in flight."""
TOLD_KEPT = timedelta(days=30)
"""For restores of copies that somebody keeps elsewhere."""
RULES_TICK = timedelta(seconds=2)
METRICS_TICK = timedelta(seconds=5)
DIGEST_TICK = timedelta(seconds=5)
BACKUP_TICK = timedelta(minutes=5)
NOTICE_TICK = timedelta(seconds=5)
MOVES = timedelta(seconds=10)
"""Within which every part answers, or systemd is not told that the daemon lives."""
WARM_UP = timedelta(seconds=60)


class Daemon:
    """One configuration and one database, served until it is stopped."""

    def __init__(
        self, path: Path, settings: Config, rules: PackedRules, since: timedelta | None = None
    ) -> None:
        self._path = path
        self._settings = settings
        self._rules = rules
        self._seen = _look(settings.rules.dir)
        self._polling: set[int] = set()
        self._resting: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._starts_left = MOST_STARTS
        self._choosing = asyncio.Lock()
        self._reloading = asyncio.Lock()
        self._is_serving = False
        self._has_failed = False
        self._ticked: dict[str, float] = {}
        self._store, restored = recovery.opened(settings.storage.path, now())
        if restored is not None:
            reports.restored(restored)
        self._backup_failed_at: datetime | None = None
        self._books = StoreThread(self._store)
        self._poll_tools = assembly.poll_tools(
            settings, rules, self._books, since, self._not_stored
        )
        templates, self._misworded = assembly.templates(settings)
        self._metrics = Metrics(lambda: time.monotonic() - self._ticked.get("poll", 0.0))
        self._dispatch = Dispatch(
            assembly.deliver_tools(
                self._books, assembly.destinations(settings), templates, self._poll_tools.policy
            ),
            spawn=self._spawn,
            is_going=lambda: self._is_serving and not self._stopping.is_set(),
            count=self._metrics.delivered,
            on_error=self._end_if_damaged,
        )

    async def run(self) -> bool:
        """Serve until SIGTERM or SIGINT; SIGHUP loads configuration and rules anew.

        Returns whether it ended because it was told to.
        """
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self.reload()))
        try:
            await self._start()
            self._serve_metrics()
            ticks = self._make_ticks()
            self._is_serving = True
            await self._poll_tick()
            await self._deliver_tick()
            ticks.start()
            systemd.notify("READY=1", self._status())
            await self._stopping.wait()
            ticks.stop()
        finally:
            systemd.notify("STOPPING=1")
            await self._stop()
        return not self._has_failed

    async def once(self) -> bool:
        """Poll what is due, deliver what is due; whether nothing unexpected happened."""
        try:
            await self._start()
            polled: set[int] = set()
            while feeds := [feed for feed in await self._due_feeds() if feed.id not in polled]:
                polled.update(feed.id for feed in feeds)
                self._starts_left = MOST_STARTS
                await self._together(map(self._poll, feeds))
            await self._notice_tick()
            await self._digest_tick()
            await self._dispatch.everything(self._together)
        finally:
            await self._stop()
        return not self._has_failed

    async def _start(self) -> None:
        """Make every part ready; an error of ours tells which one cannot be."""
        await self._books.ask(self._store.sync_feeds, self._settings.sources, now())
        await self._schedule_digests()
        if uncertain := await self._books.ask(self._store.release_claims, now()):
            logger().warning("deliveries were interrupted", count=uncertain, then="sent again")
        await asyncio.gather(
            self._poll_tools.asking.readers.call(WARM_UP, reading.ping),
            self._dispatch.tools.senders.call(WARM_UP, send.ping),
        )
        await self._note(EventKind.STARTED, "", f"news-monitor {__version__}")
        await self._note_rules()
        await self._note_templates()
        logger().info(
            "started",
            version=__version__,
            feeds=len(self._settings.sources),
            rules=self._rules.count,
            destinations=len(self._settings.destinations),
            database=str(self._settings.storage.path),
        )

    async def _stop(self) -> None:
        """Let what is in flight end, then end everything."""
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE.total_seconds()
        while self._tasks and loop.time() < end:  # one that ends may have begun another
            await asyncio.wait(set(self._tasks), timeout=end - loop.time())
        for task in self._tasks:
            task.cancel()
        await self._note(EventKind.STOPPED, "", f"{len(self._tasks)} in flight")
        self._metrics.close()
        self._poll_tools.asking.fetcher.close()
        self._poll_tools.asking.readers.close()
        self._dispatch.tools.senders.close()
        self._books.close()
        self._store.close()
        logger().info("stopped")

    # --- ticks ---------------------------------------------------------------------

    def _make_ticks(self) -> Ticks:
        ticks = [
            (self._poll_tick, POLL_TICK),
            (self._deliver_tick, TICK),
            (self._rules_tick, RULES_TICK),
            (self._notice_tick, NOTICE_TICK),
            (self._digest_tick, DIGEST_TICK),
            (self._metrics_tick, METRICS_TICK),
        ]
        if (interval := systemd.watchdog_interval()) is not None:
            ticks.append((self._watchdog_tick, interval))
        return Ticks(ticks, _say_clock_was_set, later=[(self._backup_tick, BACKUP_TICK)])

    async def _poll_tick(self) -> None:
        self._starts_left = MOST_STARTS
        async with self._choosing:
            await self._start_polls()
        self._ticked["poll"] = asyncio.get_running_loop().time()

    async def _start_polls(self) -> None:
        try:
            for feed in await self._due_feeds():
                self._starts_left -= 1
                self._polling.add(feed.id)
                self._spawn(self._poll(feed))
        except StoreError as error:
            logger().error("due feeds not read", error=str(error))

    async def _deliver_tick(self) -> None:
        await self._dispatch.tick()
        self._ticked["deliver"] = asyncio.get_running_loop().time()

    async def _notice_tick(self) -> None:
        """Tell the operator, as one message, what changed; without an operator nobody waits."""
        try:
            events, upto = await self._books.ask(self._store.unannounced)
            told = [event for event in events if event.kind in notices.TROUBLES]
            operator, others = self._settings.operator.notify, self._settings.destinations
            to = notices.audience(told, operator, tuple(others))
            alert = None
            if told and to:
                if not notices.is_time(told, self._settings.poll.interval, now()):
                    return
                feeds = {feed.source.url: feed for feed in await self._books.ask(self._store.feeds)}
                zone = self._dispatch.tools.zone
                alert = notices.notice(told, feeds, upto, to, now(), zone)
                alert = plan.lone_planned(alert, self._poll_tools.policy, now())
            if events:
                await self._books.ask(self._store.announce, alert, upto, now())
        except StoreError as error:
            logger().error("notice not stored", error=str(error))

    async def _digest_tick(self) -> None:
        """Gather what was held for each destination whose digest is due into one message."""
        try:
            await delivering.gather(self._dispatch.tools)
        except StoreError as error:
            logger().error("digest not stored", error=str(error))

    async def _schedule_digests(self) -> None:
        """What waits for no digest yet is told with the next, where the configuration has one."""
        due = digests.next_due(self._poll_tools.policy, now())
        await self._books.ask(self._store.schedule_digests, due)

    async def _backup_tick(self) -> None:
        """Make the night's backup on a thread of its own, beside whatever is written meanwhile."""
        storage, zone = self._settings.storage, self._dispatch.tools.zone
        made = backup.backups(storage.path)
        newest = made[0].made_at if made else None
        if not storage.backups or not nightly.is_due(newest, self._backup_failed_at, now(), zone):
            return
        try:
            done = await asyncio.to_thread(
                backup.make_nightly, storage.path, storage.backups, now()
            )
            oldest = min(one.made_at for one in backup.backups(storage.path))
            await self._books.ask(self._store.forget_told, min(oldest, now() - TOLD_KEPT))
        except StoreError as error:
            self._backup_failed_at = now()
            logger().error("backup failed", error=str(error))
            await self._note(EventKind.BACKUP_FAILED, "", str(error))
        else:
            self._backup_failed_at = None
            logger().info("backup made", path=str(done.path))
            await self._note(EventKind.BACKUP_MADE, done.path.name, "")

    async def _metrics_tick(self) -> None:
        if self._settings.metrics.listen is None:
            return
        try:
            feeds = await self._books.ask(self._store.feed_counts)
            count, oldest = await self._books.ask(self._store.open_deliveries)
            dead = await self._books.ask(self._store.dead_deliveries)
        except StoreError as error:
            logger().error("metrics not counted", error=str(error))
        else:
            age = (now() - oldest).total_seconds() if oldest else 0.0
            self._metrics.counted(feeds, count, age, dead)

    def _serve_metrics(self) -> None:
        if (listen := self._settings.metrics.listen) is not None:
            try:
                self._metrics.serve(listen)
            except OSError as error:
                logger().error("metrics not served", at=listen, error=error.strerror or str(error))

    async def _rules_tick(self) -> None:
        if _look(self._settings.rules.dir) != self._seen:
            async with self._reloading:
                await self._load_rules(self._settings)

    async def _watchdog_tick(self) -> None:
        """Tell systemd only if ticks come, the store writes, a reader answers."""
        earliest = asyncio.get_running_loop().time() - MOVES.total_seconds()
        if late := [name for name, at in self._ticked.items() if at < earliest]:
            logger().error("watchdog: a tick is late", ticks=",".join(late))
            return
        try:
            async with asyncio.timeout(MOVES.total_seconds()):
                await self._books.ask(self._store.ping)
                await self._poll_tools.asking.readers.call(MOVES, reading.ping)
        except (TimeoutError, WorkerFailed, StoreError) as error:
            logger().error("watchdog: a part does not move", error=str(error) or "no answer")
            return
        systemd.notify("WATCHDOG=1", self._status())

    def _status(self) -> str:
        return f"STATUS={len(self._settings.sources)} feeds, {self._rules.count} rules"

    async def _due_feeds(self) -> list[FeedState]:
        """What is due, is not in flight, has room, and whose host may be asked before the next
        tick: the fetcher keeps the moment between two requests to the millisecond."""
        room = min(self._starts_left, POLLS - len(self._polling))
        if room <= 0:
            return []
        busy = self._poll_tools.asking.fetcher.busy_hosts(POLL_TICK)
        limit = room + len(self._polling) + len(self._resting)  # those may be among the first
        due = await self._books.ask(self._store.due_feeds, now(), limit, busy)
        passed_over = self._polling | self._resting
        return [feed for feed in due if feed.id not in passed_over][:room]

    # --- tasks ---------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What nobody expected ends the daemon, visibly: it is a bug, and systemd starts anew."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._end_for_bug(error)

    def _end_for_bug(self, error: BaseException) -> None:
        logger().critical("a bug", exc_info=error)
        self._has_failed = True
        self._stopping.set()

    def _end_if_damaged(self, error: StoreError) -> None:
        """A database that is damaged is mended at the next start, from a backup."""
        if isinstance(error, DamagedDatabase):
            self._has_failed = True
            self._stopping.set()

    async def _together(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        for work in works:
            self._spawn(work)
        await asyncio.wait(self._tasks)

    async def _poll(self, feed: FeedState) -> None:
        try:
            outcome = await pipeline.poll(feed, self._poll_tools)
        except StoreError as error:
            self._not_stored(feed, error)
        else:
            reports.polled(feed, outcome)
            self._metrics.polled(outcome)
            if any(one.alerts for one in outcome.articles + outcome.edited):
                await self._dispatch.soon()
        finally:
            self._polling.discard(feed.id)
        await self._poll_now()

    def _not_stored(self, feed: FeedState, error: Exception) -> None:
        """A feed whose poll could not be written is still due, and asked no more often for that."""
        if not isinstance(error, StoreError):
            self._end_for_bug(error)
            return
        logger().error("poll not stored", feed=feed.source.url, error=str(error))
        self._end_if_damaged(error)
        self._resting.add(feed.id)
        rest = self._settings.poll.min_interval.total_seconds()
        asyncio.get_running_loop().call_later(rest, self._resting.discard, feed.id)

    async def _poll_now(self) -> None:
        """Let the next feed of a host that has become free take its turn, where it may be asked
        before the next tick."""
        if self._settings.poll.host_interval >= POLL_TICK:
            return
        if self._is_serving and not (self._stopping.is_set() or self._choosing.locked()):
            async with self._choosing:
                await self._start_polls()

    # --- reload --------------------------------------------------------------------

    async def reload(self) -> None:
        """Read the configuration and the rules anew; what cannot be used changes nothing."""
        systemd.notify("RELOADING=1")
        async with self._reloading:
            try:
                settings = config.load(self._path, os.environ)
                destinations = assembly.destinations(settings)
            except ConfigError as error:
                await self._refuse(EventKind.CONFIG_REFUSED, str(self._path), error)
            else:
                if await self._load_rules(settings):
                    await self._use(settings, destinations)
        systemd.notify("READY=1", self._status())

    async def _use(self, settings: Config, destinations: Iterable[Destination]) -> None:
        """Go on with a configuration whose rules are loaded already."""
        self._settings = settings
        replaced = self._poll_tools.asking.fetcher
        self._poll_tools = replace(
            self._poll_tools,
            asking=replace(
                self._poll_tools.asking,
                fetcher=assembly.fetcher(settings),
                max_bytes=settings.poll.max_bytes,
            ),
            destinations=tuple(settings.destinations),
            min_interval=settings.poll.min_interval,
            policy=assembly.policy(settings),
        )
        asyncio.get_running_loop().call_later(
            2 * settings.poll.timeout.total_seconds() + 1, replaced.close
        )
        templates, self._misworded = assembly.templates(settings)
        self._dispatch.use(destinations, templates, self._poll_tools.policy)
        await self._note_templates()
        try:
            await self._books.ask(self._store.sync_feeds, settings.sources, now())
            await self._schedule_digests()
        except StoreError as error:
            logger().error("feeds not stored", error=str(error), then="reload again")

    async def _load_rules(self, settings: Config) -> bool:
        """Load and try the rules aside, then swap them in; whether they can be used."""
        self._seen = _look(settings.rules.dir)
        try:
            rules = await assembly.rules_aside(settings.rules.dir, loading.names_in(settings))
            arguments = assembly.reader_arguments(settings, rules)
            await self._poll_tools.asking.readers.renew(arguments, WARM_UP)
        except RulesError as error:
            await self._refuse(EventKind.RULES_REFUSED, str(settings.rules.dir), error)
            return False
        except WorkerFailed as error:
            self._seen = ()  # to be tried again
            logger().error("readers not renewed", error=str(error))
            return False
        self._rules = rules
        await self._note_rules()
        logger().info("rules loaded", rules=rules.count, version=rules.version)
        return True

    async def _refuse(self, kind: EventKind, subject: str, error: ConfigError | RulesError) -> None:
        first = str(error.mistakes[0]).splitlines()[0]
        logger().error(str(kind), mistakes=len(error.mistakes), first=first)
        await self._note(kind, subject, str(error))

    async def _note_rules(self) -> None:
        detail = f"{self._rules.count} rules, version {self._rules.version}"
        await self._note(EventKind.RULES_LOADED, str(self._settings.rules.dir), detail)

    async def _note_templates(self) -> None:
        """What is wrong with the operator's templates costs no alert: ours are used."""
        for mistake in self._misworded:
            place = str(mistake).splitlines()[0]
            logger().error(str(EventKind.TEMPLATE_FAILED), first=place, then="ours is used")
            await self._note(EventKind.TEMPLATE_FAILED, mistake.file, f"ours is used: {mistake}")

    async def _note(self, kind: EventKind, subject: str, detail: str) -> None:
        try:
            await self._books.ask(
                self._store.log, Event(at=now(), kind=kind, subject=subject, detail=detail)
            )
        except StoreError as error:
            logger().error("event not stored", kind=str(kind), error=str(error))


def _say_clock_was_set(by: timedelta) -> None:
    logger().warning("the clock was set", by_seconds=round(by.total_seconds()))


def _look(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What the files of a rules folder look like from outside: any edit changes it."""
    seen = []
    for root, _, names in os.walk(folder, followlinks=True):
        for name in names:
            if name.lower().endswith((".yaml", ".yml")):
                path = os.path.join(root, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                changed = max(status.st_mtime_ns, status.st_ctime_ns)
                seen.append((path, changed, status.st_size, status.st_ino))
    return tuple(sorted(seen))
