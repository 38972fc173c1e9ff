"""What stands at an address that somebody named, and how it is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.asking import AskTools
from monitor.cli.output import ago, err, out, print_list, safe, waiting, when
from monitor.config import Config
from monitor.feeds.discovery import FeedKind, FeedLink, Named, Page
from monitor.models import FailureReason, FeedSource, FetchError
from monitor.probing import FoundFeed, first_feed, look_at

SHOWN = 5
"""Entries of a feed that are shown."""
_ANYWAY = "`feeds add --unchecked` adds the address all the same"
_ADVICE = {
    FailureReason.FORBIDDEN_ADDRESS: "poll.allow_private_hosts in the configuration allows it",
    FailureReason.TOO_LARGE: "poll.max_bytes in the configuration is the limit",
    FailureReason.TLS: "with http:// in front it is asked without encryption",
    FailureReason.NOT_A_FEED: "`feeds discover` of the site's front page may find one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found at an address: a feed, perhaps by way of a page; or why there is none."""

    feed: FoundFeed | None = None
    page: Page | None = None
    error: FetchError | None = None

    @property
    def others(self) -> tuple[FeedLink, ...]:
        """What else the page names."""
        chosen = self.feed.url if self.feed else None
        return tuple(link for link in self.page.links if link.url != chosen) if self.page else ()


def look(url: str, settings: Config) -> Seen:
    """Ask the address; where a page stands there, also those that it names, until one is a feed."""
    from monitor import assembly  # noqa: PLC0415 - loads all that the daemon is made of

    with waiting(f"looking at {url}"), assembly.looking(settings) as tools:
        return asyncio.run(_seen(url, tools))


async def _seen(url: str, tools: AskTools) -> Seen:
    match await look_at(FeedSource(url=url), tools):
        case FoundFeed() as found:
            return Seen(feed=found)
        case Page() as page:
            return Seen(page=page, feed=await first_feed(page.links or page.guesses, tools))
        case FetchError() as error:
            return Seen(error=error)


def show(seen: Seen) -> None:
    """The feed with its last entries, and what else the page names."""
    found = seen.feed
    assert found is not None
    now = datetime.now(UTC)
    articles = found.feed.articles
    out.print(f"[bold]{safe(found.feed.title or found.url)}[/bold]")
    rows = [("address", found.address)]
    if found.moved_to:
        rows.append(("moved from", f"{found.url}, permanently"))
    if found.answered_by != found.address:
        rows.append(("answered by", found.answered_by))
    if seen.page is not None:
        rows.append(("found on", " · ".join(filter(None, (seen.page.url, seen.page.title)))))
    rows.append(("language", f"{found.language or 'unknown'}, as its entries read"))
    newest = f", the newest {ago(found.newest_at, now)}" if found.newest_at else ""
    rows.append(("entries", f"{len(articles)}{newest}"))
    print_list((f"  {label}", value) for label, value in rows)
    if articles:
        out.print()
        print_list(
            (
                "  " + (when(one.published_at) if one.published_at else "no date"),
                one.title or one.url,
            )
            for one in found.newest(SHOWN)
        )
    _show_links(seen.others)
    out.print()


def _show_links(links: Sequence[FeedLink]) -> None:
    if links:
        out.print("\nAlso named there:")
        print_list((f"  {link.url}", _said_of(link)) for link in links)


def _said_of(link: FeedLink) -> str:
    kind = "" if link.kind is FeedKind.UNSAID else link.kind
    how = "" if link.named is Named.IN_HEAD else link.named
    return ", ".join(filter(None, (link.title[:200], kind, how))) or "a feed"


def say_nothing_found(seen: Seen) -> None:
    """Why there is nothing to add, and what to do."""
    if seen.error is not None:
        advice = _ADVICE.get(seen.error.reason, _ANYWAY)
        err.print(f"news-monitor: {seen.error.reason}: {safe(seen.error.detail)} ({advice})")
        return
    assert seen.page is not None
    if seen.page.links:
        err.print("news-monitor: none of the feeds that this page names could be read:")
        print_list((f"  {link.url}", _said_of(link)) for link in seen.page.links)
    else:
        err.print(
            "news-monitor: this page names no feed, and there is none at the usual places:"
            " look for RSS on the site, and give the feed's own address"
        )


def as_json(seen: Seen) -> dict[str, Any]:
    """The same for machines."""
    found, page, error = seen.feed, seen.page, seen.error
    return {
        "feed": found
        and {
            "url": found.url,
            "answered_by": found.answered_by,
            "moved_to": found.moved_to or None,
            "title": found.feed.title,
            "language": found.language,
            "entries": len(found.feed.articles),
            "newest_at": found.newest_at,
            "newest": [
                {"title": one.title, "url": one.url, "published_at": one.published_at}
                for one in found.newest(SHOWN)
            ],
        },
        "page": page and {"url": page.url, "title": page.title},
        "alternatives": seen.others,
        "error": error and {"reason": error.reason, "detail": error.detail},
    }
