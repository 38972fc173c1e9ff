"""``silence``: a rule that nobody wants to hear of for a while."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor import units
from monitor.cli import state
from monitor.cli.output import Exit, ago, err, out, print_json, print_table, safe, when
from monitor.planning import Silence

USAGE = "RULE SPAN | list | end RULE"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(silence)


def silence(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            help='A rule and for how long ("2h", "3d"); or "list"; or "end" and a rule or number.',
            metavar=USAGE,
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the ledger.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Keep a rule's alerts from being sent for a while.

    What it finds meanwhile is stored as always, with the silence as the reason why it was not sent.

    [bold]Examples[/bold]

      news-monitor silence algeria-us-arms 2h --reason "the summit"
      news-monitor silence list
      news-monitor silence end algeria-us-arms
    """
    now = datetime.now(UTC)
    match words:
        case ["list"]:
            _list(state.reader(context).silences(now), now, as_json=as_json)
        case ["end", which]:
            _end(context, which, now, as_json=as_json)
        case [rule, span]:
            _silence(context, rule, span, reason, now, as_json=as_json)
        case _:
            raise typer.BadParameter(f"expected {USAGE}")


def _silence(
    context: typer.Context, rule: str, span: str, reason: str, now: datetime, *, as_json: bool
) -> None:
    try:
        until = now + units.parse_duration(span)
    except ValueError as error:
        raise typer.BadParameter(f"{error}, found {span}") from None
    known = state.rule_ids(context)
    if known is not None and rule not in known:
        names = ", ".join(sorted(known)[:20]) or "none"
        err.print(f"news-monitor: there is no rule {safe(rule)}; there are: {safe(names)}")
        sys.exit(Exit.PROBLEM)
    with state.writer(context) as store:
        made = store.silence(rule, now, until, reason)
    if as_json:
        print_json(made)
    else:
        out.print(f"silence {made.id}: nobody hears of {safe(rule)} until {when(until)}")


def _end(context: typer.Context, which: str, now: datetime, *, as_json: bool) -> None:
    with state.writer(context) as store:
        ended = store.end_silences(which, now)
    if as_json:
        print_json(ended)
    for one in () if as_json else ended:
        out.print(f"silence {one.id} of {safe(one.rule_id)} ended")
    if not ended:
        err.print(f"news-monitor: no silence of {safe(which)} holds")
        sys.exit(Exit.PROBLEM)


def _list(found: tuple[Silence, ...], now: datetime, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif not found:
        out.print("no rule is silenced")
    else:
        print_table(
            ("silence", "rule", "until", "ends", "reason"),
            (
                (one.id, one.rule_id, when(one.until), ago(one.until, now), one.reason)
                for one in found
            ),
        )
