"""Before the night: ``check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sized
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor import config, loading
from monitor.alerts import render, send, templating
from monitor.cli import online, state
from monitor.cli.output import Exit, out, print_json, print_mistakes, safe
from monitor.errors import ConfigError, DestinationError, Mistake, RulesError
from monitor.matching.lint import lint


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    context: typer.Context,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings count as mistakes (exit code 1).")
    ] = False,
    ask: Annotated[
        bool, typer.Option("--online", help="Ask each feed once, too, and say what it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Find every mistake in the configuration, the destinations and the rules.

    Each rule's own tests are run too, and what is probably not meant so gets a warning.
    Nothing is sent, and without --online nothing is fetched. The database is not looked at.

    [bold]Examples[/bold]

      news-monitor check
      news-monitor -c /etc/news-monitor/config.toml check --json
      news-monitor check --online
    """
    mistakes: list[Mistake] = []
    warnings: list[Mistake] = []
    counts: dict[str, int] = {}
    answers: tuple[online.Answer, ...] = ()
    now = datetime.now(UTC)
    path = state.config_path(context)
    try:
        settings = config.load(path, os.environ)
    except ConfigError as error:
        mistakes.extend(error.mistakes)
    else:
        mistakes.extend(destination_mistakes(settings))
        mistakes.extend(template_mistakes(settings))
        counts = {"feeds": len(settings.sources), "destinations": len(settings.destinations)}
        try:
            ruleset = loading.load(settings.rules.dir, loading.names_in(settings))
            counts["rules"] = len(ruleset.rules)
            counts["tests"] = sum(len(rule.tests) for rule in ruleset.rules)
            warnings += lint(
                ruleset,
                today=now.date(),
                languages={feed.language for feed in settings.sources if feed.language},
                shipped=loading.shipped_concepts(),
            )
        except RulesError as error:
            mistakes.extend(error.mistakes)
        warnings += _missing(counts, str(path))
        if ask:
            lines = config.feed_lines(path, os.environ, len(settings.sources))
            answers = online.ask(settings, lines)
            mistakes += online.mistakes(answers, str(path))
            warnings += online.doubts(answers, str(path), now)
    failed = bool(mistakes or (strict and warnings))
    if as_json:
        asked = {"online": [online.as_json(answer) for answer in answers]} if ask else {}
        found = {"ok": not failed, "mistakes": mistakes, "warnings": warnings, **counts}
        print_json(found | asked)
    else:
        online.show(answers, now)
        print_mistakes(sorted(warnings), kind="warning: ")
        print_mistakes(sorted(mistakes))
        if failed:
            out.print(", ".join(filter(None, map(_counted, _FOUND, (mistakes, warnings)))))
        else:
            shown = ", ".join(f"{count} {name}" for name, count in counts.items())
            told = f"; {_counted('warning', warnings)}" if warnings else ""
            out.print(f"{safe(path)}: ok ({shown}{told})")
    sys.exit(Exit.PROBLEM if failed else Exit.OK)


_FOUND = ("mistake", "warning")


def _counted(name: str, found: Sized) -> str:
    return f"{len(found)} {name}{'s' * (len(found) != 1)}" if found else ""


def _missing(counts: Mapping[str, int], file: str) -> Iterator[Mistake]:
    """What the daemon can run without, and nobody would be told anything."""
    if counts.get("feeds") == 0:
        yield Mistake(file=file, message="no feeds: nothing is polled (add [[feeds]])")
    if counts.get("destinations") == 0:
        yield Mistake(file=file, message="no destinations: nobody is told ([destinations])")


def template_mistakes(settings: config.Config) -> tuple[Mistake, ...]:
    """What is wrong with the operator's templates; the daemon would use ours instead."""
    found, unread = templating.load(settings.templates.dir)
    return (*unread, *render.tried(found)[1])


def destination_mistakes(settings: config.Config) -> list[Mistake]:
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
            place = settings.places[destination.name]
            mistakes.append(replace(place, message=f"{place.message}{error.why}"))
    return mistakes
