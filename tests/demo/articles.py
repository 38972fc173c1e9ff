"""Data: all that the demo publishes, in the order of publication.

``for article in ARTICLES: ...`` has the table's columns (``outlet.name``, ``language``,
``title``, ``expected_alert``, ``why_silent``); ``item`` gives what ``FeedServer`` serves::

    for outlet in OUTLETS:
        server.set_feed(outlet.path, [item(a, breaks_at) for a in standing(outlet)], ...)
    for article in breaking():
        server.add(article.outlet.path, item(article, breaks_at))
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.demo.near_misses import NEAR_MISSES
from tests.demo.outlets import OUTLETS, DemoArticle, Outlet
from tests.demo.standing import STANDING
from tests.demo.story import STORY
from tests.servers.feedxml import Item

__all__ = ["ARTICLES", "OUTLETS", "DemoArticle", "Outlet", "breaking", "item", "standing"]

ARTICLES: tuple[DemoArticle, ...] = tuple(
    sorted((*STANDING, *STORY, *NEAR_MISSES), key=lambda article: article.minutes)
)


def standing(outlet: Outlet) -> tuple[DemoArticle, ...]:
    """What stands in an outlet's feed when the demo starts, the newest first."""
    old = (article for article in reversed(ARTICLES) if article.stands_before)
    return tuple(article for article in old if article.outlet == outlet)


def breaking() -> tuple[DemoArticle, ...]:
    """What is published while the demo runs, the earliest first."""
    return tuple(article for article in ARTICLES if not article.stands_before)


def item(article: DemoArticle, breaks_at: datetime) -> Item:
    """The article as its publisher puts it into a feed, the story having broken at that instant."""
    return Item(
        guid=article.guid,
        link=article.link,
        title=article.title,
        html=article.html,
        published_at=breaks_at + timedelta(minutes=article.minutes),
        author=article.author,
        categories=article.categories,
    )
