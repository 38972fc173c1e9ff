"""``deliveries list``, ``retry`` and ``drop``: the queue of each destination."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.cli import state
from monitor.cli.output import Exit, err, out, print_json, print_list, safe, when
from monitor.models import DeliveryState
from monitor.store.sqlite import SqliteStore
from monitor.store.views import DeliveryFilter, QueuedDelivery
from monitor.units import parse_duration

HELP = """What waits, was sent or was given up, message by message.

[bold]Examples[/bold]

  news-monitor deliveries list --state dead          what was given up
  news-monitor deliveries retry --state dead         give all of it another five days
  news-monitor deliveries retry nm-7K2QM9XA          now
  news-monitor deliveries drop --to old-slack        never mind
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")

IdsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Their ids, as nm-7K2QM9XA.", metavar="[ID]...", show_default=False),
]
StateOption = Annotated[
    list[DeliveryState] | None,
    typer.Option("--state", help="Only these; may be repeated.", show_default=False),
]
ToOption = Annotated[str | None, typer.Option("--to", help="Only to this destination.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only of this rule.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="SPAN", help="Only those not older than this (24h)."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every one, where nothing else is said.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]


def _meant(
    ids: list[str] | None,
    states: list[DeliveryState] | None,
    to: str | None,
    rule: str | None,
    since: str | None,
) -> DeliveryFilter:
    earliest = None
    if since is not None:
        try:
            earliest = datetime.now(UTC) - parse_duration(since)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--since") from error
    return DeliveryFilter(
        public_ids=tuple(one.upper().replace("NM-", "nm-") for one in ids or ()),
        states=tuple(states or ()),
        destination=to,
        rule=rule,
        since=earliest,
    )


@app.command("list")
def list_deliveries(
    context: typer.Context,
    ids: IdsArgument = None,
    states: StateOption = None,
    to: ToOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many, last first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List deliveries, the last first."""
    found = state.reader(context).deliveries(_meant(ids, states, to, rule, since), limit)
    if as_json:
        print_json(found)
        return
    print_list(
        (
            one.delivery.public_id,
            one.delivery.destination,
            one.delivery.state,
            when(_at(one)),
            one.rule_id,
            f"{one.title}{_why(one)}",
        )
        for one in found
    )


def _at(one: QueuedDelivery) -> datetime | None:
    delivery = one.delivery
    return delivery.sent_at or delivery.dead_at or delivery.next_attempt_at or delivery.digest_at


def _why(one: QueuedDelivery) -> str:
    delivery = one.delivery
    if delivery.state in (DeliveryState.HELD, DeliveryState.COVERED):
        return f" ({delivery.plan_reason})"
    if delivery.reason is None or delivery.state is DeliveryState.SENT:
        return ""
    tries = f"{delivery.attempts} attempt{'s' * (delivery.attempts != 1)}"
    return f" ({tries}; {delivery.reason}: {delivery.detail})".replace(": )", ")")


@app.command()
def retry(
    context: typer.Context,
    ids: IdsArgument = None,
    states: StateOption = None,
    to: ToOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Try again now what waits or was given up; what was given up gets five more days.

    In the quiet hours of its destination what waits goes on waiting, unless it is critical.
    """
    meant = _named(_meant(ids, states, to, rule, since), everything)
    with state.writer(context) as store:
        _tell(store.retry(meant, datetime.now(UTC)), "to be tried now", meant, store, as_json)


@app.command()
def drop(
    context: typer.Context,
    ids: IdsArgument = None,
    states: StateOption = None,
    to: ToOption = None,
    rule: RuleOption = None,
    since: SinceOption = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give up what waits. The ledger keeps it, as dropped; a message under way is not stopped."""
    meant = _named(_meant(ids, states, to, rule, since), everything)
    with state.writer(context) as store:
        _tell(store.drop(meant, datetime.now(UTC)), "dropped", meant, store, as_json)


def _named(meant: DeliveryFilter, everything: bool) -> DeliveryFilter:
    if meant == DeliveryFilter() and not everything:
        raise typer.BadParameter("say which: ids, --state, --to, --rule, --since, or --all")
    return meant


def _tell(count: int, done: str, meant: DeliveryFilter, store: SqliteStore, as_json: bool) -> None:
    named = DeliveryFilter(public_ids=meant.public_ids)
    there = store.deliveries(named, 10 * len(named.public_ids))
    known = {one.delivery.public_id for one in there}
    unknown = [one for one in meant.public_ids if one not in known]
    if as_json:
        print_json({"count": count, "unknown": unknown})
    else:
        out.print(f"{count} {'delivery' if count == 1 else 'deliveries'} {done}")
    for one in unknown:
        err.print(f"news-monitor: there is no delivery {safe(one)}")
    if unknown or not count:
        sys.exit(Exit.PROBLEM)
