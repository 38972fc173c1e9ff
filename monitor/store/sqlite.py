"""Touches the world: the store in one SQLite file.

What must happen is written in the same transaction as what happened: a poll's articles, their
keys, matches, alerts and deliveries together with the validators that would hide them from the
next poll. A delivery is claimed before it is sent, and recorded after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Self

from sqlite_utils import Database

from monitor.errors import StoreBusy, StoreError
from monitor.failpoints import failpoint
from monitor.models import (
    Alert,
    Article,
    Before,
    Dead,
    Delivery,
    DeliveryResult,
    DeliveryState,
    Event,
    EventKind,
    FeedHealth,
    FeedSource,
    FeedState,
    Lane,
    LaneChange,
    Polled,
    PollOutcome,
    Rate,
)
from monitor.planning import Gathering, Past, Question, Silence
from monitor.store import connection, digests, ledger, outbox, plans, polls, queue, rows, told
from monitor.store.outbox import DeliveryId
from monitor.store.protocol import Commit, Known, ToldMessage
from monitor.store.states import States
from monitor.store.views import (
    ArticleCount,
    DeliveryCount,
    DeliveryFilter,
    QueuedDelivery,
    StoredAlert,
    StoredArticle,
)

_UNLIMITED: Mapping[str, Rate] = {}
_NEVER: Mapping[str, datetime] = {}
_EVER = datetime.min.replace(tzinfo=UTC)


class SqliteStore:
    """The store in a SQLite file: what ``protocol.Store`` promises, and the commands' reads.

    For one thread at a time, whichever it is, and never across a fork. Every method may raise
    ``StoreBusy`` (locked for longer than the busy timeout) and ``StoreError`` (a full or failing
    disk, a damaged file); nothing was written then.
    """

    def __init__(self, db: Database, path: Path, delivery_id: DeliveryId) -> None:
        self._db = db
        self._path = path
        self._delivery_id = delivery_id
        self._states = States()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        delivery_id: DeliveryId,
        busy_timeout: timedelta = connection.BUSY_TIMEOUT,
    ) -> Self:
        """Create the database or open it, bring its schema up to date, check it.

        Args:
            path: The file; its folder must exist.
            delivery_id: Makes a delivery's public id from its alert's key and its destination.
            busy_timeout: How long to wait for another process's lock.

        Raises:
            ForeignDatabase: it is not ours, or a newer version's; the file was not touched.
            StoreBusy: another process keeps it locked.
            StoreError: it is damaged, or cannot be opened as it must be.
        """
        return cls(connection.open_writer(path, busy_timeout), path, delivery_id)

    @classmethod
    def open_reader(cls, path: Path) -> Self:
        """Open an existing database only to read it, beside the daemon.

        Raises:
            ForeignDatabase: it is not ours, or a newer version's.
            StoreError: there is none, or the daemon has yet to update it.
        """
        return cls(connection.open_reader(path), path, _no_delivery_id)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def pragmas(self) -> Mapping[str, int | str]:
        """How the database is open, as SQLite itself says, with its version as ``sqlite``."""
        with self._reading():
            return connection.pragmas(self._db)

    def _writing(self) -> AbstractContextManager[None]:
        return connection.transaction(self._db, self._path)

    def _reading(self) -> AbstractContextManager[None]:
        return connection.transaction(self._db, self._path, "DEFERRED")

    # --- polls ---------------------------------------------------------------------

    def sync_feeds(self, sources: Iterable[FeedSource], now: datetime) -> None:
        """Make the followed feeds exactly ``sources``; of two with one address the later counts."""
        wanted = polls.followed_rows(sources)
        self._states.forget_all()
        with self._writing():
            polls.follow(self._db, wanted, now)

    def due_feeds(
        self, now: datetime, limit: int, busy: Iterable[str] = ()
    ) -> tuple[FeedState, ...]:
        """The followed feeds whose next check is at or before ``now``, longest due first; one at
        most for each host that is not ``busy`` and does not want to be left alone."""
        with self._reading():
            self._states.begin(self._db)
            return polls.due_feeds(self._db, now, limit, busy, self._states)

    def feeds(self) -> tuple[FeedState, ...]:
        """Every followed feed, in the order of the configuration."""
        with self._reading():
            return polls.followed_feeds(self._db)

    def known(self, keys: Sequence[str]) -> Mapping[str, Known]:
        """For each of the identity keys that is owned, its owner."""
        with self._reading():
            return polls.owners(self._db, keys)

    def before(self, article_ids: Sequence[int]) -> Mapping[int, Before]:
        """Each of the stored articles as it is now, the rules that hold on it, and what was told."""
        with self._reading():
            return polls.before(self._db, article_ids)

    def commit(self, outcome: Polled) -> Commit:
        """Write all that a poll changes in one transaction; nothing if its feed's row is gone."""
        (done,) = self.commit_all((outcome,))
        if isinstance(done, Exception):
            raise done
        return done

    def commit_all(self, outcomes: Sequence[Polled]) -> tuple[Commit | Exception, ...]:
        """Write what several polls change in one transaction, which is synced to the disk once.

        Each is written whole or not at all: what is raised over one is told in its place, and
        the others are written. If the file itself fails, each is tried again alone.
        """
        changing = (one.feed_id for one in outcomes if isinstance(one, PollOutcome))
        self._states.forget(changing)
        try:
            with self._writing():
                runs = map(self._write_run, polls.runs(outcomes))
                done = tuple(chain.from_iterable(runs))
        except StoreError as error:
            if len(outcomes) == 1 or isinstance(error, StoreBusy):
                return (error,) * len(outcomes)
            return tuple(self.commit_all((outcome,))[0] for outcome in outcomes)
        return done

    def _write_run(self, run: Sequence[Polled]) -> Sequence[Commit | Exception]:
        """Write what several polls change at once; if that fails, each again by itself."""
        done = self._write_apart(run)
        if isinstance(done, Exception) and len(run) > 1:
            return [self._write_apart((outcome,)) for outcome in run]
        return [done] * len(run)

    def _write_apart(self, run: Sequence[Polled]) -> Commit | Exception:
        """Write what the polls of a run change beside others: all of it or nothing.

        Raises:
            StoreError: the file's trouble, which may have ended the transaction for all.
        """
        try:
            with connection.in_plain_words(self._path), connection.savepoint(self._db):
                polls.write(self._db, run, self._delivery_id)
                failpoint("commit: in transaction")
        except polls.ClaimedMeanwhile:
            return Commit.CONFLICT
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again where this poll is waited for
            return error
        return Commit.DONE

    def past(self, question: Question) -> Past:
        """What planning follows from: what was told, how often, what is silenced."""
        with self._reading():
            return plans.past(self._db, question)

    # --- deliveries ----------------------------------------------------------------

    def due_deliveries(
        self,
        now: datetime,
        lease: timedelta,
        limit: int,
        busy: Iterable[str] = (),
        rates: Mapping[str, Rate] = _UNLIMITED,
        quiet: Mapping[str, datetime] = _NEVER,
    ) -> tuple[Delivery, ...]:
        """Claim what is due: one for each destination that is not ``busy``, in trouble or ahead
        of its rate; where quiet hours have begun, nothing from before that is not critical.

        One that waits for its retry holds up none behind it.
        """
        with self._writing():
            due = outbox.due(self._db, now, limit, busy, rates, quiet)
            claimed = outbox.claim(self._db, due, now, now + lease, rates)
            failpoint("claim: in transaction")
        return claimed

    def record(
        self,
        delivery_id: int,
        result: DeliveryResult,
        change: LaneChange | None = None,
        sent: ToldMessage | None = None,
    ) -> None:
        """Write what became of a claimed delivery, and of its lane; nothing if it was final.

        What was sent is written down beside the database first, for one that is restored later:
        of a digest, with each of its items.
        """
        if sent is not None:
            with self._reading():
                keys = outbox.told_with(self._db, delivery_id)
            items = (ToldMessage(sent.at, key, sent.destination) for key in keys)
            told.append(self._path, sent, *items)
        with self._writing():
            is_recorded = outbox.record(self._db, delivery_id, result)
            if is_recorded and isinstance(result, Dead):
                outbox.pass_on(self._db, delivery_id, result.at)
            if is_recorded and change is not None:
                more = outbox.change_lane(self._db, delivery_id, result, change)
                if (event := change.event) is not None:
                    detail = f"{event.detail}; {more} more with it" if more else event.detail
                    polls.log(self._db, replace(event, detail=detail))
            failpoint("record: in transaction")

    def forget_told(self, before: datetime) -> None:
        """Leave out of the file of told messages what every backup knows."""
        try:
            told.forget(self._path, before)
        except OSError as error:
            raise StoreError(f"{told.path_of(self._path)}: {error.strerror or error}") from error

    def last_write(self) -> datetime | None:
        """When the last poll or event was that the database knows of."""
        with self._reading():
            return ledger.last_write(self._db)

    def reconcile(self, sent: Iterable[ToldMessage] | None, now: datetime) -> int | None:
        """Take as sent what is known to have been; how many open deliveries that were.

        With ``None`` whatever is open may have been sent, and ``None`` is returned.
        """
        with self._writing():
            outbox.release(self._db, now)
            if sent is None:
                outbox.doubt_all(self._db)
                return None
            return outbox.reconcile(self._db, sent)

    def ailing(self) -> Mapping[str, Lane]:
        """The lanes of the destinations whose last attempt failed."""
        with self._reading():
            return outbox.ailing(self._db)

    def release_claims(self, now: datetime) -> int:
        """Make what was ``sending`` when the last daemon died due again; how many there were."""
        with self._writing():
            return outbox.release(self._db, now)

    def post(self, alert: Alert, now: datetime, lease: timedelta) -> tuple[Delivery, ...]:
        """Write an alert of its own and claim its deliveries at once.

        If its key is known nothing is written, and what still waits of it is claimed.
        """
        with self._writing():
            outbox.write_lone_alert(self._db, alert, now, self._delivery_id)
            waiting = outbox.pending(self._db, alert.key)
            return outbox.claim(self._db, waiting, now, now + lease, _UNLIMITED)

    def deliveries(self, meant: DeliveryFilter, limit: int) -> tuple[QueuedDelivery, ...]:
        """The last deliveries that are meant, last first."""
        with self._reading():
            return queue.deliveries(self._db, meant, limit)

    def retry(self, meant: DeliveryFilter, now: datetime) -> int:
        """Make those that wait or were given up due at once; how many there were."""
        with self._writing():
            return queue.retry(self._db, meant, now)

    def drop(self, meant: DeliveryFilter, now: datetime) -> int:
        """Give up those that wait; how many there were. What is under way is not stopped."""
        with self._writing():
            return queue.drop(self._db, meant, now)

    def digests_due(self, now: datetime) -> tuple[Gathering, ...]:
        """For each destination whose digest is due, what was held for it."""
        with self._reading():
            return digests.due(self._db, now)

    def gather(self, gathering: Gathering, alert: Alert, now: datetime) -> None:
        """Write a digest, and that it tells of what was held."""
        with self._writing():
            outbox.write_lone_alert(self._db, alert, now, self._delivery_id)
            (teller,) = outbox.deliveries_of(self._db, alert.key)
            digests.gather(self._db, gathering, teller)
            failpoint("gather: in transaction")

    def schedule_digests(self, due: Mapping[str, datetime]) -> None:
        """Say when the digest is due of what is held at each destination for none yet."""
        with self._writing():
            for destination, at in due.items():
                digests.schedule(self._db, destination, at)

    # --- the operator's log --------------------------------------------------------

    def log(self, event: Event) -> None:
        """Append to the operator's log."""
        with self._writing():
            polls.log(self._db, event)

    def unannounced(self) -> tuple[tuple[Event, ...], int]:
        """Some of the events after those that were announced, oldest first, and the number of
        the last one."""
        with self._reading():
            return polls.unannounced(self._db)

    def announce(self, alert: Alert | None, upto: int, now: datetime) -> None:
        """Write the message about the events up to that number, if there is one, and that they
        were announced."""
        with self._writing():
            if alert is not None:
                outbox.write_lone_alert(self._db, alert, now, self._delivery_id)
            polls.announced(self._db, upto)
            failpoint("announce: in transaction")

    def ping(self) -> None:
        """Prove that the database can be written to, by writing."""
        with self._writing():
            self._db.execute("UPDATE pulse SET beats = beats + 1")

    def events(self, limit: int, kinds: Iterable[EventKind] | None = None) -> tuple[Event, ...]:
        """The last lines of the operator's log, of some kinds or of all, last first."""
        with self._reading():
            return ledger.events(self._db, limit, kinds)

    def latest_event(self, kinds: Iterable[EventKind]) -> Event | None:
        """The last line of any of these kinds."""
        return next(iter(self.events(1, kinds)), None)

    # --- the ledger ----------------------------------------------------------------

    def alerts(
        self, limit: int, rule: str | None = None, state: DeliveryState | None = None
    ) -> tuple[StoredAlert, ...]:
        """The newest alerts with their deliveries, newest first: of one rule or of all, and with a
        delivery in that state or in any."""
        with self._reading():
            return ledger.alerts(self._db, limit, rule, state)

    def alert(self, alert_id: int) -> StoredAlert | None:
        """One alert with its deliveries."""
        with self._reading():
            return ledger.alert(self._db, alert_id)

    def alert_number(self, name: str) -> int | None:
        """The number of an alert that is named by it, or by the public id of a delivery."""
        with self._reading():
            return ledger.alert_number(self._db, name)

    def find_article(
        self, *, article_id: int | None = None, url: str | None = None
    ) -> Article | None:
        """The stored article of a number, or the last one of a link."""
        with self._reading():
            return ledger.find_article(self._db, article_id, url)

    def articles_at(self, url: str, key: str) -> tuple[StoredArticle, ...]:
        """The stored articles of a link as their feed gave it, or that own this identity key, with
        their matches and alerts, newest first."""
        with self._reading():
            return ledger.articles_at(self._db, url, key)

    # --- what people decide --------------------------------------------------------

    def silence(self, rule_id: str, now: datetime, until: datetime, reason: str = "") -> Silence:
        """Write down that nobody wants to hear of a rule until then."""
        with self._writing():
            made = plans.silence(self._db, rule_id, now, until, reason)
            detail = f"until {rows.instant_text(until)}" + (f": {reason}" if reason else "")
            self._note(now, EventKind.RULE_SILENCED, rule_id, detail)
        return made

    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """The silences that hold, the next to end first."""
        with self._reading():
            return plans.silences(self._db, now)

    def end_silences(self, which: str, now: datetime) -> tuple[Silence, ...]:
        """End the silences of this number or rule; those that were ended."""
        with self._writing():
            ended = plans.end_silences(self._db, now, which)
            for one in ended:
                self._note(now, EventKind.SILENCE_ENDED, one.rule_id, f"silence {one.id}")
        return ended

    def acknowledge(self, alert_id: int, who: str, now: datetime) -> tuple[str, ...]:
        """Write down that somebody has seen an alert; the destinations that need not be told now.

        The first who does is kept.
        """
        with self._writing():
            if not outbox.acknowledge(self._db, alert_id, who, now):
                return ()
            self._note(now, EventKind.ALERT_ACKNOWLEDGED, f"alert {alert_id}", f"by {who}")
            return outbox.call_off(self._db, alert_id, who)

    def resend(
        self, alert_id: int, now: datetime, destination: str | None = None
    ) -> tuple[str, ...]:
        """Make an alert's deliveries due again that are not waiting or under way; their public ids."""
        with self._writing():
            again = outbox.resend(self._db, alert_id, now, destination)
            for public_id, was in again.items():
                self._note(now, EventKind.DELIVERY_RESENT, public_id, f"was {was}")
        return tuple(again)

    def _note(self, now: datetime, kind: EventKind, subject: str, detail: str) -> None:
        polls.log(self._db, Event(at=now, kind=kind, subject=subject, detail=detail))

    def delivery_counts(self) -> tuple[DeliveryCount, ...]:
        """How many deliveries each destination has in each state."""
        with self._reading():
            return ledger.delivery_counts(self._db)

    def feed_counts(self) -> Mapping[FeedHealth, int]:
        """How many followed feeds are how."""
        with self._reading():
            return ledger.feed_counts(self._db)

    def open_deliveries(self) -> tuple[int, datetime | None]:
        """How many deliveries wait or are in flight, and when the oldest was created."""
        with self._reading():
            return ledger.open_deliveries(self._db)

    def dead_deliveries(self) -> int:
        """How many deliveries were given up, ever."""
        with self._reading():
            return ledger.dead_deliveries(self._db)

    def article_counts(self, since: datetime = _EVER) -> tuple[ArticleCount, ...]:
        """What each feed has brought since then; feeds that brought nothing are left out."""
        with self._reading():
            return ledger.article_counts(self._db, since)

    def integrity_check(self) -> tuple[str, ...]:
        """What is wrong with the file, by a full check of it; empty if nothing is."""
        with self._reading():
            return connection.integrity_check(self._db)


def _no_delivery_id(key: str, destination: str) -> str:
    raise AssertionError(f"a reader writes no delivery: {key!r} to {destination!r}")
