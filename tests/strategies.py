"""Hypothesis strategies for the values that flow, with the oddest content that they may hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from monitor.models import (
    Alert,
    Article,
    Event,
    EventKind,
    Evidence,
    FailureReason,
    FeedHealth,
    FeedHints,
    FeedSource,
    JudgedArticle,
    Match,
    Pace,
    PollOutcome,
    Rhythm,
    Severity,
    Validators,
)

texts = st.text(max_size=40)
"""Any characters but lone surrogates: NUL, controls, every script."""

names = st.text(min_size=1, max_size=12)
instants = st.datetimes(timezones=st.just(UTC))
tuples = st.lists(texts, max_size=3).map(tuple)
positions = st.integers(min_value=0, max_value=10**6)

articles = st.builds(
    Article,
    keys=tuples,
    content_hash=texts,
    guid=texts,
    url=texts,
    title=texts,
    text=texts,
    author=texts,
    categories=tuples,
    language=st.none() | texts,
    published_at=st.none() | instants,
    feed_url=texts,
    feed_name=texts,
    publisher=texts,
    tags=tuples,
)

evidence = st.builds(
    Evidence,
    condition=texts,
    field=st.sampled_from(["title", "text"]),
    start=positions,
    end=positions,
    text=texts,
    kind=texts,
    sentence=texts,
    sentence_start=positions,
)

matches = st.builds(
    Match,
    rule_id=texts,
    rule_version=texts,
    rule_title=texts,
    severity=st.sampled_from(Severity),
    relevance=st.floats(min_value=0, max_value=1),
    is_weak=st.booleans(),
    notify=st.none() | tuples,
    evidence=st.lists(evidence, max_size=3).map(tuple),
)

destinations = st.lists(names, max_size=3, unique=True).map(tuple)

alerts = st.builds(
    Alert,
    key=texts,
    article=articles,
    match=matches,
    destinations=destinations,
    created_at=instants,
)

events = st.builds(Event, at=instants, kind=st.sampled_from(EventKind), subject=texts, detail=texts)

validators = st.builds(Validators, etag=st.none() | texts, last_modified=st.none() | texts)

sources = st.builds(
    FeedSource,
    url=texts,
    name=texts,
    publisher=texts,
    language=st.none() | texts,
    tags=tuples,
    interval=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365)),
    has_own_interval=st.booleans(),
)

spans = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=1))
whole_spans = st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds))
rhythms = st.builds(
    Rhythm,
    gaps=st.lists(whole_spans, max_size=20).map(tuple),
    longest=whole_spans,
    longest_at=st.none() | instants,
    last_at=st.none() | instants,
    overflowed_at=st.none() | instants,
)
hints = st.builds(
    FeedHints,
    ttl=st.none() | spans,
    update_every=st.none() | spans,
    skip_hours=st.lists(st.integers(0, 23), unique=True).map(sorted).map(tuple),
    skip_days=st.lists(st.integers(0, 6), unique=True).map(sorted).map(tuple),
)


@st.composite
def judged_articles(draw: st.DrawFn) -> JudgedArticle:
    """An article whose alerts are about itself and its own matches; its keys are its claims."""
    article = draw(articles)
    found = tuple(draw(st.lists(matches, max_size=3, unique=True)))
    told = draw(st.lists(st.sampled_from(found), max_size=3)) if found else []
    return JudgedArticle(
        article=article,
        claims=article.keys,
        matches=found,
        alerts=tuple(
            Alert(
                key=draw(texts),
                article=article,
                match=match,
                destinations=draw(destinations),
                created_at=draw(instants),
            )
            for match in told
        ),
    )


@st.composite
def outcomes(draw: st.DrawFn, feed_id: int) -> PollOutcome:
    """What any poll of one feed may have come to."""
    return PollOutcome(
        feed_id=feed_id,
        polled_at=draw(instants),
        next_check_at=draw(instants),
        validators=draw(validators),
        body_hash=draw(st.none() | texts),
        is_first_read=draw(st.booleans()),
        is_read=draw(st.booleans()),
        articles=tuple(draw(st.lists(judged_articles(), max_size=3))),
        failures=draw(st.integers(min_value=0, max_value=1000)),
        reason=draw(st.none() | st.sampled_from(FailureReason)),
        detail=draw(texts),
        pace=draw(st.sampled_from(Pace)),
        hints=draw(hints),
        health=draw(st.none() | st.sampled_from(FeedHealth)),
        rhythm=draw(st.none() | rhythms),
        deaths=draw(st.none() | st.integers(0, 9)),
        fingerprints=draw(st.none() | st.binary(max_size=32)),
        events=tuple(draw(st.lists(events, max_size=2))),
    )


def at(minutes: float = 0) -> datetime:
    """A fixed day's quarter past ten, and so many minutes."""
    return datetime(2026, 3, 7, 10, 15, tzinfo=UTC) + timedelta(minutes=minutes)
