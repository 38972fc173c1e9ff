"""Wiring: the ``news-monitor`` command, its global options and its exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__, logs
from monitor.cli import (
    alerts,
    checking,
    db,
    deliveries,
    feeds,
    filtering,
    lists,
    rules,
    service,
    silences,
    sources,
    status,
    why,
)
from monitor.cli.output import Exit, err, print_mistakes, safe
from monitor.cli.state import Options
from monitor.errors import ConfigError, InstanceRunning, NewsMonitorError, RulesError, StoreBusy
from monitor.logs import LogFormat
from monitor.systemd import is_journal

HELP = """Watch news feeds; tell people, within minutes, once, with the evidence.

[bold]Examples[/bold]

  news-monitor init                     write a configuration and a first rule here
  news-monitor check                    every mistake in configuration and rules
  news-monitor feeds add lemonde.fr     find a page's feed, show it, follow it
  news-monitor test-notify desk-mail    a real message to one destination
  news-monitor run                      the daemon
  news-monitor match < articles.jsonl   the rules as a filter, no database
  news-monitor status                   feeds, rules, deliveries at a glance
  news-monitor why URL                  why an article was told, or was not
"""

app = typer.Typer(
    name="news-monitor",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"news-monitor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", help="The configuration file.", show_default=False),
    ] = None,
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Say more.")] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what is wrong.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="How a line of the log looks.")
    ] = LogFormat.AUTO,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Take the global options."""
    del version
    verbosity = -1 if quiet else verbose
    logs.configure(log_format, verbosity, is_journal=is_journal())
    context.obj = Options(config=config)


service.register(app)
checking.register(app)
filtering.register(app)
status.register(app)
app.add_typer(rules.app, name="rules")
sources.register(feeds.app)
lists.register(feeds.app)
app.add_typer(feeds.app, name="feeds")
app.add_typer(alerts.app, name="alerts")
alerts.register(app)
silences.register(app)
why.register(app)
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(db.app, name="db")


def main() -> None:
    """Run a command; every error of ours becomes a line and an exit code."""
    try:
        app()
    except (ConfigError, RulesError) as error:
        print_mistakes(error.mistakes)
        sys.exit(Exit.PROBLEM)
    except (InstanceRunning, StoreBusy) as error:
        err.print(f"news-monitor: {safe(error)}")
        sys.exit(Exit.TEMPORARY)
    except NewsMonitorError as error:
        err.print(f"news-monitor: {safe(error)}")
        sys.exit(Exit.PROBLEM)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
        else:
            where = f"{error.filename}: " if error.filename else ""
            err.print(f"news-monitor: {safe(where)}{safe(error.strerror or error)}")
        sys.exit(Exit.PROBLEM)
    except UnicodeDecodeError as error:
        err.print(f"news-monitor: the input is not UTF-8: {safe(error.reason)} at {error.start}")
        sys.exit(Exit.PROBLEM)
    except KeyboardInterrupt:
        err.print("news-monitor: stopped")
        sys.exit(Exit.INTERRUPTED)


if __name__ == "__main__":
    main()
