"""``status``: the whole service at a glance."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from monitor.cli import state
from monitor.cli.feeds import COLOURS, health_of, urgency
from monitor.cli.output import ago, out, paragraph, print_json, safe, when
from monitor.models import DeliveryState, EventKind, FeedHealth, FeedState
from monitor.store import backup
from monitor.store.sqlite import SqliteStore

MOST_FEEDS = 20
RULES = (EventKind.RULES_LOADED, EventKind.RULES_REFUSED)
LIFE = (EventKind.STARTED, EventKind.STOPPED)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show feeds, rules and deliveries, and what is wrong with them."""
    store = state.reader(context)
    made = backup.backups(state.settings(context).storage.path)
    found = _collect(
        store,
        datetime.now(UTC),
        is_running=state.is_served(context),
        backup_at=made[0].made_at if made else None,
    )
    if as_json:
        print_json(found)
    else:
        _print(found, datetime.now(UTC))


def _collect(
    store: SqliteStore, now: datetime, *, is_running: bool, backup_at: datetime | None
) -> dict[str, Any]:
    feeds = store.feeds()
    rules, loaded = store.latest_event(RULES), store.latest_event([EventKind.RULES_LOADED])
    refused = rules is not None and rules.kind is EventKind.RULES_REFUSED
    day = store.article_counts(now - timedelta(days=1))
    deliveries: dict[str, Counter[str]] = {}
    for count in store.delivery_counts():
        deliveries.setdefault(count.destination, Counter())[count.state] = count.count
    return {
        "daemon": store.latest_event(LIFE),
        "is_running": is_running,
        "feeds": {
            "count": len(feeds),
            "health": Counter(str(feed.health) for feed in feeds),
            "blind": [_failing(feed) for feed in sorted(feeds, key=urgency) if urgency(feed) < 2],
            "failing": [_failing(feed) for feed in feeds if feed.reason is not None],
            "waiting": sum(feed.polled_at is None for feed in feeds),
        },
        "articles_24h": sum(count.articles for count in day),
        "matched_24h": sum(count.matched for count in day),
        "alerted_24h": sum(count.alerted for count in day),
        "rules": {
            "in_use": loaded.detail if loaded else "",
            "loaded_at": loaded.at if loaded else None,
            "refused_at": rules.at if refused and rules else None,
            "mistakes": rules.detail if refused and rules else "",
        },
        "deliveries": deliveries,
        "silences": store.silences(now),
        "ailing": store.ailing(),
        "backup_at": backup_at,
        "events": store.events(10),
    }


def _failing(feed: FeedState) -> dict[str, Any]:
    return {
        "url": feed.source.url,
        "name": feed.source.name,
        "reason": feed.reason,
        "detail": feed.detail,
        "failures": feed.failures,
        "succeeded_at": feed.succeeded_at,
        "next_check_at": feed.next_check_at,
        "new_article_at": feed.new_article_at,
        "health": feed.health,
        "is_blind": feed.health.is_blind,
        "words": health_of(feed),
    }


def _print(found: dict[str, Any], now: datetime) -> None:
    life = found["daemon"]
    if life is None:
        out.print("[bold]daemon[/]      never ran: `news-monitor run`")
    elif life.kind is EventKind.STARTED and not found["is_running"]:
        out.print(
            f"[bold]daemon[/]      [red]not running[/]: started {ago(life.at, now)}, and ended"
            " without a word (killed, or the machine stopped)"
        )
    else:
        out.print(f"[bold]daemon[/]      {life.kind} {ago(life.at, now)}  {safe(life.detail)}")
    feeds = found["feeds"]
    waiting = f", {feeds['waiting']} not polled yet" if feeds["waiting"] else ""
    shaky = sum(feed["health"] is FeedHealth.OK for feed in feeds["failing"])
    failed = f", {shaky} with a failed poll" if shaky else ""
    out.print(
        f"[bold]feeds[/]       {feeds['health'][FeedHealth.OK]} of {feeds['count']}"
        f" ok{failed}{waiting}"
    )
    for feed in feeds["blind"][:MOST_FEEDS]:
        colour = COLOURS.get(feed["health"], "red")
        last = f"read {ago(feed['succeeded_at'], now)}, new {ago(feed['new_article_at'], now)}"
        out.print(f"            [{colour}]✗[/] {safe(feed['name'])}: {safe(feed['words'])}; {last}")
    if (more := len(feeds["blind"]) - MOST_FEEDS) > 0:
        out.print(f"            and {more} more: news-monitor feeds list")
    out.print(
        f"[bold]last day[/]    {found['articles_24h']} articles, {found['matched_24h']} matched,"
        f" {found['alerted_24h']} alerted"
    )
    rules = found["rules"]
    loaded = ago(rules["loaded_at"], now)
    shown = f"{safe(rules['in_use'])}, loaded {loaded}" if rules["in_use"] else "none loaded yet"
    out.print(f"[bold]rules[/]       {shown}")
    if rules["mistakes"]:
        out.print(
            f"            [red]✗[/] the last edit was refused {ago(rules['refused_at'], now)};"
            " the rules above stay in use:"
        )
        for line in rules["mistakes"].splitlines():
            out.print("              " + paragraph(line))
    for number, one in enumerate(found["silences"]):
        heading = "silenced" if not number else ""
        reason = f": {one.reason}" if one.reason else ""
        ends = ago(one.until, now)
        out.print(f"[bold]{heading:11}[/] {safe(one.rule_id)}, ends {ends}{safe(reason)}")
    out.print(f"[bold]deliveries[/]  {'' if found['deliveries'] else 'none yet'}")
    for destination, counts in found["deliveries"].items():
        shown = ", ".join(f"{counts[state]} {state}" for state in DeliveryState if counts[state])
        lane = found["ailing"].get(destination)
        trouble = ""
        if lane is not None and lane.failures > 1:
            again = f", tried again {when(lane.opens_at)}" if lane.opens_at else ""
            trouble = f"  [red]✗[/] {lane.failures} failures in a row{again}"
        out.print(f"            {safe(destination)}: {shown}{trouble}")
    if found["backup_at"] is not None:
        out.print(f"[bold]backup[/]      {ago(found['backup_at'], now)}")
