"""Decides: which address a feed is asked at, as its publisher moves it.

A permanent redirect (301, 308) is followed at every poll and believed only when it has lasted: ten
polls over seven days, each of which brought the feed, and the last one entries that are known.
Hotel networks and seized domains redirect too. The address in the configuration stays the feed's
name; a stored one that fails is given up for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.models import FailureReason, FeedState, FetchError, Route, Trail

POLLS, SPAN = 10, timedelta(days=7)
"""How often, and for how long, a permanent redirect must have led to the feed."""

PATIENCE = 3
"""Failed polls in a row after which a stored address is given up, whatever the failure."""

GONE, NOT_FOUND = 410, 404


def after_answer(feed: FeedState, trail: Trail, now: datetime, *, is_same_feed: bool) -> Route:
    """The way to a feed that answered with a feed or with "unchanged".

    ``is_same_feed``: the answer shows that it is this feed and no other, by an entry that is
    known or by the validator of its last version.
    """
    route = _hosts(feed.route, trail)
    target = moved_to(feed.address, trail)
    if not target:
        return _settled(route, route.address)
    since = route.moved_since
    if target != route.moved_to or since is None or since > now:
        return replace(route, moved_to=target, moved_since=now, moved_polls=1)
    polls = route.moved_polls + 1
    if polls >= POLLS and now - since >= SPAN and is_same_feed:
        return _settled(route, target)
    return replace(route, moved_polls=polls)


def after_failure(feed: FeedState, error: FetchError) -> Route:
    """The way to a feed that failed; a stored address that has no feed is forgotten."""
    route = _hosts(feed.route, error.trail)
    if route.address is None:
        return route
    has_no_feed = error.status in (GONE, NOT_FOUND) or error.reason is FailureReason.NOT_A_FEED
    if has_no_feed or feed.failures + 1 >= PATIENCE:
        return replace(route, address=None, host=feed.source.host, end_host="")
    return route


def is_gone(feed: FeedState, error: FetchError) -> bool:
    """Whether the publisher says that the feed of the configuration is gone for good (410)."""
    return error.status == GONE and feed.route.address is None


def moved_to(address: str, trail: Trail) -> str:
    """Where an address leads for good; "" for nowhere, and for a way from https back to http."""
    is_downgrade = address.startswith("https:") and not trail.moved_to.startswith("https:")
    return "" if is_downgrade else trail.moved_to


def _settled(route: Route, address: str | None) -> Route:
    """The way when no redirect is waited for."""
    if route.address == address and not route.moved_polls:
        return route
    return replace(route, address=address, moved_to="", moved_since=None, moved_polls=0)


def _hosts(route: Route, trail: Trail) -> Route:
    if not trail.host or (route.host == trail.host and route.end_host == trail.end_host):
        return route
    return replace(route, host=trail.host, end_host=trail.end_host)
