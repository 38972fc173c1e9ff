"""Lists of feeds, in OPML: ``feeds import``, ``feeds export``."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from monitor import loading, subscriptions
from monitor.cli import state
from monitor.cli.output import Exit, err, out, print_json, print_list, print_mistakes, safe
from monitor.cli.sources import change, say_when_used
from monitor.config import Config
from monitor.config.edit import with_feeds
from monitor.config.replacing import replace_content
from monitor.errors import Mistake
from monitor.feeds import opml
from monitor.subscriptions import ImportPlan
from monitor.textfiles import read_bytes

STANDARD = Path("-")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_)
    app.command()(export)


def import_(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(help="OPML, or a list that comes along: maghreb …", metavar="FILE|NAME|-"),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be added; change nothing.")
    ] = False,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="For each new feed; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Add the feeds of an OPML list, as other readers export it; folders become tags.

    Feeds that are followed already stay as they are. Nothing is fetched (`check --online`
    does that), and all is written at once, or nothing.

    [bold]Examples[/bold]

      news-monitor feeds import subscriptions.opml --dry-run
      news-monitor feeds import maghreb        one of the lists that come along
      curl https://example.org/list.opml | news-monitor feeds import -
    """
    shown = "standard input" if file == STANDARD else str(file)
    data = _read(file)
    if isinstance(data, Mistake):
        print_mistakes([data])
        sys.exit(Exit.PROBLEM)
    found = opml.read(data, shown)
    plan = ImportPlan()

    def edit(text: str, settings: Config) -> str:
        nonlocal plan
        plan = subscriptions.plan_import(found.outlines, settings, shown, tag or ())
        return text if dry_run else with_feeds(text, plan.new)

    settings = change(context, edit)
    refused = sorted((*found.refused, *plan.refused))
    if as_json:
        print_json(
            {
                "written": bool(plan.new) and not dry_run,
                "new": plan.new,
                "known": [entry.url for entry in plan.known],
                "refused": refused,
                "notes": found.notes,
            }
        )
    else:
        _report(plan, replace(found, refused=tuple(refused)), dry_run)
        if plan.new and not dry_run:
            say_when_used(settings)
    sys.exit(Exit.PROBLEM if refused else Exit.OK)


def _read(file: Path) -> bytes | Mistake:
    if file == STANDARD:
        return sys.stdin.buffer.read(opml.MAX_BYTES + 1)
    if file.exists():
        return read_bytes(file, str(file), opml.MAX_BYTES)
    bundled = _bundled()
    if str(file) in bundled:
        return bundled[str(file)].read_bytes()
    names = ", ".join(sorted(bundled))
    return Mistake(file=str(file), message=f"there is no such file, nor such a list: {names}")


def _bundled() -> dict[str, Traversable]:
    """The lists to start from, by name: in the wheel, or in the source tree."""
    inside = loading.examples() / "feeds"
    folder = inside if inside.is_dir() else loading.examples() / "docs" / "feeds"
    if not folder.is_dir():
        return {}
    lists = (path for path in folder.iterdir() if path.name.endswith(".opml"))
    return {path.name.removesuffix(".opml"): path for path in lists}


def _report(plan: ImportPlan, found: opml.OpmlList, dry_run: bool) -> None:
    print_mistakes(found.notes, kind="note: ")
    print_mistakes(found.refused)
    if dry_run:
        print_list(
            (f"  {entry.url}", entry.name or "–", ", ".join(entry.tags)) for entry in plan.new
        )
    verb = "would be added" if dry_run else "added"
    title = f"{safe(found.title)}: " if found.title else ""
    out.print(
        f"{title}{len(plan.new)} {verb}, {len(plan.known)} there already,"
        f" {len(found.refused)} refused"
    )


def export(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Where to write; - is standard output.", metavar="[FILE|-]")
    ] = STANDARD,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write the feeds as OPML 2.0, for other readers or another machine.

    The first tag of a feed becomes its folder, all of them its category.

    [bold]Examples[/bold]

      news-monitor feeds export feeds.opml
      news-monitor feeds export | ssh other news-monitor feeds import -
    """
    outlines = subscriptions.outlines_of(state.settings(context))
    text = opml.write(outlines, title="news-monitor", at=datetime.now(UTC))
    if file == STANDARD:
        sys.stdout.write(text)
        return
    if file.exists() and not force:
        err.print(f"news-monitor: {safe(file)} is there already; --force overwrites it")
        sys.exit(Exit.PROBLEM)
    replace_content(file, text.encode())
    err.print(f"{len(outlines)} feeds written to {safe(file)}")
