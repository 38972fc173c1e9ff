"""Orders: the first half of the daemon, which meets the second (``delivering``) only in the store.

::

    poll     FeedState → fetch → read (→ the pages before) → admit → fill → judge → plan → commit

Expected failures travel as values and end in the store: a feed's in its row, an article that could
not be judged in the operator's log.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from monitor import judging, pages, reading
from monitor.alerts import edits, plan
from monitor.articles import identity
from monitor.articles.identity import Again
from monitor.asking import AskTools
from monitor.caution import Caution
from monitor.errors import WorkerDied, WorkerFailed, WorkerTimeout
from monitor.failpoints import failpoint
from monitor.feeds import health, outcomes
from monitor.feeds.fetch import Request
from monitor.models import (
    Alert,
    Article,
    Before,
    EditedArticle,
    Event,
    EventKind,
    FailureReason,
    FeedSource,
    FeedState,
    FetchError,
    FullText,
    Judged,
    JudgedArticle,
    Match,
    NotModified,
    ParsedFeed,
    Polled,
    PollOutcome,
    RenamedArticle,
    Response,
    Unchanged,
    changed,
)
from monitor.planning import Policy
from monitor.store.protocol import Commit, Known, Store
from monitor.store.thread import StoreThread

Told = TypeVar("Told", JudgedArticle, EditedArticle)

RENAMING = 10
"""Entries with other guids at once from which the operator is told."""
EARLIER_PAGES = 3
"""Asked for at most where entries have rolled off between two polls."""


Lost = Callable[[FeedState, Exception], None]
"""Is called, on the event loop, with a feed that is still due: its poll could not be written."""


def _raise(_: FeedState, error: Exception) -> None:
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class PollTools:
    """What the first half works with; new rules or a new configuration make another set."""

    books: StoreThread[Store]
    asking: AskTools
    destinations: tuple[str, ...]
    min_interval: timedelta
    random: Callable[[], float] = random.random
    lost: Lost = _raise
    """Is told of a poll that found nothing new and could not be written."""
    caution: Caution = field(default_factory=lambda: Caution(1))
    """For the bodies of feeds that have not proved harmless."""
    policy: Policy = field(default_factory=Policy)
    since: timedelta | None = None
    """How old an article of a feed's first poll may be to alert; ``None``: none does."""
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from a look at the past until what follows from it is written: what two polls bring at
    once is planned one after the other."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The one clock of a poll."""
        return self.asking.clock


# --- poll --------------------------------------------------------------------------


async def poll(feed: FeedState, tools: PollTools) -> Polled:
    """Poll one feed: fetch → read → admit → fill → judge → plan → commit.

    Nobody waits for the disk where nothing has changed: that is written with the next commit, or
    ``tools.lost`` is told.

    Raises:
        StoreError: nothing was written, and the feed is still due.
    """
    answer = await tools.asking.fetcher.fetch(
        Request(url=feed.address, validators=feed.validators, at=tools.clock())
    )
    failpoint("poll: fetched")
    parsed = await _read(answer, feed, tools) if isinstance(answer, Response) else answer
    failpoint("poll: read")
    outcome: Polled
    match parsed:
        case ParsedFeed():
            assert isinstance(answer, Response)
            return await _commit_news(feed, answer, parsed, tools)
        case FetchError():
            error = replace(parsed, trail=answer.trail)
            outcome = outcomes.after_failure(feed, error, _moment(tools))
        case NotModified():
            is_same_body = isinstance(answer, Response)
            outcome = outcomes.after_no_change(feed, parsed, _moment(tools), is_same_body)
            if isinstance(outcome, Unchanged):
                tools.books.note(outcome, partial(tools.lost, feed))
                return outcome
    await tools.books.commit(outcome)
    failpoint("poll: committed")
    return outcome


def _moment(tools: PollTools) -> outcomes.Moment:
    return outcomes.Moment(now=tools.clock(), minimum=tools.min_interval, chance=tools.random())


async def _read(
    response: Response, feed: FeedState, tools: PollTools
) -> ParsedFeed | NotModified | FetchError:
    """The body as articles; one that is byte for byte the last one is not looked at."""
    if response.body_hash == feed.body_hash and feed.first_read_at is not None:
        return NotModified(
            validators=response.validators, freshness=response.freshness, trail=response.trail
        )
    if _is_first_look(feed, tools):
        with suppress(WorkerFailed):
            return await _by_reader(reading.read_first, response, feed, tools, feed.fingerprints)
        # It is read once more without the rules: what is told of a feed is not for a rule's fault.
    return await _parsed(response, feed, tools, feed.fingerprints)


def _is_first_look(feed: FeedState, tools: PollTools) -> bool:
    """Whether all that a feed says is likely to be new, and judged as it stands there."""
    is_judged_as_it_is = feed.source.full_text is FullText.NEVER or tools.since is None
    return feed.first_read_at is None and not feed.deaths and is_judged_as_it_is


async def _parsed(
    response: Response, feed: FeedState, tools: PollTools, fingerprints: bytes = b""
) -> ParsedFeed | FetchError:
    try:
        return await _by_reader(reading.read, response, feed, tools, fingerprints)
    except WorkerFailed as error:
        return FetchError(reason=FailureReason.HOSTILE, detail=f"its reader was lost: {error}")


async def _by_reader(
    read: Callable[[Response, FeedSource, datetime, int, bytes], ParsedFeed | FetchError],
    response: Response,
    feed: FeedState,
    tools: PollTools,
    fingerprints: bytes,
) -> ParsedFeed | FetchError:
    """Have a body read, in the one way or the other.

    Raises:
        WorkerFailed: it has cost its reader.
    """
    is_harmless = health.is_harmless(feed)
    now, max_bytes = tools.clock(), tools.asking.max_bytes
    try:
        async with nullcontext() if is_harmless else tools.caution.place():
            return await tools.asking.readers.call(
                reading.DEADLINE, read, response, feed.source, now, max_bytes, fingerprints
            )
    except (WorkerDied, WorkerTimeout):
        tools.caution.warn()
        raise


async def _commit_news(
    feed: FeedState, response: Response, parsed: ParsedFeed, tools: PollTools
) -> PollOutcome:
    """Admit, fill, judge, plan and commit; where another poll was first, admit again.

    What is known and says something else by now is judged like what is new.
    """
    first = parsed.articles[: len(parsed.judged)]
    judged = dict(zip(first, map(_verdict, first, parsed.judged), strict=True))
    events = tuple(judging.troubles(first, parsed.judged, tools.clock()))
    read = failed = 0
    parsed = await _with_earlier(feed, parsed, tools)
    while True:
        known = await _known(parsed, tools)
        admitted = identity.admit(parsed.articles, known)
        again = identity.come_again(parsed.articles, known)
        failpoint("poll: admitted")
        says = (
            *(article for article, _ in admitted),
            *(one.article for one in again if one.is_edited),
        )
        if fresh := [article for article in says if article not in judged]:
            filled = await _fill(feed, fresh, tools)
            read, failed = read + filled.read, failed + filled.failed
            found, unjudged = await judging.judge(filled.articles, tools.asking)
            events += unjudged
            judged.update(zip(fresh, map(_verdict, filled.articles, found), strict=True))
        failpoint("poll: judged")
        followed = (_follow(feed, judged[article], claims, tools) for article, claims in admitted)
        outcome = outcomes.after_news(
            feed,
            response,
            parsed,
            _moment(tools),
            has_news=bool(admitted),
            is_same_feed=bool(known or parsed.unchanged),
            has_overflowed=_has_overflowed(parsed, known),
        )
        outcome = changed(
            outcome,
            articles=tuple(followed),
            pages_read=read,
            pages_failed=failed,
            edited=await _follow_edits(feed, again, judged, tools),
            renamed=tuple(_renamed(again)),
            events=events + outcome.events + _renaming(feed, again, parsed.entries, tools),
        )
        outcome, written = await _plan_and_commit(outcome, tools)
        if written is Commit.DONE:
            failpoint("poll: committed")
            return outcome


async def _plan_and_commit(outcome: PollOutcome, tools: PollTools) -> tuple[PollOutcome, Commit]:
    """Plan the deliveries of all alerts by what has been told before, and write everything."""
    alerts = [alert for judged in outcome.articles for alert in judged.alerts]
    alerts += [alert for edited in outcome.edited for alert in edited.alerts]
    if not alerts:
        return outcome, await tools.books.commit(outcome)
    async with tools.planning:
        now = tools.clock()
        question = plan.question(alerts, tools.policy, now)
        past = await tools.books.ask(tools.books.store.past, question)
        planned = iter(plan.planned(alerts, past, tools.policy, now))
        outcome = replace(
            outcome,
            articles=tuple(_with_plans(one, planned) for one in outcome.articles),
            edited=tuple(_with_plans(one, planned) for one in outcome.edited),
        )
        return outcome, await tools.books.commit(outcome)


def _with_plans(told: Told, planned: Iterator[Alert]) -> Told:
    return replace(told, alerts=tuple(islice(planned, len(told.alerts))))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """An article as it was judged: with its language, and its page's text if that was read."""

    article: Article
    matches: tuple[Match, ...]


def _verdict(article: Article, judged: Judged) -> _Verdict:
    return _Verdict(changed(article, language=judged.language), judged.matches)


async def _fill(feed: FeedState, articles: Sequence[Article], tools: PollTools) -> pages.Filled:
    """Those that may alert, with the text of their pages where the feed has only summaries."""
    news = [one for one in articles if _is_news(feed, one, tools)]
    filled = await pages.fill(news, feed.source.full_text, tools.asking)
    whole = dict(zip(news, filled.articles, strict=True))
    return replace(filled, articles=tuple(whole.get(one, one) for one in articles))


async def _with_earlier(feed: FeedState, parsed: ParsedFeed, tools: PollTools) -> ParsedFeed:
    """With the pages before, where none of the entries is known and the feed offers them."""
    for _ in range(EARLIER_PAGES):
        if feed.first_read_at is None or not parsed.earlier_url:
            break
        known = await _known(parsed, tools)
        if not _has_overflowed(parsed, known):
            break
        answer = await tools.asking.fetcher.fetch(Request(url=parsed.earlier_url, at=tools.clock()))
        if not isinstance(answer, Response):
            break
        page = await _parsed(answer, feed, tools)
        if not isinstance(page, ParsedFeed):
            break
        articles = parsed.articles + page.articles
        parsed = replace(parsed, articles=articles, earlier_url=page.earlier_url)
    return parsed


async def _known(parsed: ParsedFeed, tools: PollTools) -> Mapping[str, Known]:
    """The stored articles that own a key of those that were read."""
    keys = [key for article in parsed.articles for key in article.keys]
    return await tools.books.ask(tools.books.store.known, keys) if keys else {}


def _has_overflowed(parsed: ParsedFeed, known: Mapping[str, Known]) -> bool:
    """Whether no entry was there at the last poll, of enough to tell."""
    is_enough = parsed.entries >= health.ENOUGH_ENTRIES and not parsed.unchanged
    return is_enough and not any(identity.is_of_feed(key) for key in known)


def _follow(
    feed: FeedState, verdict: _Verdict, claims: tuple[str, ...], tools: PollTools
) -> JudgedArticle:
    """What follows from the matches; an article that is no news is recorded silently."""
    article, matches = verdict.article, verdict.matches
    alerts: tuple[Alert, ...] = ()
    if _is_news(feed, article, tools):
        alerts = plan.alerts_for(article, matches, tools.destinations, tools.clock(), claims[0])
    return JudgedArticle(article=article, claims=claims, matches=matches, alerts=alerts)


async def _follow_edits(
    feed: FeedState,
    again: Sequence[Again],
    judged: Mapping[Article, _Verdict],
    tools: PollTools,
) -> tuple[EditedArticle, ...]:
    """What follows from edits. A rule that held on the article before has said what it had to; who
    was told hears of another headline or lead."""
    edited = [one for one in again if one.is_edited]
    if not edited:
        return ()
    before = await tools.books.ask(tools.books.store.before, [one.article_id for one in edited])
    return tuple(
        _follow_edit(feed, one, judged[one.article], before[one.article_id], tools)
        for one in edited
    )


def _follow_edit(
    feed: FeedState,
    edit: Again,
    verdict: _Verdict,
    before: Before,
    tools: PollTools,
) -> EditedArticle:
    article, matches = verdict.article, verdict.matches
    alerts: tuple[Alert, ...] = ()
    if _is_news(feed, article, tools):
        now, identity = tools.clock(), edit.identity
        fresh = [match for match in matches if match.rule_id not in before.held]
        alerts = plan.alerts_for(article, fresh, tools.destinations, now, identity)
        has_lead = feed.source.full_text is FullText.NEVER
        if note := edits.what_changed(before, article, has_lead=has_lead):
            alerts += tuple(edits.updates_for(before, article, matches, note, identity, now))
    return EditedArticle(
        article_id=edit.article_id, article=article, matches=matches, alerts=alerts
    )


def _renamed(again: Iterable[Again]) -> Iterator[RenamedArticle]:
    for one in again:
        if one.claims:
            yield RenamedArticle(article_id=one.article_id, claims=one.claims)


def _renaming(
    feed: FeedState, again: Sequence[Again], entries: int, tools: PollTools
) -> tuple[Event, ...]:
    """One line for the operator where a feed gives most of its known entries other guids."""
    renamed = sum(any(key.startswith("guid:") for key in one.claims) for one in again)
    if renamed < max(RENAMING, entries / 2):
        return ()
    detail = f"{renamed} of {entries} known entries have other guids: no news"
    event = Event(
        at=tools.clock(), kind=EventKind.FEED_RENAMED, subject=feed.source.url, detail=detail
    )
    return (event,)


def _is_news(feed: FeedState, article: Article, tools: PollTools) -> bool:
    """All of it, but on a feed's first poll only what ``since`` asks for; undated is not now."""
    if feed.first_read_at is not None:
        return True
    if tools.since is None or article.published_at is None:
        return False
    return tools.clock() - article.published_at <= tools.since
