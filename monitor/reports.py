"""Touches the world: what the log says of polls and deliveries."""

from __future__ import annotations

from monitor.logs import logger
from monitor.models import (
    Dead,
    Delivery,
    DeliveryResult,
    DeliveryState,
    EventKind,
    FeedState,
    PollOutcome,
    Retry,
    Sent,
)

_NOT_SENT = (DeliveryState.HELD, DeliveryState.COVERED)
GOOD_NEWS = (EventKind.FEED_RECOVERED, EventKind.FEED_MOVED)


def polled(feed: FeedState, outcome: PollOutcome) -> None:
    """What a poll brought: news and changes of health aloud, the rest at debug level."""
    log = logger().bind(feed=feed.source.name)
    for event in outcome.events:
        say = log.info if event.kind in GOOD_NEWS else log.warning
        say(str(event.kind), url=event.subject, detail=event.detail)
    for judged in outcome.articles:
        for alert in judged.alerts:
            waits = {one.destination for one in alert.planned if one.state in _NOT_SENT}
            say = log.debug if waits and waits.issuperset(alert.destinations) else log.info
            say(
                "alert",
                rule=alert.match.rule_id,
                title=judged.article.title,
                relevance=alert.match.relevance,
                to=",".join(name for name in alert.destinations if name not in waits),
            )
    if outcome.articles:
        silently = {"silently": "first poll"} if outcome.is_first_read else {}
        log.info("new articles", count=len(outcome.articles), **silently)
    else:
        log.debug("polled", found=str(outcome.reason or "nothing new"))


def delivered(delivery: Delivery, result: DeliveryResult) -> None:
    """What became of a delivery."""
    log = logger().bind(delivery=delivery.public_id, to=delivery.destination)
    match result:
        case Sent():
            log.info("sent", attempts=delivery.attempts)
        case Retry(next_attempt_at=at, reason=reason, detail=detail):
            again = at.astimezone().isoformat(timespec="seconds")
            log.warning("not sent", reason=str(reason), detail=detail, again_at=again)
        case Dead(reason=reason, detail=detail):
            log.error("given up", reason=str(reason), detail=detail)
