"""Values arrive as they were sent."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.models import (
    Article,
    DigestTime,
    Evidence,
    FeedHints,
    FeedSource,
    FeedState,
    Freshness,
    Handling,
    Judged,
    Match,
    Pace,
    ParsedFeed,
    PollOutcome,
    Response,
    RuleTrouble,
    Severity,
    Throttle,
    Trail,
    Validators,
    changed,
)

ARTICLE = Article(
    keys=("guid:1", "url:2"),
    content_hash="f" * 32,
    guid="1",
    url="https://gazette.example/1",
    title="Un accord à l'été",
    text="Le texte.",
    author="A. Author",
    categories=("Monde",),
    language="fr",
    published_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    feed_url="https://gazette.example/rss",
    feed_name="Gazette",
    publisher="The Gazette",
    tags=("national",),
)
EVIDENCE = Evidence(
    condition="accord",
    field="title",
    start=3,
    end=9,
    text="accord",
    kind="term",
    sentence="Un accord à l'été",
    sentence_start=0,
)
MATCH = Match(
    rule_id="accords",
    rule_version="v1",
    rule_title="Accords",
    severity=Severity.HIGH,
    relevance=0.5,
    is_weak=True,
    notify=("desk",),
    evidence=(EVIDENCE,),
    handling=Handling(digest=DigestTime(), throttle=Throttle(count=3, span=timedelta(hours=1))),
)
JUDGED = Judged((MATCH,), (RuleTrouble(rule_id="slow", why="it is"),), "fr")
RESPONSE = Response(
    url="https://gazette.example/rss",
    body=b"\x1f\x8b",
    body_hash="0" * 64,
    validators=Validators(etag='"v1"'),
    freshness=Freshness(wait=timedelta(hours=1), pace=Pace.MAX_AGE),
    trail=Trail(host="gazette.example"),
)
PARSED = ParsedFeed(
    title="Gazette",
    articles=(ARTICLE, ARTICLE),
    hints=FeedHints(ttl=timedelta(hours=1), skip_days=(5, 6)),
    fingerprints=b"1234",
)
SOURCE = FeedSource(url="https://gazette.example/rss", interval=timedelta(minutes=5), tags=("a",))
STATE = FeedState(id=3, source=SOURCE, next_check_at=datetime(2026, 3, 1, tzinfo=UTC), deaths=1)
OUTCOME = PollOutcome(
    feed_id=3,
    polled_at=datetime(2026, 3, 1, tzinfo=UTC),
    next_check_at=datetime(2026, 3, 2, tzinfo=UTC),
    validators=Validators(etag='"v1"'),
    body_hash="0" * 64,
    fingerprints=b"1234",
)
VALUES = [
    *(ARTICLE, Article(), EVIDENCE, MATCH, JUDGED, Judged(), RESPONSE, PARSED, ParsedFeed()),
    *(SOURCE, STATE, OUTCOME),
]


def all_fields(value: Any) -> list[tuple[str, Any]]:
    """Also those that do not count when values are compared."""
    return [(one.name, getattr(value, one.name)) for one in fields(value)]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_that_was_pickled_is_the_same_in_every_field(value: Any, protocol: int) -> None:
    restored = pickle.loads(pickle.dumps(value, protocol))
    assert all_fields(restored) == all_fields(value)
    assert (restored, hash(restored)) == (value, hash(value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, replace, changed])
def test_a_copy_is_the_same_in_every_field(value: Any, copied: Any) -> None:
    assert copied(value) is not value
    assert all_fields(copied(value)) == all_fields(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_was_pickled_stays_frozen(value: Any) -> None:
    restored = pickle.loads(pickle.dumps(value))
    name, old = all_fields(restored)[0]
    with pytest.raises(FrozenInstanceError):
        setattr(restored, name, old)


def test_a_pickle_that_lacks_a_field_is_no_article() -> None:
    blank = Article.__new__(Article)
    with pytest.raises(ValueError, match="shorter"):
        blank.__setstate__(ARTICLE.__getstate__()[:-1])  # type: ignore[attr-defined,index]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_changed_differs_in_the_named_fields_alone(value: Any) -> None:
    before = all_fields(value)
    first, last = before[0][0], before[-1][0]
    made = changed(value, **{first: "other", last: "another"})
    assert all_fields(made) == [(first, "other"), *before[1:-1], (last, "another")]
    assert all_fields(value) == before
    with pytest.raises(FrozenInstanceError):
        setattr(made, first, "third")


def test_a_field_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(KeyError, match="headline"):
        changed(ARTICLE, headline="Accord")
