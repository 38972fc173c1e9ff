"""Touches the world: what the log says of polls and deliveries."""

from __future__ import annotations

from monitor.delivering import Attempt
from monitor.logs import logger
from monitor.models import (
    Dead,
    DeliveryState,
    EventKind,
    FeedState,
    Polled,
    Retry,
    Sent,
)
from monitor.recovery import Restored

_NOT_SENT = (DeliveryState.HELD, DeliveryState.COVERED)
DEATHS = (EventKind.DELIVERY_DEAD, EventKind.DELIVERY_DEAD_KNOWN)
GOOD_NEWS = (EventKind.FEED_RECOVERED, EventKind.FEED_MOVED)


def polled(feed: FeedState, outcome: Polled) -> None:
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


def delivered(attempt: Attempt) -> None:
    """What became of a delivery, and what that says of its destination."""
    delivery = attempt.delivery
    log = logger().bind(delivery=delivery.public_id, to=delivery.destination)
    match attempt.result:
        case Sent():
            log.info("sent", attempts=delivery.attempts)
        case Retry(next_attempt_at=at, reason=reason, detail=detail):
            again = at.astimezone().isoformat(timespec="seconds")
            log.warning("not sent", reason=str(reason), detail=detail, again_at=again)
        case Dead(reason=reason, detail=detail):
            log.error("given up", reason=str(reason), detail=detail)
    if (event := attempt.change.event) is not None and event.kind not in DEATHS:
        say = log.info if event.kind is EventKind.DESTINATION_RECOVERED else log.warning
        say(str(event.kind), detail=event.detail)


def restored(done: Restored) -> None:
    """That the database was replaced by a backup, and what that means."""
    logger().error(
        "database restored",
        source=str(done.source),
        knows_until=str(done.knows_until),
        replaced=str(done.replaced),
        sent_since="unknown" if done.known_sent is None else "known",
    )
