"""Decides: what the operator is told of the service itself, and when, as one message.

Events are gathered for a moment, because one cause, a network that is down, has many: 200 feeds that
fail are one message. The same outbox as of alerts delivers it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.alerts import plan
from monitor.models import Alert, Article, Event, EventKind, Match, Severity

LONGEST_GATHERING = timedelta(minutes=1)
LINES = 8
"""Events told one by one; of more, the first."""
LONGEST_LINE = 160

RULE = "operator"
"""Under which these messages stand among the alerts."""

WORDS = {
    EventKind.FEED_FAILING: "failing",
    EventKind.FEED_FROZEN: "frozen",
    EventKind.FEED_OVERFLOWING: "overflowing",
    EventKind.FEED_QUARANTINED: "quarantined",
    EventKind.FEED_GONE: "gone",
    EventKind.FEED_RECOVERED: "recovered",
}
"""The events that are told of a feed, and what they say of it."""
OF_DESTINATIONS = {
    EventKind.DESTINATION_FAILING: "failing",
    EventKind.DESTINATION_RECOVERED: "recovered",
    EventKind.DELIVERY_DEAD: "given up",
}
OF_THE_DATABASE = {
    EventKind.BACKUP_FAILED: "no backup",
    EventKind.DATABASE_RESTORED: "restored",
}
TOLD = {**WORDS, **OF_DESTINATIONS, **OF_THE_DATABASE}
"""Every event that is told."""


def audience(
    events: Sequence[Event], operator: Sequence[str], destinations: Sequence[str]
) -> tuple[str, ...]:
    """Who is told of the events: the operator, by ways that none of them says to be broken.

    Where no way of the operator's is left, or there is no operator, a message that was given up
    is told to the first other destination: nothing is given up without anybody knowing.
    """
    broken = {
        event.subject
        for event in events
        if event.kind in (EventKind.DESTINATION_FAILING, EventKind.DELIVERY_DEAD)
    }
    told = tuple(name for name in operator if name not in broken)
    if told or not any(event.kind is EventKind.DELIVERY_DEAD for event in events):
        return told
    return tuple(name for name in destinations if name not in broken)[:1]


def is_time(events: Sequence[Event], gathering: timedelta, now: datetime) -> bool:
    """Whether the first of the events has waited long enough for company.

    ``gathering`` is how long feeds that fail of one cause take to show it: their interval.
    A clock that was set back does not hold a notice.
    """
    if not events:
        return False
    waited = now - events[0].at
    return waited >= min(gathering, LONGEST_GATHERING) or waited < timedelta(0)


def notice(events: Sequence[Event], upto: int, destinations: Sequence[str], now: datetime) -> Alert:
    """One message about all the events; ``upto`` is the last one's number, and makes it one."""
    text = "\n\n".join(_line(event) for event in events[:LINES])
    if more := len(events) - LINES:
        text += f"\n\nand {more} more: news-monitor feeds list" if more > 0 else ""
    article = Article(
        keys=(f"notice:{upto}",),
        title=_title(events),
        text=text,
        feed_name="news-monitor",
        language="en",
        published_at=events[-1].at,
    )
    match = Match(
        rule_id=RULE,
        rule_version="-",
        rule_title="news-monitor itself",
        severity=Severity.NORMAL,
        relevance=1.0,
        is_weak=False,
        notify=tuple(destinations),
        evidence=(),
    )
    (alert,) = plan.alerts_for(article, [match], destinations, now)
    return alert


def _title(events: Sequence[Event]) -> str:
    if len(events) == 1:
        return f"{events[0].kind}: {events[0].subject}".removesuffix(": ").capitalize()
    parts = []
    for name, words in (
        ("Feeds", WORDS),
        ("Destinations", OF_DESTINATIONS),
        ("Database", OF_THE_DATABASE),
    ):
        counts = Counter(words[event.kind] for event in events if event.kind in words)
        if counts:
            told = ", ".join(f"{count} {word}" for word, count in counts.most_common())
            parts.append(f"{name}: {told}")
    return "; ".join(parts)


def _line(event: Event) -> str:
    said = (TOLD[event.kind], event.subject, event.detail)
    return ": ".join(filter(None, said))[:LONGEST_LINE]
