"""``feeds list``; ``sources`` and ``lists`` have the other commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from monitor.cli import state
from monitor.cli.output import ago, coloured, lasting, print_json, print_table
from monitor.models import FeedHealth, FeedState, Pace
from monitor.store.views import ArticleCount

HELP = """The feeds: how they are, which there are.

[bold]Examples[/bold]

  news-monitor feeds list
  news-monitor feeds add example.org       find a page's feed, and add it
  news-monitor feeds import reader.opml    what another reader exported
  news-monitor feeds export > feeds.opml
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")

WEEK = timedelta(days=7)
COLOURS = {
    FeedHealth.OK: "green",
    FeedHealth.NEW: "dim",
    FeedHealth.OVERFLOWING: "yellow",
    FeedHealth.FROZEN: "yellow",
}
"""Of a feed's health; whatever is blind is red."""


@app.command("list")
def list_feeds(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the feeds, those that need a look first: how each is, how often it writes, when it is next.

    [bold]Examples[/bold]

      news-monitor feeds list
      news-monitor feeds list --json | jq '.[] | select(.is_blind) | .url'
    """
    store = state.reader(context)
    now = datetime.now(UTC)
    feeds = store.feeds()
    counts = {count.feed_id: count for count in store.article_counts()}
    week = {count.feed_id: count for count in store.article_counts(now - WEEK)}
    if as_json:
        print_json([_as_json(feed, counts, week, now) for feed in feeds])
        return
    print_table(
        ("feed", "health", "read", "last new", "usual gap", "a day", "next", "address"),
        (
            (
                feed.source.name,
                coloured(health_of(feed), COLOURS.get(feed.health, "red")),
                ago(feed.succeeded_at, now),
                ago(feed.new_article_at, now),
                lasting(feed.rhythm.usual_gap),
                "" if (a_day := _a_day(feed, week, now)) is None else a_day,
                _next(feed, now),
                _address(feed),
            )
            for feed in sorted(feeds, key=urgency)
        ),
    )


def _as_json(
    feed: FeedState,
    counts: dict[int, ArticleCount],
    week: dict[int, ArticleCount],
    now: datetime,
) -> dict[str, Any]:
    return {
        "url": feed.source.url,
        "name": feed.source.name,
        "health": feed.health,
        "is_blind": feed.health.is_blind,
        "reason": feed.reason,
        "detail": feed.detail,
        "failures": feed.failures,
        "polled_at": feed.polled_at,
        "succeeded_at": feed.succeeded_at,
        "new_article_at": feed.new_article_at,
        "next_check_at": None if feed.gone_at else feed.next_check_at,
        "pace": feed.pace,
        "usual_gap": feed.rhythm.usual_gap,
        "articles_a_day": _a_day(feed, week, now),
        "address": feed.address,
        "gone_at": feed.gone_at,
        "articles": counts[feed.id].articles if feed.id in counts else 0,
        "alerted": counts[feed.id].alerted if feed.id in counts else 0,
    }


def urgency(feed: FeedState) -> int:
    """Where a feed stands in a list: blind, then silent or losing entries, then the others."""
    if feed.health.is_blind:
        return 0
    return 1 if feed.health in (FeedHealth.FROZEN, FeedHealth.OVERFLOWING) else 2


def health_of(feed: FeedState) -> str:
    """How a feed is, in a few words; a failure that is no news yet is named."""
    if feed.reason is None:
        return str(feed.health)
    times = f", {feed.failures} times" if feed.failures > 1 else ""
    why = f"{feed.reason}: {feed.detail}{times}".removeprefix(f"{feed.health}: ")
    return f"{feed.health} ({why})"


def _a_day(feed: FeedState, week: dict[int, ArticleCount], now: datetime) -> float | None:
    """New articles a day, of the last week, or since the first poll if that is less; what the
    first poll found is counted too."""
    if feed.first_read_at is None:
        return None
    days = min(max((now - feed.first_read_at) / timedelta(days=1), 1.0), 7.0)
    return round(week[feed.id].articles / days, 1) if feed.id in week else 0.0


def _next(feed: FeedState, now: datetime) -> str:
    if feed.gone_at is not None:
        return "never"
    why = "" if feed.pace is Pace.INTERVAL else f" ({feed.pace})"
    return ago(feed.next_check_at, now) + why


def _address(feed: FeedState) -> str:
    moved = feed.route.address
    return f"{feed.source.url} → {moved}" if moved else feed.source.url
