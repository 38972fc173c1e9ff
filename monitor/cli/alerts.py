"""``alerts list``, ``alerts show`` and ``test-notify``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer

from monitor import config
from monitor.alerts import plan
from monitor.cli import state
from monitor.cli.filtering import marked
from monitor.cli.output import Exit, err, out, print_json, print_table, safe, when
from monitor.models import (
    Alert,
    Article,
    DeliveryResult,
    Destination,
    Evidence,
    Match,
    Sent,
    Severity,
)
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.store.views import StoredAlert

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
    as_json: JsonOption = False,
) -> None:
    """List the last alerts and where they stand."""
    found = state.reader(context).alerts(limit, rule)
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
                one.alert.article.title,
                _standing(one),
            )
            for one in found
        ),
    )


def _standing(stored: StoredAlert) -> str:
    return ", ".join(f"{one.destination}: {one.state}" for one in stored.deliveries)


@app.command("show")
def show_alert(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The alert's number in the list.", metavar="ALERT")],
    as_json: JsonOption = False,
) -> None:
    """Show one alert: the article, the evidence, and each delivery."""
    stored = state.reader(context).alert(number)
    if stored is None:
        err.print(f"news-monitor: there is no alert {number}")
        sys.exit(Exit.PROBLEM)
    if as_json:
        print_json(stored)
        return
    alert, article = stored.alert, stored.alert.article
    out.print(f"[bold]{safe(article.title or article.url)}[/]")
    out.print(f"{safe(article.feed_name)}, {when(article.published_at)}  {safe(article.url)}")
    out.print(
        f"rule {safe(alert.match.rule_id)} @ {safe(alert.match.rule_version)},"
        f" {alert.match.severity}, relevance {alert.match.relevance:.2f}\n"
    )
    for evidence in alert.match.evidence:
        out.print(
            f"  [dim]{safe(evidence.condition)} ({safe(evidence.kind)}):[/] {marked(evidence)}"
        )
    out.print()
    for one in stored.deliveries:
        at = one.sent_at or one.dead_at or one.next_attempt_at
        why = f", {one.reason}: {one.detail}" if one.reason is not None else ""
        out.print(
            f"  {safe(one.public_id)} to {safe(one.destination)}: {one.state} {when(at)},"
            f" {one.attempts} attempt{'s' * (one.attempts != 1)}{safe(why)}"
        )


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
        results = asyncio.run(_deliver_test(store, wanted))
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
    store: SqliteStore, destinations: Sequence[Destination]
) -> list[DeliveryResult]:
    from monitor import assembly, delivering  # noqa: PLC0415 - the readers of the ledger start faster

    assembly.begin()
    tools = assembly.deliver_tools(StoreThread(store), destinations)
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
    (alert,) = plan.alerts_for(article, [match], destinations, _now())
    return alert
