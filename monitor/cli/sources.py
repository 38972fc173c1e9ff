"""What is followed: ``feeds add``, ``feeds discover``, ``feeds remove``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from monitor import config, instance, subscriptions
from monitor.cli import finding, state
from monitor.cli.output import Exit, err, out, print_json, print_list, safe
from monitor.config import Config
from monitor.config.edit import FeedEntry, faults, with_feeds, without_feeds
from monitor.config.settings import PREFIX
from monitor.errors import ConfigError, Mistake
from monitor.mistakes import closest


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(add)
    app.command()(discover)
    app.command()(remove)


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
    seen = finding.Seen()
    if not unchecked:
        seen = finding.look(entry.url, settings)
        entry = _found(entry, seen, as_json)
        _stop_if_known(settings, entry.url, as_json)
        if not as_json:
            finding.show(seen)
    if not (yes or as_json or _agreed(entry)):
        err.print("nothing was changed")
        sys.exit(Exit.PROBLEM)
    settings = change(context, lambda text, _: with_feeds(text, [entry]))
    if as_json:
        found = finding.as_json(seen)
        print_json({"added": True, **found, "url": entry.url, "name": entry.name})
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


def _found(entry: FeedEntry, seen: finding.Seen, as_json: bool) -> FeedEntry:
    """The entry for the feed that was found; if none was, say why, and end."""
    if seen.feed is None:
        if as_json:
            print_json({"added": False, **finding.as_json(seen)})
        else:
            finding.say_nothing_found(seen)
        sys.exit(Exit.PROBLEM)
    title = subscriptions.tidy(seen.feed.feed.title) or None
    return replace(entry, url=seen.feed.address, name=entry.name or title)


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
    if (process := instance.served_by(settings.storage.path)) is not None:
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
    seen = finding.look(subscriptions.address(url), state.settings(context))
    if as_json:
        print_json(finding.as_json(seen))
    elif seen.feed is not None:
        finding.show(seen)
        out.print(f"To follow it: news-monitor feeds add {safe(seen.feed.address)}")
    else:
        finding.say_nothing_found(seen)
    sys.exit(Exit.OK if seen.feed is not None else Exit.PROBLEM)


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
