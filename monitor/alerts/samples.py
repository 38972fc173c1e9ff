"""Data: deliveries that no feed brought, for trying templates on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Delivery,
    Digest,
    DigestItem,
    Evidence,
    Match,
    PlanReason,
    Severity,
)

_AT = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
_TEXT = "The ministry of Exampleland talked of arms with a guest. Nothing was signed."
_RULE = "sample-rule"


def alert() -> Delivery:
    """An alert that has everything that one can have."""
    evidence = Evidence(
        condition="concept: arms",
        field="body",
        start=_TEXT.index("arms"),
        end=_TEXT.index("arms") + 4,
        text="arms",
        kind="term",
        sentence=_TEXT,
    )
    match = Match(
        rule_id=_RULE,
        rule_version="00000000",
        rule_title="A sample",
        severity=Severity.HIGH,
        relevance=0.5,
        is_weak=False,
        notify=None,
        evidence=(evidence,),
    )
    article = Article(
        keys=("sample",),
        url="https://example.org/sample",
        title="Exampleland talks of arms",
        text=_TEXT,
        language="en",
        published_at=_AT,
        feed_name="Example",
        publisher="example.org",
    )
    made = Alert(
        key="sample",
        article=article,
        match=match,
        destinations=("sample",),
        created_at=_AT,
        kind=AlertKind.UPDATE,
        note="the title has changed",
    )
    return Delivery(
        id=1,
        public_id="nm-00000000",
        alert=made,
        destination="sample",
        attempts=1,
        created_at=_AT,
        outlets=("Other", "Another", "A third", "A fourth"),
    )


def bare_alert() -> Delivery:
    """An alert that has nothing that one can be without."""
    full = alert()
    match = replace(full.alert.match, evidence=())
    article = Article(keys=("sample",))
    made = replace(full.alert, article=article, match=match, kind=AlertKind.ARTICLE, note="")
    return replace(full, alert=made, outlets=())


def digest() -> Delivery:
    """A digest of two rules, one of which has more than is shown."""
    item = DigestItem(
        rule_id=_RULE,
        rule_title="A sample",
        severity=Severity.HIGH,
        relevance=0.5,
        title="Exampleland talks of arms",
        url="https://example.org/sample",
        source="Example",
        publisher="example.org",
        language="en",
        published_at=_AT,
        reason=PlanReason.THROTTLED,
        outlets=2,
    )
    other = replace(item, rule_id="other", rule_title="Another", url="", reason=None, outlets=0)
    made = Digest(
        items=(item, item, other),
        count=12,
        counts=((_RULE, 11), ("other", 1)),
        since=_AT,
        until=_AT,
    )
    full = bare_alert()
    return replace(full, alert=replace(full.alert, kind=AlertKind.DIGEST), digest=made)
