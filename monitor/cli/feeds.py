"""``feeds list``; ``sources`` and ``lists`` have the other commands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.cli import state
from monitor.cli.output import ago, print_json, print_table
from monitor.models import FeedState

HELP = """The feeds: how they are, which there are.

[bold]Examples[/bold]

  news-monitor feeds list
  news-monitor feeds add example.org       find a page's feed, and add it
  news-monitor feeds import reader.opml    what another reader exported
  news-monitor feeds export > feeds.opml
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")


@app.command("list")
def list_feeds(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the feeds: how each one is, when it was read, when it is next."""
    store = state.reader(context)
    feeds = store.feeds()
    counts = {count.feed_id: count for count in store.article_counts()}
    if as_json:
        print_json(
            [
                {
                    "url": feed.source.url,
                    "name": feed.source.name,
                    "health": health_of(feed),
                    "reason": feed.reason,
                    "detail": feed.detail,
                    "failures": feed.failures,
                    "polled_at": feed.polled_at,
                    "succeeded_at": feed.succeeded_at,
                    "new_article_at": feed.new_article_at,
                    "next_check_at": feed.next_check_at,
                    "pace": feed.pace,
                    "address": feed.address,
                    "gone_at": feed.gone_at,
                    "articles": counts[feed.id].articles if feed.id in counts else 0,
                    "alerted": counts[feed.id].alerted if feed.id in counts else 0,
                }
                for feed in feeds
            ]
        )
        return
    now = datetime.now(UTC)
    print_table(
        ("feed", "health", "read", "last new article", "next", "articles", "address"),
        (
            (
                feed.source.name,
                health_of(feed),
                ago(feed.succeeded_at, now),
                ago(feed.new_article_at, now),
                ago(feed.next_check_at, now),
                counts[feed.id].articles if feed.id in counts else 0,
                feed.source.url,
            )
            for feed in feeds
        ),
    )


def health_of(feed: FeedState) -> str:
    """How a feed is, in a few words."""
    if feed.reason is not None:
        times = f", {feed.failures} times" if feed.failures > 1 else ""
        return f"failing: {feed.reason} ({feed.detail}{times})"
    return "ok" if feed.polled_at is not None else "not polled yet"
