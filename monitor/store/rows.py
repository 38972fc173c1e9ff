"""Decides: how a value becomes a row, and a row a value again.

A row to be written is a dict of column names; a row that was read is anything that can be
asked for a column by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from monitor import lanes
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Delivery,
    DeliveryReason,
    DeliveryState,
    DigestItem,
    Event,
    EventKind,
    Evidence,
    FailureReason,
    FeedHealth,
    FeedHints,
    FeedSource,
    FeedState,
    FullText,
    Lane,
    Match,
    Pace,
    Planned,
    PlanReason,
    Polled,
    PollOutcome,
    Rhythm,
    Route,
    Severity,
    Told,
    ToldAlert,
    Validators,
)
from monitor.planning import Silence
from monitor.store.views import (
    ArticleCount,
    DeliveryCount,
    QueuedDelivery,
    StoredAlert,
    StoredDelivery,
)

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=asdict)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = Mapping[str, Any]
NewRow = dict[str, object]

# --- columns -----------------------------------------------------------------------


def storable(text: str) -> str:
    """The text with ``?`` for each lone surrogate: those have no UTF-8, and feeds hold some."""
    return str(text) if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def instant_text(at: datetime) -> str:
    """An instant as ``2026-03-07T10:15:00.000000Z``: one width, so text order is time order.

    Raises:
        ValueError: it has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"an instant without a time zone: {at!r}")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    # Half the time of a ``datetime``'s own ``isoformat``, which writes the zone as well.
    return f"{utc.date().isoformat()}T{utc.time().isoformat('microseconds')}Z"


instant = datetime.fromisoformat
"""The instant that ``instant_text`` wrote."""


def instant_number(at: datetime) -> int:
    """An instant as microseconds since 1970: a quarter of its text, for what every poll writes.

    Raises:
        TypeError: it has no time zone.
    """
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def numbered_instant(number: int) -> datetime:
    """The instant whose ``instant_number`` that is."""
    return _EPOCH + number * _MICROSECOND


def as_json(values: Iterable[object]) -> str:
    """A list as JSON text that people can read."""
    return f"[{', '.join(map(_ENCODER.encode, values))}]"


def row(**columns: object) -> NewRow:
    """A row to be written: instants are text, spans are seconds, tuples are JSON."""
    return {
        name: _CONVERSIONS.get(type(value), _enum_or_as_it_is)(value)
        for name, value in columns.items()
    }


def _enum_or_as_it_is(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


_CONVERSIONS: Mapping[type, Callable[[Any], object]] = {
    str: storable,
    datetime: instant_text,
    timedelta: timedelta.total_seconds,
    tuple: lambda values: storable(as_json(values)),
}


@lru_cache(maxsize=1000)
def _strings_text(strings: tuple[str, ...]) -> str:
    """A list that many rows have in common, as JSON."""
    return storable(as_json(strings))


@lru_cache(maxsize=1000)
def _strings(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _numbered_or_none(number: int | None) -> datetime | None:
    return None if number is None else numbered_instant(number)


# --- feeds -------------------------------------------------------------------------


def source_row(source: FeedSource) -> NewRow:
    """What the configuration says about a feed."""
    return row(
        url=source.url,
        name=source.name,
        publisher=source.publisher,
        language=source.language,
        tags=source.tags,
        interval_seconds=source.interval,
        has_own_interval=source.has_own_interval,
        full_text=source.full_text,
        host=source.host,
    )


def feed_state(stored: Row) -> FeedState:
    """A row of ``feed`` and its row of ``look``."""
    return FeedState(
        id=stored["id"],
        source=FeedSource(
            url=stored["url"],
            name=stored["name"],
            publisher=stored["publisher"],
            language=stored["language"],
            tags=_strings(stored["tags"]),
            interval=_span(stored["interval_seconds"]),
            full_text=FullText(stored["full_text"]),
            has_own_interval=bool(stored["has_own_interval"]),
        ),
        validators=Validators(etag=stored["etag"], last_modified=stored["last_modified"]),
        body_hash=stored["body_hash"],
        first_read_at=_instant_or_none(stored["first_read_at"]),
        new_article_at=_instant_or_none(stored["new_article_at"]),
        failures=stored["failures"],
        reason=FailureReason(stored["reason"]) if stored["reason"] else None,
        detail=stored["detail"],
        pace=Pace(stored["pace"]),
        hints=_hints(stored["hints"]),
        route=Route(
            host=stored["host"],
            end_host=stored["end_host"],
            address=stored["address"],
            moved_to=stored["moved_to"],
            moved_since=_instant_or_none(stored["moved_since"]),
            moved_polls=stored["moved_polls"],
        ),
        gone_at=_instant_or_none(stored["gone_at"]),
        pages_read=stored["pages_read"],
        pages_failed=stored["pages_failed"],
        health=FeedHealth(stored["health"]),
        rhythm=_rhythm(stored["rhythm"]),
        deaths=stored["deaths"],
        fingerprints=stored["fingerprints"],
        **looked(stored),
    )


def looked(stored: Row) -> dict[str, Any]:
    """The fields of a ``FeedState`` that a row of ``look`` has."""
    return {
        "polled_at": _numbered_or_none(stored["polled_at"]),
        "succeeded_at": _numbered_or_none(stored["succeeded_at"]),
        "next_check_at": numbered_instant(stored["next_check_at"]),
    }


@lru_cache(maxsize=1000)
def _hints_text(hints: FeedHints) -> str:
    """Only what the publisher says: most say nothing, and many the same."""
    spoken = {name: value for name, value in asdict(hints).items() if value}
    return json.dumps(spoken, default=timedelta.total_seconds)


@lru_cache(maxsize=1000)
def _hints(text: str) -> FeedHints:
    found = json.loads(text)
    return FeedHints(
        ttl=_span_or_none(found.get("ttl")),
        update_every=_span_or_none(found.get("update_every")),
        skip_hours=tuple(found.get("skip_hours", ())),
        skip_days=tuple(found.get("skip_days", ())),
    )


def _rhythm_text(rhythm: Rhythm) -> str:
    return json.dumps(
        {
            "gaps": [round(gap.total_seconds()) for gap in rhythm.gaps],
            "longest": rhythm.longest.total_seconds(),
            "longest_at": rhythm.longest_at and instant_text(rhythm.longest_at),
            "last_at": rhythm.last_at and instant_text(rhythm.last_at),
            "overflowed_at": rhythm.overflowed_at and instant_text(rhythm.overflowed_at),
        }
    )


def _rhythm(text: str) -> Rhythm:
    found = json.loads(text)
    return Rhythm(
        gaps=tuple(map(_span, found.get("gaps", ()))),
        longest=_span(found.get("longest", 0)),
        longest_at=_instant_or_none(found.get("longest_at")),
        last_at=_instant_or_none(found.get("last_at")),
        overflowed_at=_instant_or_none(found.get("overflowed_at")),
    )


@lru_cache(maxsize=10_000)
def _span(seconds: float) -> timedelta:
    """A feed has twenty, and many feeds the same."""
    return timedelta(seconds=seconds)


def _span_or_none(seconds: float | None) -> timedelta | None:
    return None if seconds is None else _span(seconds)


def polled_row(outcome: PollOutcome) -> NewRow:
    """What a poll changes of its feed; ``None`` for an instant that it leaves as it was."""
    return row(
        id=outcome.feed_id,
        etag=outcome.validators.etag,
        last_modified=outcome.validators.last_modified,
        body_hash=outcome.body_hash,
        first_read_at=outcome.polled_at if outcome.is_first_read else None,
        new_article_at=outcome.polled_at if outcome.articles else None,
        failures=outcome.failures,
        reason=outcome.reason,
        detail=outcome.detail,
        pace=outcome.pace,
        hints=_hints_text(outcome.hints),
        gone_at=outcome.polled_at if outcome.is_gone else None,
        pages_read=outcome.pages_read,
        pages_failed=outcome.pages_failed,
        health=outcome.health,
        rhythm=None if outcome.rhythm is None else _rhythm_text(outcome.rhythm),
        deaths=outcome.deaths,
        fingerprints=outcome.fingerprints,
    )


def look_row(outcome: PollOutcome) -> NewRow:
    """When a feed was looked at, and will be; ``None`` where it was not read."""
    polled_at = instant_number(outcome.polled_at)
    return row(
        id=outcome.feed_id,
        polled_at=polled_at,
        succeeded_at=polled_at if outcome.is_read else None,
        next_check_at=instant_number(outcome.next_check_at),
    )


def looks_text(polls: Iterable[Polled]) -> str:
    """When each feed was looked at last, and will be, as JSON: a list of ``[id, at, next]``."""
    last = {one.feed_id: one for one in polls}.values()
    looks = (
        f"[{one.feed_id},{instant_number(one.polled_at)},{instant_number(one.next_check_at)}]"
        for one in last
    )
    return f"[{','.join(looks)}]"


def route_row(feed_id: int, route: Route) -> NewRow:
    """The way to a feed."""
    return row(
        id=feed_id,
        host=route.host,
        end_host=route.end_host,
        address=route.address,
        moved_to=route.moved_to,
        moved_since=route.moved_since,
        moved_polls=route.moved_polls,
    )


# --- articles, matches, alerts -----------------------------------------------------


def article_row(article: Article, feed_id: int | None, stored_at: datetime) -> NewRow:
    """An article of a feed, or of a test message."""
    return row(
        feed_id=feed_id,
        stored_at=stored_at,
        keys=article.keys,
        guid=article.guid,
        published_at=article.published_at,
        feed_url=article.feed_url,
        feed_name=article.feed_name,
        publisher=article.publisher,
        tags=_strings_text(article.tags),
    ) | content_row(article)


def content_row(article: Article) -> NewRow:
    """What of an article an editor may change."""
    return row(
        content_hash=article.content_hash,
        url=article.url,
        title=article.title,
        text=article.text,
        author=article.author,
        categories=_strings_text(article.categories),
        language=article.language,
    )


def match_row(match: Match, article_id: int) -> NewRow:
    """A match of a rule on a stored article."""
    return row(
        article_id=article_id,
        rule_id=match.rule_id,
        rule_version=match.rule_version,
        rule_title=match.rule_title,
        severity=match.severity,
        relevance=match.relevance,
        is_weak=match.is_weak,
        notify=match.notify,
        evidence=match.evidence,
    )


def alert_row(alert: Alert, match_id: int) -> NewRow:
    """An alert of a stored match."""
    return row(
        key=alert.key,
        match_id=match_id,
        rule_id=alert.match.rule_id,
        kind=alert.kind,
        note=alert.note,
        created_at=alert.created_at,
    )


def alert(stored: Row) -> Alert:
    """A row of ``alert`` joined to its match and article (``outbox.ALERT_COLUMNS``)."""
    return Alert(
        key=stored["alert_key"],
        article=article(stored),
        match=match(stored),
        destinations=_strings(stored["destinations"]),
        created_at=instant(stored["alert_created_at"]),
        kind=AlertKind(stored["alert_kind"]),
        note=stored["alert_note"],
    )


def article(stored: Row) -> Article:
    """A row of ``article``."""
    return Article(
        keys=_strings(stored["keys"]),
        content_hash=stored["content_hash"],
        guid=stored["guid"],
        url=stored["url"],
        title=stored["title"],
        text=stored["text"],
        author=stored["author"],
        categories=_strings(stored["categories"]),
        language=stored["language"],
        published_at=_instant_or_none(stored["published_at"]),
        feed_url=stored["feed_url"],
        feed_name=stored["feed_name"],
        publisher=stored["publisher"],
        tags=_strings(stored["tags"]),
    )


def match(stored: Row) -> Match:
    """A row of ``match``."""
    return Match(
        rule_id=stored["rule_id"],
        rule_version=stored["rule_version"],
        rule_title=stored["rule_title"],
        severity=Severity(stored["severity"]),
        relevance=stored["relevance"],
        is_weak=bool(stored["is_weak"]),
        notify=None if stored["notify"] is None else _strings(stored["notify"]),
        evidence=tuple(Evidence(**fields) for fields in json.loads(stored["evidence"])),
    )


# --- deliveries and events ---------------------------------------------------------


def delivery_row(alert: Alert, destination: str, planned: Planned | None) -> NewRow:
    """What a delivery begins as; without a plan it is due at once."""
    begun = row(
        destination=destination,
        created_at=alert.created_at,
        urgency=lanes.URGENCY.get(alert.match.severity, 0),
    )
    if planned is None:
        return begun | row(state=DeliveryState.PENDING, next_attempt_at=alert.created_at)
    due_at = planned.due_at
    is_pending = planned.state is DeliveryState.PENDING
    return begun | row(
        state=planned.state,
        next_attempt_at=(due_at or alert.created_at) if is_pending else None,
        digest_at=due_at if planned.state is DeliveryState.HELD else None,
        plan_reason=planned.reason,
        plan_detail=planned.detail,
    )


def delivery(stored: Row, lane: Lane) -> Delivery:
    """A row of ``delivery`` joined to its alert, and its destination's lane."""
    return Delivery(
        id=stored["delivery_id"],
        public_id=stored["public_id"],
        alert=alert(stored),
        destination=stored["destination"],
        attempts=stored["attempts"],
        created_at=instant(stored["delivery_created_at"]),
        plan_reason=_plan_reason(stored["plan_reason"]),
        lane=lane,
        is_uncertain=bool(stored["is_uncertain"]),
    )


def lane(stored: Row) -> Lane:
    """A row of ``lane``."""
    return Lane(
        paid_until=_instant_or_none(stored["paid_until"]),
        failures=stored["failures"],
        suspect=stored["suspect"],
        opens_at=_instant_or_none(stored["opens_at"]),
        told=Told(stored["told"]),
    )


def lane_row(destination: str, lane: Lane) -> NewRow:
    """Where a destination's queue stands."""
    return row(
        destination=destination,
        paid_until=lane.paid_until,
        failures=lane.failures,
        suspect=lane.suspect,
        opens_at=lane.opens_at,
        told=lane.told,
    )


def _plan_reason(stored: str | None) -> PlanReason | None:
    return None if stored is None else PlanReason(stored)


def event_row(event: Event) -> NewRow:
    """A line of the operator's log."""
    return row(at=event.at, kind=event.kind, subject=event.subject, detail=event.detail)


def event(stored: Row) -> Event:
    """A row of ``event``."""
    return Event(
        at=instant(stored["at"]),
        kind=EventKind(stored["kind"]),
        subject=stored["subject"],
        detail=stored["detail"],
    )


def told_alert(stored: Row) -> ToldAlert:
    """A row of ``match`` with ``destinations`` and ``updated_at`` of its alert."""
    return ToldAlert(
        match=match(stored),
        destinations=_strings(stored["destinations"]),
        updated_at=_instant_or_none(stored["updated_at"]),
    )


def digest_item(stored: Row) -> DigestItem:
    """A delivery joined to its match and article, with ``outlets``."""
    return DigestItem(
        rule_id=stored["rule_id"],
        rule_title=stored["rule_title"],
        severity=Severity(stored["severity"]),
        relevance=stored["relevance"],
        title=stored["title"],
        url=stored["url"],
        source=stored["feed_name"],
        publisher=stored["publisher"],
        language=stored["language"],
        published_at=_instant_or_none(stored["published_at"]),
        reason=_plan_reason(stored["plan_reason"]),
        outlets=stored["outlets"],
    )


def silence(stored: Row) -> Silence:
    """A row of ``silence``."""
    return Silence(
        id=stored["id"],
        rule_id=stored["rule_id"],
        created_at=instant(stored["created_at"]),
        until=instant(stored["until"]),
        reason=stored["reason"],
        ended_at=_instant_or_none(stored["ended_at"]),
    )


# --- what the commands see ---------------------------------------------------------


def stored_alert(stored: Row, deliveries: Iterable[Row]) -> StoredAlert:
    """A row of a joined ``alert`` with its rows of ``delivery``."""
    return StoredAlert(
        id=stored["alert_id"],
        article_id=stored["article_id"],
        alert=alert(stored),
        deliveries=tuple(_stored_delivery(each) for each in deliveries),
        acknowledged_at=_instant_or_none(stored["acknowledged_at"]),
        acknowledged_by=stored["acknowledged_by"],
    )


def _stored_delivery(stored: Row) -> StoredDelivery:
    return StoredDelivery(
        id=stored["id"],
        public_id=stored["public_id"],
        destination=stored["destination"],
        state=DeliveryState(stored["state"]),
        attempts=stored["attempts"],
        created_at=instant(stored["created_at"]),
        next_attempt_at=_instant_or_none(stored["next_attempt_at"]),
        sent_at=_instant_or_none(stored["sent_at"]),
        dead_at=_instant_or_none(stored["dead_at"]),
        reason=DeliveryReason(stored["reason"]) if stored["reason"] else None,
        detail=stored["detail"],
        plan_reason=_plan_reason(stored["plan_reason"]),
        plan_detail=stored["plan_detail"],
        digest_at=_instant_or_none(stored["digest_at"]),
        answer=stored["answer"],
        told_by=stored["told_by_public_id"],
        told_by_alert=stored["told_by_alert"],
    )


def queued_delivery(stored: Row) -> QueuedDelivery:
    """A row of ``delivery`` with its ``rule_id``, ``severity`` and ``title``."""
    return QueuedDelivery(
        delivery=_stored_delivery(stored),
        alert_id=stored["alert_id"],
        rule_id=stored["rule_id"],
        severity=Severity(stored["severity"]),
        title=stored["title"],
    )


def delivery_count(stored: Row) -> DeliveryCount:
    """A row with ``destination, state, count, oldest_at``."""
    return DeliveryCount(
        destination=stored["destination"],
        state=DeliveryState(stored["state"]),
        count=stored["count"],
        oldest_at=instant(stored["oldest_at"]),
    )


def article_count(stored: Row) -> ArticleCount:
    """A row with ``feed_id, feed_url, articles, matched, alerted``."""
    return ArticleCount(
        feed_id=stored["feed_id"],
        feed_url=stored["feed_url"],
        articles=stored["articles"],
        matched=stored["matched"],
        alerted=stored["alerted"],
    )
