"""Orders: what the rules say of articles, by the readers. One that costs its reader costs no other
article its matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor import reading
from monitor.asking import AskTools
from monitor.errors import WorkerFailed
from monitor.models import Article, Event, EventKind, Judged

DEADLINE = timedelta(seconds=2)
"""For one article; a batch has ten times that at most."""
PATIENCE = timedelta(seconds=20)
"""For an article whose batch was lost, asked again alone: a slow machine must not cost an alert."""


async def judge(
    articles: Sequence[Article], tools: AskTools
) -> tuple[list[Judged], tuple[Event, ...]]:
    """Each article's matches, and what the operator is to know of rules that failed."""
    found: list[Judged] = []
    events: list[Event] = []
    for batch in reading.batches(articles):
        try:
            judged = await tools.readers.call(
                DEADLINE * min(len(batch), 10), reading.judge_all, batch, tools.clock()
            )
        except WorkerFailed:
            for article in batch:
                one, lost = await _judge_alone(article, tools)
                found.append(one)
                events += lost
        else:
            found += judged
            events += troubles(batch, judged, tools.clock())
    return found, tuple(events)


def troubles(
    articles: Sequence[Article], judged: Sequence[Judged], now: datetime
) -> Iterator[Event]:
    """The rules that could not judge one of the articles, each once."""
    told: set[str] = set()
    for article, one in zip(articles, judged, strict=True):
        for trouble in one.troubles:
            if trouble.rule_id not in told:
                told.add(trouble.rule_id)
                detail = f"{trouble.why}; article: {article.url or article.title}"
                yield Event(
                    at=now, kind=EventKind.RULE_FAILED, subject=trouble.rule_id, detail=detail
                )


async def _judge_alone(article: Article, tools: AskTools) -> tuple[Judged, tuple[Event, ...]]:
    try:
        judged = await tools.readers.call(PATIENCE, reading.judge_all, (article,), tools.clock())
    except WorkerFailed as error:
        event = Event(
            at=tools.clock(),
            kind=EventKind.ARTICLE_UNJUDGED,
            subject=article.url or article.title,
            detail=f"no rule could be asked: its reader was lost: {error}",
        )
        return Judged(language=article.language), (event,)
    return judged[0], tuple(troubles((article,), judged, tools.clock()))
