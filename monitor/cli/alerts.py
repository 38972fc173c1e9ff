"""``alerts list``, ``show``, ``ack`` and ``resend``, and ``test-notify``."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from monitor import config
from monitor.alerts import plan
from monitor.cli import standing, state
from monitor.cli.filtering import marked
from monitor.cli.output import (
    Exit,
    err,
    out,
    paragraph,
    print_json,
    print_line,
    print_table,
    safe,
    when,
)
from monitor.cli.why import deliveries
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    DeliveryResult,
    DeliveryState,
    Destination,
    Evidence,
    Match,
    Sent,
    Severity,
)
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread

app = typer.Typer(help="What was said, to whom, and what became of it.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(parent: typer.Typer) -> None:
    """Add ``test-notify``, which stands at the top."""
    parent.command("test-notify")(notify)


@app.command("list")
def list_alerts(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option("-n", "--limit", min=1, help="How many, newest first.")
    ] = 20,
    rule: Annotated[str | None, typer.Option("--rule", help="Only of this rule.")] = None,
    in_state: Annotated[
        DeliveryState | None,
        typer.Option("--state", help="Only with a delivery that is this.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the last alerts and where they stand.

    [bold]Examples[/bold]

      news-monitor alerts list --rule algeria-us-arms
      news-monitor alerts list --state dead
    """
    found = state.reader(context).alerts(limit, rule, in_state)
    if as_json:
        print_json(found)
        return
    print_table(
        ("alert", "at", "rule", "source", "title", "deliveries"),
        (
            (
                one.id,
                when(one.alert.created_at),
                one.alert.match.rule_id,
                one.alert.article.feed_name,
                standing.title(one),
                standing.brief(one),
            )
            for one in found
        ),
    )


NameArgument = Annotated[
    str,
    typer.Argument(help="The alert's number, or the id that its message shows.", metavar="ALERT"),
]


@app.command("show")
def show_alert(context: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Show one alert: the article, the evidence, and each delivery.

    [bold]Examples[/bold]

      news-monitor alerts show 12
      news-monitor alerts show nm-7K2QM9XA
    """
    store = state.reader(context)
    stored = store.alert(_number(store, name))
    assert stored is not None
    if as_json:
        print_json(stored)
        return
    alert, article = stored.alert, stored.alert.article
    out.print(f"[bold]{safe(standing.title(stored))}[/]")
    out.print(f"{safe(article.feed_name)}, {when(article.published_at)}  {safe(article.url)}")
    out.print(
        f"rule {safe(alert.match.rule_id)} @ {safe(alert.match.rule_version)},"
        f" {alert.match.severity}, relevance {alert.match.relevance:.2f}"
    )
    if alert.note:
        out.print(safe(alert.note))
    out.print()
    for evidence in alert.match.evidence:
        print_line(
            f"  [dim]{safe(evidence.condition)} ({safe(evidence.kind)}):[/] {marked(evidence)}"
        )
    if alert.kind is not AlertKind.ARTICLE and not alert.match.evidence:
        out.print(paragraph(article.text))
    out.print()
    for line in deliveries(stored, _now()):
        print_line(line)


def _number(store: SqliteStore, name: str) -> int:
    if (number := store.alert_number(name)) is None:
        err.print(f"news-monitor: there is no alert {safe(name)}")
        sys.exit(Exit.PROBLEM)
    return number


@app.command("ack")
def acknowledge(
    context: typer.Context,
    name: NameArgument,
    by: Annotated[
        str | None, typer.Option("--by", help="Who has seen it; else the user of this shell.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say that somebody has seen an alert: nobody else is called about it.

    [bold]Examples[/bold]

      news-monitor alerts ack nm-7K2QM9XA
      news-monitor alerts ack 12 --by "night desk"
    """
    who = by or getpass.getuser()
    with state.writer(context) as store:
        number = _number(store, name)
        called_off = store.acknowledge(number, who, _now())
        stored = store.alert(number)
    assert stored is not None
    if as_json:
        print_json(stored)
        return
    out.print(
        f"alert {number} acknowledged {when(stored.acknowledged_at)}"
        f" by {safe(stored.acknowledged_by)}"
    )
    for destination in called_off:
        out.print(f"  {safe(destination)} is not called")


@app.command("resend")
def resend(
    context: typer.Context,
    name: NameArgument,
    to: Annotated[
        str | None, typer.Option("--to", help="Only to this destination.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send an alert again, or at last: whatever was sent, given up, held or covered is due now.

    What waits or is under way is left alone.

    [bold]Examples[/bold]

      news-monitor alerts resend 12
      news-monitor alerts resend nm-7K2QM9XA --to desk-mail
    """
    with state.writer(context) as store:
        number = _number(store, name)
        again = store.resend(number, _now(), to)
        stored = store.alert(number)
    if as_json:
        print_json(stored)
    elif again:
        when_ = "now" if state.is_served(context) else "when the daemon runs"
        out.print(f"alert {number} is sent again {when_}: {', '.join(again)}")
    if not again:
        err.print(f"news-monitor: nothing of alert {number} could be sent again")
        sys.exit(Exit.PROBLEM)


def notify(
    context: typer.Context,
    destination: Annotated[
        str | None, typer.Argument(help="One destination; all of them without.", show_default=False)
    ] = None,
) -> None:
    """Send a real test message the whole way, through the outbox; exit code 1 if one fails.

    [bold]Examples[/bold]

      news-monitor test-notify
      news-monitor test-notify desk-mail
    """
    settings = state.settings(context)
    destinations = config.resolve_destinations(settings, os.environ)
    wanted = [one for one in destinations if destination in (None, one.name)]
    if not wanted:
        names = ", ".join(one.name for one in destinations) or "none"
        err.print(f"news-monitor: no such destination; there are: {safe(names)}")
        sys.exit(Exit.PROBLEM)
    store = SqliteStore.open(settings.storage.path, delivery_id=plan.delivery_id)
    try:
        results = asyncio.run(_deliver_test(store, wanted, settings))
    except KeyboardInterrupt:
        err.print(
            "news-monitor: stopped before every destination had answered; what was under way may"
            " have arrived, and `run` sends it again"
        )
        sys.exit(Exit.INTERRUPTED)
    finally:
        store.close()
    sys.exit(Exit.OK if all(isinstance(one, Sent) for one in results) else Exit.PROBLEM)


async def _deliver_test(
    store: SqliteStore, destinations: Sequence[Destination], settings: config.Config
) -> list[DeliveryResult]:
    from monitor import assembly, delivering  # noqa: PLC0415 - the readers of the ledger start faster

    assembly.begin()
    templates, _ = assembly.templates(settings)
    tools = assembly.deliver_tools(StoreThread(store), destinations, templates)
    alert = _test_alert([one.name for one in destinations])
    try:
        claimed = await tools.books.ask(store.post, alert, _now(), delivering.LEASE)
        attempts = await asyncio.gather(
            *(delivering.deliver(one, tools, is_retried=False) for one in claimed)
        )
        results = [attempt.result for attempt in attempts]
    finally:
        tools.senders.close()
        tools.books.close()
    for delivery, result in zip(claimed, results, strict=True):
        to = f"to {safe(delivery.destination)} ({delivery.public_id})"
        if isinstance(result, Sent):
            out.print(f"[green]sent[/] {to}")
        else:
            out.print(f"[red]not sent[/] {to}: {result.reason}: {safe(result.detail)}")
    return results


def _now() -> datetime:
    return datetime.now(UTC)


def _test_alert(destinations: Sequence[str]) -> Alert:
    """A message that says what it is; each one is new."""
    sentence = "This is a test message of news-monitor: if you can read it, alerts reach you here."
    article = Article(
        keys=(f"test:{uuid4().hex}",),
        title="A test message: alerts reach you here",
        text=sentence,
        feed_name="news-monitor",
        language="en",
        published_at=_now(),
    )
    match = Match(
        rule_id="test-notify",
        rule_version="-",
        rule_title="Test",
        severity=Severity.LOW,
        relevance=1.0,
        is_weak=False,
        notify=tuple(destinations),
        evidence=(
            Evidence(
                condition='"test message"',
                field="body",
                start=10,
                end=22,
                text=sentence[10:22],
                kind="term",
                sentence=sentence,
            ),
        ),
    )
    return plan.lone_alert(article, match, destinations, _now(), AlertKind.TEST)
