"""Touches the world: the tables of feeds and articles, inside a transaction of its caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import groupby, islice

from sqlite_utils import Database

from monitor.models import (
    LONGEST_WAIT,
    Before,
    EditedArticle,
    Event,
    FeedSource,
    FeedState,
    JudgedArticle,
    Match,
    Polled,
    PollOutcome,
    RenamedArticle,
    Unchanged,
    changed,
)
from monitor.store import outbox, rows
from monitor.store.connection import insert, insert_all
from monitor.store.outbox import DeliveryId
from monitor.store.protocol import Known
from monitor.store.states import States

SMALL_STEP = timedelta(seconds=60)
"""A poll further in the future than this was made by a clock that has been set back since."""

_KEYS_AT_ONCE = 500
_EVENTS_AT_ONCE = 1000

_FOLLOW = """
    INSERT INTO feed
        (url, name, publisher, language, tags, interval_seconds, has_own_interval, full_text,
            position, host)
    VALUES
        (:url, :name, :publisher, :language, :tags, :interval_seconds, :has_own_interval, :full_text,
            :position, :host)
    ON CONFLICT (url) DO UPDATE SET
        name = excluded.name, publisher = excluded.publisher, language = excluded.language,
        tags = excluded.tags, interval_seconds = excluded.interval_seconds,
        has_own_interval = excluded.has_own_interval, full_text = excluded.full_text,
        position = excluded.position,
        gone_at = CASE WHEN feed.position IS NULL THEN NULL ELSE feed.gone_at END
    WHERE (feed.name, feed.publisher, feed.language, feed.tags, feed.interval_seconds,
            feed.has_own_interval, feed.full_text, feed.position)
        IS NOT (excluded.name, excluded.publisher, excluded.language, excluded.tags,
            excluded.interval_seconds, excluded.has_own_interval, excluded.full_text,
            excluded.position)
"""
"""Rewrites only what differs: a start with 10,000 known feeds holds the lock for a moment.

A feed that was gone is tried again when it is taken out of the configuration and put back."""

_UNFOLLOW = "UPDATE feed SET position = NULL WHERE id = :id"
_LOOK_AT_ONCE = """
    INSERT INTO look (feed_id, next_check_at)
    SELECT id, :now FROM feed WHERE id NOT IN (SELECT feed_id FROM look)
"""
_FOLLOWED = """
    SELECT * FROM feed JOIN look ON feed_id = id WHERE position IS NOT NULL ORDER BY position
"""
_DUE = "SELECT * FROM look WHERE next_check_at <= :now ORDER BY next_check_at, feed_id"
_OF_ANOTHER_CLOCK = """
    SELECT * FROM look WHERE polled_at > :soon OR next_check_at > :furthest
    ORDER BY next_check_at, feed_id
"""
"""What was polled in the future, or is planned absurdly far ahead, was so by a clock that has been
set back since. All of ``look`` is gone through, 0.8 ms for 10,000 feeds; an index would
cost each poll more."""
_WAITING_HOSTS = "SELECT host FROM host WHERE waits_until > :now AND waits_until <= :furthest"
_LET_WAIT = """
    INSERT INTO host (host, waits_until) VALUES (:host, :until)
    ON CONFLICT (host) DO UPDATE SET waits_until = excluded.waits_until
"""
_FORGET_WAITS = "DELETE FROM host WHERE waits_until <= :now"
_POLLED = """
    UPDATE feed SET
        etag = :etag, last_modified = :last_modified, body_hash = :body_hash,
        first_read_at = coalesce(first_read_at, :first_read_at),
        new_article_at = coalesce(:new_article_at, new_article_at),
        failures = :failures, reason = :reason, detail = :detail, pace = :pace, hints = :hints,
        gone_at = :gone_at,
        pages_read = pages_read + :pages_read, pages_failed = pages_failed + :pages_failed,
        health = coalesce(:health, health), rhythm = coalesce(:rhythm, rhythm),
        deaths = coalesce(:deaths, deaths), fingerprints = coalesce(:fingerprints, fingerprints)
    WHERE id = :id
"""
_LOOKED = """
    UPDATE look SET
        polled_at = :polled_at, succeeded_at = coalesce(:succeeded_at, succeeded_at),
        next_check_at = :next_check_at
    WHERE feed_id = :id
"""
_LOOKED_AT_MANY = """
    UPDATE look SET
        polled_at = made.value ->> 1, succeeded_at = made.value ->> 1,
        next_check_at = made.value ->> 2
    FROM json_each(:looks) AS made WHERE feed_id = made.value ->> 0
"""
_ROUTED = """
    UPDATE feed SET
        host = :host, end_host = :end_host, address = :address, moved_to = :moved_to,
        moved_since = :moved_since, moved_polls = :moved_polls
    WHERE id = :id
"""


_NEXT_ARTICLE = "SELECT coalesce(max(id), 0) + 1 FROM article"
_CLAIM_IF_FREE = "INSERT OR IGNORE INTO article_key (key, article_id) VALUES (?, ?)"
_EDIT = """
    UPDATE article SET
        content_hash = :content_hash, url = :url, title = :title, text = :text, author = :author,
        categories = :categories, language = :language
    WHERE id = :id
"""
_HELD = "SELECT rule_id FROM match WHERE article_id = :id AND NOT is_weak"
_TOLD = """
    SELECT match.*,
        (SELECT json_group_array(destination ORDER BY id) FROM delivery
         WHERE alert_id = alert.id AND state IN ('sending', 'sent')) AS destinations,
        (SELECT max(created_at) FROM alert WHERE match_id = match.id AND kind = 'update')
            AS updated_at
    FROM match JOIN alert ON alert.match_id = match.id AND alert.kind = 'article'
    WHERE match.article_id = :id ORDER BY alert.id
"""
_MATCHES = "SELECT id, rule_id FROM match WHERE article_id = :id"
_FORGET_MATCHES = """
    DELETE FROM match
    WHERE article_id = :id AND NOT EXISTS (SELECT 1 FROM alert WHERE match_id = match.id)
"""
_EDIT_MATCH = """
    UPDATE match SET
        rule_version = :rule_version, rule_title = :rule_title, severity = :severity,
        relevance = :relevance, is_weak = :is_weak, notify = :notify, evidence = :evidence
    WHERE id = :id
"""


class ClaimedMeanwhile(Exception):
    """An identity key has another owner: what was written is to be undone."""


def followed_rows(sources: Iterable[FeedSource]) -> list[rows.NewRow]:
    """What ``follow`` writes, made before a lock is taken."""
    return [
        rows.source_row(source) | {"position": position} for position, source in enumerate(sources)
    ]


def follow(db: Database, wanted: Sequence[rows.NewRow], now: datetime) -> None:
    """Make the followed feeds exactly those; of two with one address the later counts.

    Those that are new are due now.
    """
    urls = {row["url"] for row in wanted}
    followed = db.execute("SELECT id, url FROM feed WHERE position IS NOT NULL").fetchall()
    for row in followed:
        if row["url"] not in urls:
            db.execute(_UNFOLLOW, {"id": row["id"]})
    db.conn.executemany(_FOLLOW, wanted)
    db.execute(_LOOK_AT_ONCE, {"now": rows.instant_number(now)})


def followed_feeds(db: Database) -> tuple[FeedState, ...]:
    """Every followed feed, in the order of the configuration."""
    return tuple(rows.feed_state(row) for row in db.execute(_FOLLOWED))


def due_feeds(
    db: Database, now: datetime, limit: int, busy: Iterable[str], states: States
) -> tuple[FeedState, ...]:
    """The feeds that are due, longest first, one for each host that is free.

    Which hosts a feed has, and whether it is asked at all, is remembered: to read it from each row of
    ``feed`` would double the time that this takes.
    """
    soon, furthest = now + SMALL_STEP, now + LONGEST_WAIT
    waiting = db.execute(_WAITING_HOSTS, rows.row(now=now, furthest=furthest))
    taken = {row["host"] for row in waiting}.union(busy)
    instants = {
        "now": rows.instant_number(now),
        "soon": rows.instant_number(soon),
        "furthest": rows.instant_number(furthest),
    }
    chosen: dict[int, FeedState] = {}
    for sql in (_DUE, _OF_ANOTHER_CLOCK):
        if len(chosen) == limit:
            break
        # A cursor is read only as far as it must be: of 10,000 due feeds, 50.
        with closing(db.execute(sql, instants)) as found:
            feeds = ((look, states.read(db, look["feed_id"])) for look in found)
            free = islice(_one_for_each_host(feeds, taken), limit - len(chosen))
            chosen |= {feed.id: feed for feed in free}
    return tuple(chosen.values())


def _one_for_each_host(
    found: Iterable[tuple[rows.Row, FeedState | None]], taken: set[str]
) -> Iterator[FeedState]:
    """The feeds none of whose hosts is taken; theirs are, then."""
    for look, feed in found:
        if feed is not None and taken.isdisjoint(hosts := (feed.route.host, feed.route.end_host)):
            taken.update(hosts)
            taken.discard("")
            yield changed(feed, **rows.looked(look))


def owners(db: Database, keys: Sequence[str]) -> dict[str, Known]:
    """For each of the identity keys that is owned, its owner."""
    stored = [rows.storable(key) for key in keys]
    found: dict[str, Known] = {}
    for start in range(0, len(stored), _KEYS_AT_ONCE):
        found |= _owners(db, stored[start : start + _KEYS_AT_ONCE])
    pairs = zip(keys, stored, strict=True)
    return {key: found[as_stored] for key, as_stored in pairs if as_stored in found}


def _owners(db: Database, keys: Sequence[str]) -> dict[str, Known]:
    places = ", ".join("?" * len(keys))
    found = db.execute(
        "SELECT article_key.key, article.id, article.title, article.url, article.feed_url,"  # noqa: S608
        " article.content_hash, article.identity"
        " FROM article_key JOIN article ON article.id = article_key.article_id"
        f" WHERE article_key.key IN ({places})",
        keys,
    )
    return {
        row["key"]: Known(
            article_id=row["id"],
            title=row["title"],
            url=row["url"],
            feed_url=row["feed_url"],
            content_hash=row["content_hash"],
            identity=row["identity"],
        )
        for row in found
    }


def before(db: Database, article_ids: Sequence[int]) -> dict[int, Before]:
    """Each article as it is stored, with the rules that hold on it and what was told of it."""
    return {article_id: _before(db, article_id) for article_id in article_ids}


def _before(db: Database, article_id: int) -> Before:
    says = db.execute("SELECT title, text FROM article WHERE id = ?", [article_id]).fetchone()
    return Before(
        title=says["title"],
        text=says["text"],
        held=frozenset(row["rule_id"] for row in db.execute(_HELD, {"id": article_id})),
        told=tuple(rows.told_alert(row) for row in db.execute(_TOLD, {"id": article_id})),
    )


def runs(outcomes: Iterable[Polled]) -> Iterator[Sequence[Polled]]:
    """Cut polls into what is written at once: those in a row that found nothing changed, as most
    do; each other one alone."""
    for is_unchanged, run in groupby(outcomes, lambda outcome: isinstance(outcome, Unchanged)):
        if is_unchanged:
            yield tuple(run)
        else:
            yield from ((outcome,) for outcome in run)


def write(db: Database, run: Sequence[Polled], delivery_id: DeliveryId) -> None:
    """Write all that the polls of one of the ``runs`` change; nothing where a feed's row is gone.

    Raises:
        ClaimedMeanwhile: undo all of it.
    """
    match run:
        case [PollOutcome() as outcome]:
            _write_outcome(db, outcome, delivery_id)
        case _:
            # One statement: with one for each the thread would give up its turn at each.
            db.execute(_LOOKED_AT_MANY, {"looks": rows.looks_text(run)})


def _write_outcome(db: Database, outcome: PollOutcome, delivery_id: DeliveryId) -> None:
    if not db.execute(_POLLED, rows.polled_row(outcome)).rowcount:
        return
    db.execute(_LOOKED, rows.look_row(outcome))
    if outcome.route is not None:
        db.execute(_ROUTED, rows.route_row(outcome.feed_id, outcome.route))
    if outcome.host_wait is not None:
        db.execute(_FORGET_WAITS, rows.row(now=outcome.polled_at))
        db.execute(_LET_WAIT, rows.row(host=outcome.host_wait.host, until=outcome.host_wait.until))
    if outcome.articles:
        _write_articles(db, outcome, delivery_id)
    for renamed in outcome.renamed:
        _claim_if_free(db, renamed)
    for edited in outcome.edited:
        _write_edited(db, edited, delivery_id)
    for event in outcome.events:
        log(db, event)


def _write_articles(db: Database, outcome: PollOutcome, delivery_id: DeliveryId) -> None:
    """Write the articles of a poll, their keys, and what is told of them.

    Their ids are those that SQLite would give them: nobody else writes meanwhile.
    """
    (first_id,) = db.execute(_NEXT_ARTICLE).fetchone()
    numbered = list(enumerate(outcome.articles, first_id))
    insert_all(db, "article", [_article_row(outcome, *each) for each in numbered])
    _claim(db, [(key, each) for each, judged in numbered for key in dict.fromkeys(judged.claims)])
    for article_id, judged in numbered:
        _write_matches(db, judged, article_id, delivery_id)


def _article_row(outcome: PollOutcome, article_id: int, judged: JudgedArticle) -> rows.NewRow:
    first = rows.row(id=article_id, identity=next(iter(judged.claims), ""))
    return first | rows.article_row(judged.article, outcome.feed_id, outcome.polled_at)


def _claim(db: Database, keys: Sequence[tuple[str, int]]) -> None:
    """Give articles their keys.

    Raises:
        ClaimedMeanwhile: one is another's.
    """
    wanted = [(rows.storable(key), article_id) for key, article_id in keys]
    if db.conn.executemany(_CLAIM_IF_FREE, wanted).rowcount < len(wanted):
        raise ClaimedMeanwhile


def _write_matches(
    db: Database, judged: JudgedArticle, article_id: int, delivery_id: DeliveryId
) -> None:
    match_ids = {
        match: insert(db, "match", rows.match_row(match, article_id)) for match in judged.matches
    }
    for alert in judged.alerts:
        assert alert.article == judged.article, "an alert tells of its own article"
        assert alert.match in match_ids, "an alert tells of a match of its article"
        outbox.write_alert(db, alert, match_ids[alert.match], delivery_id)


def _claim_if_free(db: Database, renamed: RenamedArticle) -> None:
    """Give a stored article more keys; one that is another's by now stays so."""
    wanted = [(rows.storable(key), renamed.article_id) for key in renamed.claims]
    db.conn.executemany(_CLAIM_IF_FREE, wanted)


def _write_edited(db: Database, edited: EditedArticle, delivery_id: DeliveryId) -> None:
    """Rewrite an article and its matches."""
    article_id = edited.article_id
    db.execute(_EDIT, rows.content_row(edited.article) | {"id": article_id})
    db.execute(_FORGET_MATCHES, {"id": article_id})
    told = {row["rule_id"]: row["id"] for row in db.execute(_MATCHES, {"id": article_id})}
    match_ids = {match: _rewrite(db, match, article_id, told) for match in edited.matches}
    for alert in edited.alerts:
        match_id = match_ids.get(alert.match, told.get(alert.match.rule_id))
        assert match_id is not None, "an alert tells of a match of its article"
        outbox.write_alert(db, alert, match_id, delivery_id)


def _rewrite(db: Database, match: Match, article_id: int, told: Mapping[str, int]) -> int:
    """Write a match in the place of the one that an alert has told of, or as a new one."""
    row = rows.match_row(match, article_id)
    if match.rule_id not in told:
        return insert(db, "match", row)
    db.execute(_EDIT_MATCH, row | {"id": told[match.rule_id]})
    return told[match.rule_id]


def unannounced(db: Database) -> tuple[tuple[Event, ...], int]:
    """The events that the operator was not told yet, oldest first, and the last one's number."""
    found = db.execute(
        "SELECT * FROM event WHERE id > (SELECT upto FROM notice) ORDER BY id LIMIT ?",
        [_EVENTS_AT_ONCE],
    ).fetchall()
    upto = found[-1]["id"] if found else 0
    return tuple(rows.event(row) for row in found), upto


def announced(db: Database, upto: int) -> None:
    """Remember that the operator knows the events up to that number."""
    db.execute("UPDATE notice SET upto = max(upto, :upto)", {"upto": upto})


def log(db: Database, event: Event) -> None:
    """Append to the operator's log."""
    insert(db, "event", rows.event_row(event))
