"""Decides: what the operator is told of the service itself, and when, as one message.

Events are gathered for a moment, because one cause, a network that is down, has many: 200 feeds that
fail are one message. The same outbox as of alerts delivers it. It says what happened to which
feeds or destinations, or to the database, and since when, and for each kind of trouble what is tried
and what to do, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from monitor.alerts import plan
from monitor.alerts.plain import bounded
from monitor.alerts.times import moment
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Event,
    EventKind,
    FeedState,
    Match,
    Severity,
    host_of,
)

LONGEST_GATHERING = timedelta(minutes=1)
EACH = 5
"""Of one trouble, the feeds or destinations that are told one by one; of more, the first."""
LONGEST_NAME, LONGEST_DETAIL, LONGEST_ADDRESS = 80, 160, 200

RULE, VERSION = "operator", "-"
"""Under which these messages stand among the alerts; no rule of a file has such a version."""
NAME, TRIED, ADVICE = "• ", "What is tried:", "What to do:"
"""How such lines begin; below the name of a feed stands a line that is its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What a trouble may be about."""

    one: str
    many: str
    listed: str
    """The command that has them all."""


_FEED = _About(one="Feed", many="Feeds", listed="news-monitor feeds list")
_DESTINATION = _About(one="Destination", many="Destinations", listed="news-monitor status")
_DATABASE = _About(one="Database", many="Database", listed="news-monitor status")
_ABOUTS = (_FEED, _DESTINATION, _DATABASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """What can be said of all that have it."""

    about: _About
    word: str
    tried: str = ""
    advice: str = ""


TROUBLES = {
    EventKind.FEED_FAILING: _Trouble(
        about=_FEED,
        word="failing",
        tried="it is asked again, with growing pauses of up to a day; you are told once when it is"
        " back",
        advice="nothing if the site is down for a while; if it has moved its feed,"
        " “news-monitor feeds discover” with the address of the site finds it",
    ),
    EventKind.FEED_QUARANTINED: _Trouble(
        about=_FEED,
        word="quarantined",
        tried="what it sends had to be stopped twice while it was read; it is left alone for a"
        " day, then asked again, and you are told when it is back",
        advice="look at it in a browser; “news-monitor feeds remove” if it is not wanted",
    ),
    EventKind.FEED_GONE: _Trouble(
        about=_FEED,
        word="gone",
        tried="nothing more: its publisher says that it is gone for good (HTTP 410), and it is asked no"
        " more",
        advice="“news-monitor feeds discover” with the address of the site may find another;"
        " “feeds add” it and “feeds remove” this one",
    ),
    EventKind.FEED_FROZEN: _Trouble(
        about=_FEED,
        word="frozen",
        tried="it answers, and is asked as before; you are told when it writes again",
        advice="compare it with its site: a feed that has been replaced often stays behind, and"
        " “news-monitor feeds discover” finds the new one",
    ),
    EventKind.FEED_OVERFLOWING: _Trouble(
        about=_FEED,
        word="overflowing",
        tried="it is asked as often as poll.min_interval allows, and for its earlier pages where it"
        " offers any; you are told when that is enough",
        advice="where it goes on, set a shorter interval for it, and a shorter poll.min_interval",
    ),
    EventKind.FEED_RECOVERED: _Trouble(about=_FEED, word="recovered"),
    EventKind.DESTINATION_FAILING: _Trouble(
        about=_DESTINATION,
        word="failing",
        tried="what waits for it is tried again, with growing pauses of up to an hour, for five days;"
        " you are told when it takes messages again",
        advice="read what it last said; “news-monitor test-notify” with its name tries it at once",
    ),
    EventKind.DELIVERY_DEAD: _Trouble(
        about=_DESTINATION,
        word="with messages given up",
        tried="nothing more for these; what comes after them is tried as before",
        advice="“news-monitor deliveries list --state dead” has them; when the destination is"
        " mended, “news-monitor deliveries retry --state dead” gives them another five days",
    ),
    EventKind.DESTINATION_RECOVERED: _Trouble(about=_DESTINATION, word="recovered"),
    EventKind.DATABASE_RESTORED: _Trouble(
        about=_DATABASE,
        word="restored",
        tried="what came since the backup is read again as far as feeds still have it",
        advice="look after the disk; the file that was replaced is kept beside the database",
    ),
    EventKind.BACKUP_FAILED: _Trouble(
        about=_DATABASE,
        word="not backed up",
        tried="it is tried again every hour",
        advice="see that its disk has room; “news-monitor db backup” tries at once",
    ),
}
"""The events that are told, in order: about feeds, destinations, the database; the worst first."""


_BREAKING = (EventKind.DESTINATION_FAILING, EventKind.DELIVERY_DEAD)


def audience(
    events: Sequence[Event], operator: Sequence[str], destinations: Sequence[str]
) -> tuple[str, ...]:
    """Who is told of the events: the operator, by ways that none of them says to be broken.

    Where no way of the operator's is left, or there is no operator, a message that was given up
    is told to the first other destination: nothing is given up without anybody knowing. What is
    told beside the trouble of all the operator's ways waits for one of them to be mended.
    """
    broken = {event.subject for event in events if event.kind in _BREAKING}
    told = [name for name in operator if name not in broken]
    if not told and any(event.kind is EventKind.DELIVERY_DEAD for event in events):
        told = [name for name in destinations if name not in broken][:1]
    if not told and any(event.kind not in _BREAKING for event in events):
        told = list(operator)
    return tuple(told)


def is_time(events: Sequence[Event], gathering: timedelta, now: datetime) -> bool:
    """Whether the first of the events has waited long enough for company.

    ``gathering`` is how long feeds that fail of one cause take to show it: their interval.
    A clock that was set back does not hold a notice.
    """
    if not events:
        return False
    waited = now - events[0].at
    return waited >= min(gathering, LONGEST_GATHERING) or waited < timedelta(0)


def is_notice(match: Match) -> bool:
    """Whether what is told is not an article but the service itself."""
    return (match.rule_id, match.rule_version) == (RULE, VERSION)


def notice(
    events: Sequence[Event],
    feeds: Mapping[str, FeedState],
    upto: int,
    destinations: Sequence[str],
    now: datetime,
    zone: tzinfo,
) -> Alert:
    """One message about all the events.

    Args:
        events: of the kinds in ``TROUBLES``, the oldest first.
        feeds: by address, as they are now; those that are followed no more are missing.
        upto: the last event's number, which makes the message one.
        destinations: to whom.
        now: when it is written.
        zone: of the times in it.
    """
    paragraphs = (_paragraph(kind, events, feeds, zone) for kind in TROUBLES)
    article = Article(
        keys=(f"notice:{upto}",),
        title=_title(events, feeds),
        text="\n\n".join(filter(None, paragraphs)),
        feed_name="news-monitor",
        language="en",
        published_at=events[-1].at,
    )
    match = Match(
        rule_id=RULE,
        rule_version=VERSION,
        rule_title="news-monitor",
        severity=Severity.NORMAL,
        relevance=1.0,
        is_weak=False,
        notify=tuple(destinations),
        evidence=(),
    )
    return plan.lone_alert(article, match, destinations, now, AlertKind.NOTICE)


def _title(events: Sequence[Event], feeds: Mapping[str, FeedState]) -> str:
    if len(events) == 1:
        [event] = events
        trouble = TROUBLES[event.kind]
        said = f"{trouble.about.one} {trouble.word}"
        return f"{said}: {_name(event, feeds)}" if event.subject else said
    parts = []
    for about in _ABOUTS:
        counts = (
            (_count(kind, events), trouble.word)
            for kind, trouble in TROUBLES.items()
            if trouble.about is about
        )
        if said := ", ".join(f"{count} {word}" for count, word in counts if count):
            parts.append(f"{about.many}: {said}")
    return "; ".join(parts)


def _paragraph(
    kind: EventKind, events: Sequence[Event], feeds: Mapping[str, FeedState], zone: tzinfo
) -> str:
    """All that is told of one kind of trouble, a line a fact; "" where nobody has it."""
    mine = [event for event in events if event.kind is kind]
    if not mine:
        return ""
    trouble = TROUBLES[kind]
    lines = [_heading(trouble, _count(kind, events))]
    for event in mine[:EACH]:
        lines += _facts(event, trouble.about, feeds, zone)
    if more := max(len(mine) - EACH, 0):
        lines.append(f"and {more} more: “{trouble.about.listed}” has them all")
    if trouble.tried:
        lines.append(f"{TRIED} {trouble.tried}.")
    if trouble.advice:
        lines.append(f"{ADVICE} {trouble.advice}.")
    return "\n".join(lines)


def _count(kind: EventKind, events: Sequence[Event]) -> int:
    """How many feeds or destinations it happened to, however often."""
    return len({event.subject for event in events if event.kind is kind})


def _heading(trouble: _Trouble, count: int) -> str:
    about = trouble.about
    if about is _DATABASE:
        return f"{about.one} {trouble.word}"
    return f"{count} {(about.one if count == 1 else about.many).lower()} {trouble.word}"


def _facts(
    event: Event, about: _About, feeds: Mapping[str, FeedState], zone: tzinfo
) -> Iterator[str]:
    if event.subject:
        yield f"{NAME}{_name(event, feeds)}"
    if about is _FEED and len(event.subject) <= LONGEST_ADDRESS:
        yield event.subject
    if event.detail:
        yield bounded(" ".join(event.detail.split()), LONGEST_DETAIL)
    state = feeds.get(event.subject)
    if event.kind in (EventKind.FEED_RECOVERED, EventKind.DESTINATION_RECOVERED):
        yield f"Back since {moment(event.at, zone)}"
    elif about is not _FEED:
        yield f"Noticed {moment(event.at, zone)}"
    elif state is not None:
        yield _since(event, state, zone)


def _since(event: Event, state: FeedState, zone: tzinfo) -> str:
    """Since when it has been so, and when it is looked at next."""
    if event.kind in (EventKind.FEED_FROZEN, EventKind.FEED_OVERFLOWING):
        last, what = state.rhythm.last_at, "Last new entry"
    else:
        last, what = state.succeeded_at, "Last read"
    since = f"{what} {moment(last, zone)}" if last else "It has never been read"
    if state.gone_at is not None:
        return since
    return f"{since}; asked again {moment(state.next_check_at, zone)}"


def _name(event: Event, feeds: Mapping[str, FeedState]) -> str:
    """A feed's name or host; a destination's name as it is."""
    state = feeds.get(event.subject)
    name = (state.source.name if state else "") or host_of(event.subject) or event.subject
    return bounded(name, LONGEST_NAME)
