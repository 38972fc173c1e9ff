"""What is followed: ``feeds add``, ``feeds discover``, ``feeds remove``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from monitor import config, instance, subscriptions
from monitor.cli import state
from monitor.cli.output import Exit, ago, err, out, print_json, print_list, safe, waiting, when
from monitor.config import Config
from monitor.config.edit import FeedEntry, faults, with_feeds, without_feeds
from monitor.config.settings import PREFIX
from monitor.errors import ConfigError, Mistake
from monitor.feeds.discovery import FeedKind, FeedLink, Named, Page
from monitor.mistakes import closest
from monitor.models import FailureReason, FeedSource, FetchError
from monitor.probing import FoundFeed, first_feed, look_at

SHOWN = 5
"""Entries of a feed that are shown."""
_ANYWAY = "`feeds add --unchecked` adds the address all the same"
_ADVICE = {
    FailureReason.FORBIDDEN_ADDRESS: "poll.allow_private_hosts in the configuration allows it",
    FailureReason.TOO_LARGE: "poll.max_bytes in the configuration is the limit",
    FailureReason.NOT_A_FEED: "`feeds discover` of the site's front page may find one",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(add)
    app.command()(discover)
    app.command()(remove)


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


# --- add -------------------------------------------------------------------------------


def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Of a feed, or of a page that names one.")],
    name: Annotated[
        str | None, typer.Option("--name", help="As alerts show it; else the feed's title.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="For rules to choose by; may be repeated.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="fr, ar …; else each text tells it.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option("--interval", help="10m, 1h …; else that of poll.interval.")
    ] = None,
    publisher: Annotated[
        str | None, typer.Option("--publisher", help="Whose feed it is; else its host.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Add the address as it is, without a request.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look at a feed, or find that of a page, and add it to the configuration.

    It is asked for as the daemon would. Comments and the order of the file stay.

    [bold]Examples[/bold]

      news-monitor feeds add https://example.org/rss.xml
      news-monitor feeds add example.org --tag maghreb --tag defence --language fr
      news-monitor feeds add example.org --name "World" --interval 10m --yes
    """
    settings = state.settings(context)
    entry = FeedEntry(
        url=subscriptions.address(url),
        name=name,
        publisher=publisher,
        language=language,
        tags=tuple(tag or ()),
        interval=interval,
    )
    _refuse_wrong(entry, settings)
    _stop_if_known(settings, entry.url, as_json)
    seen = Seen() if unchecked else _look(entry.url, settings)
    if not unchecked:
        if seen.feed is None:
            if as_json:
                print_json({"added": False, **_as_json(seen)})
            else:
                _say_nothing_found(seen)
            sys.exit(Exit.PROBLEM)
        entry = replace(entry, url=seen.feed.url, name=name or _title(seen.feed))
        _stop_if_known(settings, entry.url, as_json)
        if not as_json:
            _show(seen)
    if not (yes or as_json or _agreed(entry)):
        err.print("nothing was changed")
        sys.exit(Exit.PROBLEM)
    settings = change(context, lambda text, _: with_feeds(text, [entry]))
    if as_json:
        print_json({"added": True, **_as_json(seen), "url": entry.url, "name": entry.name})
        return
    shown = f"{entry.name}, {entry.url}" if entry.name else entry.url
    out.print(f"added {safe(shown)}")
    say_when_used(settings)


def _refuse_wrong(entry: FeedEntry, settings: Config) -> None:
    if wrong := faults(entry, settings.poll.min_interval):
        raise typer.BadParameter("; ".join(wrong))


def _stop_if_known(settings: Config, url: str, as_json: bool) -> None:
    """Say so and end well, if this feed is followed already."""
    for number in subscriptions.known_as(settings, url):
        source = settings.sources[number]
        if subscriptions.is_same(source.url, url):
            if as_json:
                print_json({"added": False, "url": source.url, "name": source.name})
            else:
                out.print(f"there already: {safe(source.name)}, {safe(source.url)}")
            sys.exit(Exit.OK)


def _title(found: FoundFeed) -> str | None:
    return subscriptions.tidy(found.feed.title) or None


def _agreed(entry: FeedEntry) -> bool:
    """Whether who sits at a terminal says yes; elsewhere there is nobody to ask."""
    if not (sys.stdin.isatty() and err.is_terminal):
        return True
    return typer.confirm(f"Add {subscriptions.tidy(entry.url)}?", default=True, err=True)


def change(context: typer.Context, edit: Callable[[str, Config], str]) -> Config:
    """Change the feeds in the file, checked and whole; what the configuration is then.

    Raises:
        ConfigError: it would not be one, or nothing would come of it; nothing was written.
        OSError: it cannot be written.
    """
    variable = f"{PREFIX}FEEDS"
    if variable in os.environ:
        message = "is set, and wins over the feeds in the file: nothing was written"
        raise ConfigError([Mistake(file=variable, message=message)])
    return config.change(state.config_path(context), os.environ, edit)


def say_when_used(settings: Config) -> None:
    """When what was changed begins to matter; a daemon reads its configuration when told to."""
    if (process := instance.serving(settings.storage.path)) is not None:
        err.print(
            "The daemon that runs does not know it yet: `systemctl reload news-monitor`,"
            f" or `kill -HUP {process}`."
        )
    else:
        err.print("This holds from the daemon's next start on: `news-monitor run`.")


# --- discover --------------------------------------------------------------------------


def discover(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Of a page, or of a feed.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show which feeds a page names, and the likeliest of them; nothing is changed.

    Where a page names none, the usual places are tried, one request a second.

    [bold]Examples[/bold]

      news-monitor feeds discover https://example.org/world
      news-monitor feeds discover example.org --json
    """
    seen = _look(subscriptions.address(url), state.settings(context))
    if as_json:
        print_json(_as_json(seen))
    elif seen.feed is not None:
        _show(seen)
        out.print(f"To follow it: news-monitor feeds add {safe(seen.feed.url)}")
    else:
        _say_nothing_found(seen)
    sys.exit(Exit.OK if seen.feed is not None else Exit.PROBLEM)


def _look(url: str, settings: Config) -> Seen:
    from monitor import assembly  # noqa: PLC0415 - loads all that the daemon is made of

    with waiting(f"looking at {url}"), assembly.probe_tools(settings) as tools:
        return asyncio.run(_seen(url, tools))


async def _seen(url: str, tools: Any) -> Seen:
    match await look_at(FeedSource(url=url), tools):
        case FoundFeed() as found:
            return Seen(feed=found)
        case Page() as page:
            return Seen(page=page, feed=await first_feed(page.links or page.guesses, tools))
        case FetchError() as error:
            return Seen(error=error)


# --- what is shown ---------------------------------------------------------------------


def _show(seen: Seen) -> None:
    """The feed with its last entries, and what else the page names."""
    found = seen.feed
    assert found is not None
    now = datetime.now(UTC)
    articles = found.feed.articles
    out.print(f"[bold]{safe(found.feed.title or found.url)}[/bold]")
    rows = [("address", found.url)]
    if found.answered_by != found.url:
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


def _say_nothing_found(seen: Seen) -> None:
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


def _as_json(seen: Seen) -> dict[str, Any]:
    found, page, error = seen.feed, seen.page, seen.error
    return {
        "feed": found
        and {
            "url": found.url,
            "answered_by": found.answered_by,
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


# --- remove ----------------------------------------------------------------------------


def remove(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(help="Its address or its name.", metavar="URL|NAME")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Take a feed out of the configuration; what was read of it stays stored.

    What is cut out of the file is shown. Comments elsewhere stay.

    [bold]Examples[/bold]

      news-monitor feeds remove https://example.org/rss.xml
      news-monitor feeds remove "Example, world news"
    """
    settings = state.settings(context)
    numbers = subscriptions.known_as(settings, feed)
    if len(numbers) != 1:
        _say_which(settings, feed, numbers)
        sys.exit(Exit.PROBLEM)
    source = settings.sources[numbers[0]]
    cut: list[str] = []

    def edit(text: str, now: Config) -> str:
        there = [n for n, one in enumerate(now.feeds) if one.url == source.url]
        after, lines = without_feeds(text, there)
        cut.extend(lines)
        return after

    settings = change(context, edit)
    if as_json:
        print_json({"removed": True, "url": source.url, "name": source.name})
        return
    out.print(f"removed {safe(source.name)}, {safe(source.url)}:")
    for line in "".join(cut).splitlines():
        out.print(f"  {safe(line)}")
    say_when_used(settings)


def _say_which(settings: Config, feed: str, numbers: Sequence[int]) -> None:
    if numbers:
        err.print(f"news-monitor: {len(numbers)} feeds are called {safe(feed)}: give the address")
        print_list((f"  {settings.sources[n].url}", settings.sources[n].name) for n in numbers)
        return
    names = [name for one in settings.sources for name in (one.name, one.url)]
    meant = closest(feed, names)
    hint = f": did you mean {meant}?" if meant else ": `news-monitor feeds list` shows them"
    err.print(f"news-monitor: no feed has this address or name{safe(hint)}")
