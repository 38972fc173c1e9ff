"""``db backup``, ``check`` and ``restore``: copies of the database."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor import instance, recovery
from monitor.cli import state
from monitor.cli.output import Exit, ago, err, out, print_json, safe, when
from monitor.store import backup
from monitor.store.sqlite import SqliteStore

HELP = """The database: copies of it, whether it is sound, and a copy put back.

[bold]Examples[/bold]

  news-monitor db backup                     one more beside the nightly ones
  news-monitor db backup /mnt/disk/nm.db     to a file that is not there yet, or a folder
  news-monitor db check                      every page and every row
  news-monitor db restore newest             while the daemon does not run
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("backup")
def make(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Argument(help="A new file or a folder; else among the nightly ones.", metavar="[TO]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the database as it is now, whether the daemon runs or not; the copy is checked."""
    database, now = state.settings(context).storage.path, datetime.now(UTC)
    SqliteStore.open_reader(database).close()  # in words, if there is none
    place = backup.folder_of(database) if to is None else to
    path = place / backup.name(database, now) if to is None or to.is_dir() else to
    backup.make(database, path)
    if as_json:
        print_json({"path": str(path), "bytes": path.stat().st_size})
    else:
        out.print(f"wrote {safe(path)} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command()
def check(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="A backup; else the database itself.", metavar="[FILE]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the whole file and say what is wrong with it; exit code 1 if anything is."""
    database = state.settings(context).storage.path
    path, made = file or database, backup.backups(database)
    with closing(SqliteStore.open_reader(path)) as store:
        wrong, knows_until = store.integrity_check(), store.last_write()
    if as_json:
        newest = made[0] if made else None
        print_json(
            {
                "path": str(path),
                "wrong": wrong,
                "knows_until": knows_until,
                "backups": len(made),
                "newest_backup_at": newest.made_at if newest else None,
            }
        )
    else:
        for line in wrong:
            out.print(f"[red]✗[/] {safe(line)}")
        if not wrong:
            until = f"; its last entry is of {when(knows_until)}" if knows_until else ", and new"
            out.print(f"{safe(path)} is sound{until}")
        last = f", the newest {ago(made[0].made_at, datetime.now(UTC))}" if made else ""
        out.print(f"{len(made)} backup{'s' * (len(made) != 1)}{last}")
    if wrong:
        sys.exit(Exit.PROBLEM)


@app.command()
def restore(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A backup's file, or `newest`.", metavar="FROM")],
    as_json: JsonOption = False,
) -> None:
    """Put a backup into the database's place, which is kept aside. Not while the daemon runs.

    Nothing that was sent since the backup is sent again: the file beside the database that ends in
    `.told` knows. Without that file, `on_uncertain` of each destination decides about what waited,
    and what is read again alerts again.
    """
    database = state.settings(context).storage.path
    with instance.only_instance(database):
        path = Path(source)
        if source == "newest":
            found = backup.backups(database)
            if not found:
                err.print(f"news-monitor: no backups in {safe(backup.folder_of(database))}")
                sys.exit(Exit.PROBLEM)
            path = found[0].path
        done = recovery.restore(database, path, datetime.now(UTC))
    if as_json:
        print_json(
            {
                "source": str(done.source),
                "knows_until": done.knows_until,
                "replaced": None if done.replaced is None else str(done.replaced),
                "known_sent": done.known_sent,
            }
        )
        return
    out.print(f"{safe(database)} is now a copy of {safe(done.source)}")
    if done.replaced is not None:
        out.print(f"what it was is in {safe(done.replaced)}")
    if done.knows_until is not None:
        out.print(f"it knows what happened until {when(done.knows_until)}; the rest is read again")
    if done.known_sent is None:
        out.print("[yellow]nothing says what was sent since: some of it may come again[/]")
