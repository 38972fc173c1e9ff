"""Orders: articles that their feed only sums up are read on their own pages.

::

    articles → short, with a link → worth it? → fetch → article_of → articles with their whole text

The requests are those for feeds: same client, same bounds, one at a time to a host and a second
apart. Whatever goes wrong, the summary is judged, and the failure counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor import reading
from monitor.asking import AskTools
from monitor.errors import WorkerFailed
from monitor.feeds.fetch import Request
from monitor.models import Article, FullText, Response

SUMMARY = 1_500
"""Characters: an article of more is no summary."""
MOST = 20
"""Pages read at one poll of one feed."""
PATIENCE = timedelta(seconds=90)
"""For all of them together: what is published is to be told within minutes."""
_PAGE = b"Accept: text/html, application/xhtml+xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The articles, in their order, those whose page was read with its text."""

    articles: tuple[Article, ...]
    read: int = 0
    failed: int = 0


async def fill(articles: Sequence[Article], when: FullText, tools: AskTools) -> Filled:
    """Read the pages of those articles that are summaries and worth it."""
    wanted = await _wanted(articles, when, tools)
    texts: dict[Article, str] = {}
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            for article in wanted[:MOST]:
                texts[article] = await _text_of(article, tools)
    except TimeoutError:
        pass  # those that were not reached have failed
    filled = {article: text for article, text in texts.items() if len(text) > len(article.text)}
    return Filled(
        articles=tuple(
            replace(article, text=filled[article]) if article in filled else article
            for article in articles
        ),
        read=len(filled),
        failed=len(wanted) - len(filled),
    )


async def _wanted(articles: Sequence[Article], when: FullText, tools: AskTools) -> list[Article]:
    short = [one for one in articles if one.url and len(one.text) < SUMMARY]
    if when is FullText.NEVER or not short:
        return []
    if when is FullText.ALWAYS:
        return short
    try:
        promising = await tools.readers.call(
            reading.DEADLINE, reading.are_promising, short, tools.clock()
        )
    except WorkerFailed:
        return []
    return [one for one, is_promising in zip(short, promising, strict=True) if is_promising]


async def _text_of(article: Article, tools: AskTools) -> str:
    """What the article's page says; "" where it cannot be had."""
    answer = await tools.fetcher.fetch(Request(url=article.url, at=tools.clock(), accept=_PAGE))
    if not isinstance(answer, Response):
        return ""
    try:
        return await tools.readers.call(
            reading.DEADLINE, reading.read_page, answer, tools.max_bytes
        )
    except WorkerFailed:
        return ""
