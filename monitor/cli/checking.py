"""Before the night: ``check``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from monitor import config, loading
from monitor.alerts import send
from monitor.cli import state
from monitor.cli.output import Exit, out, print_json, print_mistakes, safe
from monitor.errors import ConfigError, DestinationError, Mistake, RulesError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Find every mistake in the configuration, the destinations and the rules.

    Each rule's own tests are run too. Nothing is sent and nothing is fetched.

    [bold]Examples[/bold]

      news-monitor check
      news-monitor -c /etc/news-monitor/config.toml check --json
    """
    mistakes: list[Mistake] = []
    counts: dict[str, int] = {}
    path = state.config_path(context)
    try:
        settings = config.load(path, os.environ)
    except ConfigError as error:
        mistakes.extend(error.mistakes)
    else:
        mistakes.extend(destination_mistakes(settings, str(path)))
        counts = {"feeds": len(settings.sources), "destinations": len(settings.destinations)}
        try:
            ruleset = loading.load(settings.rules.dir, loading.names_in(settings))
            counts["rules"] = len(ruleset.rules)
            counts["tests"] = sum(len(rule.tests) for rule in ruleset.rules)
        except RulesError as error:
            mistakes.extend(error.mistakes)
    if as_json:
        print_json({"ok": not mistakes, "mistakes": mistakes, **counts})
    elif mistakes:
        print_mistakes(sorted(mistakes))
        out.print(f"{len(mistakes)} mistake{'s' * (len(mistakes) != 1)}")
    else:
        shown = ", ".join(f"{count} {name}" for name, count in counts.items())
        out.print(f"{safe(path)}: ok ({shown})")
    sys.exit(Exit.PROBLEM if mistakes else Exit.OK)


def destination_mistakes(settings: config.Config, file: str) -> list[Mistake]:
    """What is wrong with the destinations: unset secrets, URLs that Apprise cannot use."""
    try:
        destinations = config.resolve_destinations(settings, os.environ)
    except ConfigError as error:
        return list(error.mistakes)
    mistakes = []
    for destination in destinations:
        try:
            send.check(destination)
        except DestinationError as error:
            mistakes.append(Mistake(file=file, message=str(error)))
    return mistakes
