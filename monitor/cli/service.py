"""The service: ``run`` and ``init``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from monitor import loading
from monitor.cli import state
from monitor.cli.output import Exit, err, out, print_mistakes, safe
from monitor.config import resolve_destinations
from monitor.errors import ConfigError, RulesError
from monitor.logs import logger
from monitor.matching import rulefile
from monitor.units import parse_duration


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(run)


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Poll what is due, deliver what is due, and exit.")
    ] = False,
    since: Annotated[
        timedelta | None,
        typer.Option(
            "--since",
            parser=_span,
            metavar="SPAN",
            help="On a feed's first poll, alert on what is newer than this (24h); else none is.",
        ),
    ] = None,
) -> None:
    """Run the daemon: poll, match, alert, until it is told to stop.

    [bold]Examples[/bold]

      news-monitor run
      news-monitor run --once            for cron
      news-monitor run --since 24h       a new feed's articles of the last day alert too
    """
    from monitor import assembly, daemon, instance  # noqa: PLC0415 - the other commands start faster

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to load anew
    assembly.begin()
    try:
        settings = state.settings(context)
        resolve_destinations(settings, os.environ)
        rules = state.packed_rules(context)
    except (ConfigError, RulesError) as error:
        print_mistakes(error.mistakes)
        sys.exit(Exit.CONFIGURATION)
    if not settings.sources:
        logger().warning("no feeds", then="nothing will be read: name one under [[feeds]]")
    if not settings.destinations:
        logger().warning(
            "no destinations", then="nobody will be told: name one under [destinations]"
        )
    with instance.only_instance(settings.storage.path):
        service = daemon.Daemon(state.config_path(context), settings, rules, since)
        ended_well = asyncio.run(service.once() if once else service.run())
    sys.exit(Exit.OK if ended_well else Exit.PROBLEM)


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write.", metavar="[DIR]")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a commented configuration, a first rule, its term lists, and the schema for editors.

    [bold]Examples[/bold]

      news-monitor init
      news-monitor init /etc/news-monitor
    """
    files = dict(_samples())
    taken = [name for name in files if (folder / name).exists()]
    if taken and not force:
        err.print(
            f"news-monitor: {safe(folder / taken[0])} is there already;"
            " --force overwrites it, another DIR does not"
        )
        sys.exit(Exit.PROBLEM)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        out.print(f"wrote {safe(path)}")
    shown = safe(folder / "config.toml")
    out.print(
        f"\nNow name your feeds and destinations in {shown}, and\n\n"
        f"  news-monitor -c {shown} check\n"
        f"  news-monitor -c {shown} test-notify\n"
        f"  news-monitor -c {shown} run"
    )


def _samples() -> Iterator[tuple[str, bytes]]:
    folder = loading.examples()
    yield "config.toml", (folder / "config.example.toml").read_bytes()
    yield from _below(folder / "rules", "rules")
    yield "rules/schema.json", (json.dumps(rulefile.schema(), indent=2) + "\n").encode()


def _below(folder: Traversable, shown: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _below(entry, f"{shown}/{entry.name}")
        elif entry.name.endswith(".yaml"):
            yield f"{shown}/{entry.name}", entry.read_bytes()
