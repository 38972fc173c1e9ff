"""Decides: what a digest is as an alert, and when it is due next.

Its items are looked up when it is sent (``Delivery.digest``); here is a plain version of them, for
those who read the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

from monitor.alerts import hours, plan
from monitor.models import Alert, AlertKind, Article, Digest, DigestItem, Match, Severity
from monitor.planning import Gathering, Policy

RULE = "digest"
"""Under which digests stand among the alerts."""
LINES = 10
"""Of each rule, the items told one by one."""


def digest_alert(gathering: Gathering, policy: Policy, now: datetime) -> Alert:
    """The digest of what was held for a destination; after its quiet hours, if it has some.

    Its key names the last delivery that it tells of, so that none is told of twice.
    """
    name, digest = gathering.destination, gathering.digest
    article = Article(
        keys=(f"digest:{name}:{gathering.due_at.isoformat()}:{gathering.upto}",),
        title=title(digest),
        text=text(digest),
        feed_name="news-monitor",
        language="en",
        published_at=now,
    )
    match = Match(
        rule_id=RULE,
        rule_version="-",
        rule_title="Digest",
        severity=Severity.NORMAL,
        relevance=1.0,
        is_weak=False,
        notify=(name,),
        evidence=(),
    )
    lone = plan.lone_alert(article, match, [name], now, AlertKind.DIGEST)
    return plan.lone_planned(lone, policy, now)


def title(digest: Digest) -> str:
    """How much there is, in a line."""
    rules = len(digest.counts)
    return f"{_counted(digest.count, 'article')} of {_counted(rules, 'rule')}"


def text(digest: Digest) -> str:
    """By rule, the most relevant first, with how many there are."""
    counts = dict(digest.counts)
    parts = []
    for rule, items in groupby(digest.items, key=lambda item: item.rule_id):
        shown = list(items)[:LINES]
        lines = [f"{shown[0].rule_title or rule} ({counts[rule]})", *map(_line, shown)]
        if more := counts[rule] - len(shown):
            lines.append(f"and {more} more: news-monitor alerts list --rule {rule}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _line(item: DigestItem) -> str:
    outlets = f", + {_counted(item.outlets, 'outlet')}" if item.outlets else ""
    reason = f" [{item.reason}]" if item.reason else ""
    return f"• {item.title or item.url} – {item.source}{outlets}{reason}\n  {item.url}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def next_due(policy: Policy, now: datetime) -> Mapping[str, datetime]:
    """When the digest of each destination that wishes for one is due next."""
    return {
        name: hours.next_digest(wishes.digest, wishes.zone, now)
        for name, wishes in policy.wishes.items()
        if wishes.digest is not None
    }
