"""Decides: what is said of an alert or a digest, as values that every template is given.

What a person needs at night, in this order: how urgent, which rule, what the article is called,
who says so and when, the link, why it matched, the sentences with the matched words marked, and
how to have quiet. Everything that came over the network passes through ``plain`` on its way here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from monitor.alerts import notices
from monitor.alerts.plain import bounded, inert, paragraphs, safe_url
from monitor.alerts.quoting import (
    MAX_HEADING,
    SHORT,
    Quote,
    direction,
    heading_of,
    quotes_from,
    why,
)
from monitor.alerts.times import moment
from monitor.models import AlertKind, Delivery, Digest, DigestItem, host_of

MAX_REASONS = 8
MAX_OUTLETS = 3
"""Other publishers of a story that are named; of more, how many."""
SILENCE = "2h"
"""As the message proposes it."""
BAR = 24
"""Characters of the longest bar of a digest's chart."""

Words = dict[str, object]

_LEAD = 400
_LEFT_TO_RIGHT = "\u200e"
"""Before a line that begins in Arabic or Hebrew and goes on with our words."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_KINDS = {AlertKind.UPDATE: "update", AlertKind.ESCALATION: "not acknowledged yet"}
_OWN = frozenset({AlertKind.NOTICE, AlertKind.TEST})
"""Kinds that no rule made: there is nothing to silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a digest."""

    heading: str
    source: str
    when: str
    relevance: str
    url: str
    outlets: int
    reason: str
    """Why it waited, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A rule in a digest: its most relevant items first."""

    severity: str
    rule: str
    rule_id: str
    count: int
    """In all; ``items`` may be fewer."""
    bar: str
    """Of blocks, an eighth at the finest."""
    share: int
    """The same in percent of the longest."""
    items: tuple[Item, ...]

    @property
    def more(self) -> int:
        """How many are not among the items."""
        return max(self.count - len(self.items), 0)


# --- an alert ----------------------------------------------------------------------


def alert_words(delivery: Delivery, zone: tzinfo) -> tuple[Words, tuple[Quote, ...]]:
    """Return what an alert says, its instants in ``zone``, and the sentences that show it."""
    alert, match = delivery.alert, delivery.alert.match
    article = alert.article
    reasons, best = why(match.evidence)
    outlets = [name for name in map(_name, delivery.outlets) if name]
    words: Words = {
        "kind": _KINDS.get(delivery.kind, ""),
        "severity": match.severity.value,
        "rule": bounded(inert(match.rule_title) or match.rule_id, SHORT),
        "heading": heading_of(article, match.evidence),
        "article_language": inert(article.language or ""),
        "source": _source(article.url, article.feed_name, article.publisher),
        "published": _published(article.published_at, zone),
        "relevance": f"{match.relevance:.0%}",
        "url": safe_url(article.url),
        "note": bounded(inert(alert.note), 2 * SHORT),
        "outlets": outlets[:MAX_OUTLETS],
        "more_outlets": max(len(outlets) - MAX_OUTLETS, 0),
        "reasons": reasons[:MAX_REASONS],
        "more_reasons": max(len(reasons) - MAX_REASONS, 0),
        "lead": "" if reasons else bounded(paragraphs(article.text[: 2 * _LEAD]), _LEAD),
        "found": moment(alert.created_at, zone),
        "silence": (
            "" if delivery.kind in _OWN else f"news-monitor silence {match.rule_id} {SILENCE}"
        ),
        "rule_id": match.rule_id,
        "rule_version": match.rule_version,
        "delivery_id": delivery.public_id,
    }
    return words, quotes_from(article, match.evidence, best)


# --- a digest ----------------------------------------------------------------------


def digest_words(delivery: Delivery, digest: Digest, zone: tzinfo) -> tuple[Words, int]:
    """Return what a digest says but for its groups, and how many items there are to show."""
    words: Words = {
        "count": digest.count,
        "rules": len(digest.counts),
        "since": moment(digest.since, zone),
        "until": moment(digest.until, zone),
        "delivery_id": delivery.public_id,
    }
    return words, len(digest.items)


def groups(digest: Digest, zone: tzinfo, limit: int) -> tuple[Group, ...]:
    """Return the rules of a digest with ``limit`` items in all, chosen evenly among them."""
    by_rule = [
        (rule_id, list(items))
        for rule_id, items in groupby(digest.items, key=lambda item: item.rule_id)
    ]
    shown = _evenly([len(items) for _, items in by_rule], limit)
    counts = dict(digest.counts)
    longest = max([*counts.values(), 1])
    made = []
    for (rule_id, items), room in zip(by_rule, shown, strict=True):
        count = max(counts.get(rule_id, 0), len(items))
        made.append(
            Group(
                severity=items[0].severity.value,
                rule=bounded(inert(items[0].rule_title) or rule_id, SHORT),
                rule_id=rule_id,
                count=count,
                bar=bar(count, longest),
                share=max(round(100 * count / longest), 1),
                items=tuple(_item(one, zone) for one in items[:room]),
            )
        )
    return tuple(made)


def bar(count: int, longest: int) -> str:
    """Return a bar as long as ``count`` is beside ``longest``, never empty."""
    eighths = max(round(8 * BAR * count / longest), 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _evenly(sizes: Sequence[int], limit: int) -> list[int]:
    """How many of each, so that together they are ``limit`` at most: one each, again and again."""
    taken = [0] * len(sizes)
    while limit > 0 and taken != list(sizes):
        for place, size in enumerate(sizes):
            if taken[place] < size and limit > 0:
                taken[place] += 1
                limit -= 1
    return taken


def _item(item: DigestItem, zone: tzinfo) -> Item:
    return Item(
        heading=bounded(inert(item.title[: 2 * MAX_HEADING]) or "(untitled)", MAX_HEADING // 2),
        source=_source(item.url, item.source, item.publisher),
        when=_published(item.published_at, zone),
        relevance=f"{item.relevance:.0%}",
        url=safe_url(item.url),
        outlets=item.outlets,
        reason="" if item.reason is None else item.reason.value,
    )


# --- a notice ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a notice; an address is one that may be a link, as it comes from the user."""

    kind: str
    text: str
    label: str = ""

    @property
    def written(self) -> str:
        """As plain text has it."""
        mark = notices.NAME if self.kind == "name" else ""
        return mark + " ".join(filter(None, (self.label, self.text)))


def notice_words(delivery: Delivery, zone: tzinfo) -> Words:
    """Return what is said about the service itself: what is said of articles would mean nothing."""
    alert = delivery.alert
    return {
        "rule": bounded(inert(alert.match.rule_title), SHORT),
        "heading": bounded(inert(alert.article.title), MAX_HEADING),
        "noticed": moment(alert.created_at, zone),
        "paragraphs": [
            [_line(previous, text, next_) for previous, text, next_ in _beside(paragraph)]
            for paragraph in alert.article.text.split("\n\n")
        ],
        "delivery_id": delivery.public_id,
    }


def _beside(paragraph: str) -> Iterator[tuple[str, str, str]]:
    """Each line with the one before it and the one after it."""
    lines = paragraph.split("\n")
    return zip(["", *lines], lines, [*lines[1:], ""], strict=False)


def _line(previous: str, text: str, following: str) -> Line:
    if not previous:
        return Line(kind="heading", text=inert(text))
    if text.startswith(notices.NAME):
        name = text.removeprefix(notices.NAME)
        is_host = _is_host(name, host_of(safe_url(following)))
        return Line(kind="name", text=name if is_host else inert(name))
    if safe_url(text) == text:
        return Line(kind="address", text=text)
    for label in (notices.TRIED, notices.ADVICE):
        if text.startswith(label):
            return Line(kind="labelled", label=label, text=inert(text.removeprefix(label)))
    return Line(kind="other", text=inert(text))


# --- both --------------------------------------------------------------------------


def _published(instant: datetime | None, zone: tzinfo) -> str:
    return "no date given" if instant is None else moment(instant, zone)


def _source(url: str, *names: str) -> str:
    """The names of an article's source; that of the host at ``url`` may be a link."""
    host = host_of(safe_url(url))
    named = (name if _is_host(name, host) else _name(name) for name in names)
    shown = [name for name in dict.fromkeys(named) if name]
    if not shown:
        return "unnamed source"
    mark = _LEFT_TO_RIGHT if direction(shown[0]) == "rtl" else ""
    return mark + " · ".join(shown)


def _is_host(name: str, host: str) -> bool:
    return "." in name and f".{host}".endswith(f".{name}") and len(name) <= SHORT


def _name(name: str) -> str:
    return bounded(inert(name), SHORT)
