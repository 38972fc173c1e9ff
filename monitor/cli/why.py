"""``why``: all that is known of a link: when it came, what each rule said, who was told."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from monitor.articles.identity import canonical_url
from monitor.cli import standing, state
from monitor.cli.output import Exit, err, out, print_json, print_line, safe, waiting, when
from monitor.matching.engine import compile_rules
from monitor.matching.explain import Explanation
from monitor.matching.explain import explain as explain_rule
from monitor.matching.rules import RuleSet
from monitor.models import Article
from monitor.store.views import StoredAlert, StoredArticle

NEAREST = 5
"""Rules that are silent and shown, those that came nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of the article now."""

    rule: str
    version: str
    fires: bool
    why: str
    nearness: float
    """Of its conditions, the share that holds; 1 where all do and something else is in the way."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The article's link.", metavar="URL")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say why an article was told, to whom, or why it was not.

    When it was fetched, from which feed, or of which article it is another link; what each rule
    says of it, and how near those that are silent come; each delivery with its reason. Exit code 1:
    it was never fetched.

    [bold]Examples[/bold]

      news-monitor why https://example.org/story
      news-monitor why https://example.org/story --json | jq '.articles[0].alerts'
    """
    store = state.reader(context)
    found = store.articles_at(url, f"url:{canonical_url(url)}")
    if not found:
        err.print("news-monitor: no article of that link was ever fetched")
        err.print(f"  feeds that are read from its host: {safe(_near(url, store.feeds()))}")
        sys.exit(Exit.PROBLEM)
    with waiting("asking each rule"):
        ruleset = state.ruleset(context, None)
        verdicts = [verdicts_on(one.article, ruleset) for one in found]
    if as_json:
        print_json({"url": url, "articles": list(map(_as_json, found, verdicts))})
        return
    now = datetime.now(UTC)
    for number, (one, said) in enumerate(zip(found, verdicts, strict=True)):
        if number:
            out.print()
        _print(one, said, url, now)


def _near(url: str, feeds: Sequence[Any]) -> str:
    host = canonical_url(url).partition("://")[2].partition("/")[0].partition(":")[0]
    names = [feed.source.url for feed in feeds if host and host in canonical_url(feed.source.url)]
    return ", ".join(names[:5]) or "none"


def verdicts_on(article: Article, ruleset: RuleSet) -> tuple[Verdict, ...]:
    """What each rule says of an article: those that fire first, then the nearest."""
    engine = compile_rules(ruleset)
    now = datetime.now(UTC)
    said = [_verdict(explain_rule(engine, rule, article, now)) for rule in engine.rules]
    return tuple(sorted(said, key=lambda one: (not one.fires, -one.nearness, one.rule)))


def _verdict(explanation: Explanation) -> Verdict:
    top = [line for line in explanation.match if line.depth == 1] or explanation.match
    return Verdict(
        rule=explanation.rule_id,
        version=explanation.rule_version,
        fires=explanation.fires,
        why=explanation.why,
        nearness=sum(line.holds for line in top) / len(top),
    )


def _as_json(stored: StoredArticle, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "id": stored.id,
        "fetched_at": stored.stored_at,
        "article": stored.article,
        "matches": stored.matches,
        "alerts": stored.alerts,
        "verdicts": verdicts,
    }


def _print(stored: StoredArticle, verdicts: Sequence[Verdict], url: str, now: datetime) -> None:
    article = stored.article
    out.print(f"[bold]{safe(article.title or article.url)}[/]")
    source = " · ".join(filter(None, (article.feed_name, article.publisher, article.language)))
    out.print(f"{safe(source)}")
    out.print(f"\n[bold]fetched[/]    {when(stored.stored_at)}, article {stored.id}")
    out.print(f"           from {safe(article.feed_url)}")
    published = when(article.published_at) if article.published_at else "no date given"
    out.print(f"           published {published}")
    if article.url != url:
        out.print(f"           the same article as {safe(article.url)}")
    for number, alert in enumerate(stored.alerts):
        _print_alert(alert, now, "matched" if not number else "")
    if not stored.alerts:
        out.print(f"[bold]told[/]       nobody: {_why_nobody(stored)}")
    _print_verdicts(verdicts)


def _why_nobody(stored: StoredArticle) -> str:
    if not stored.matches:
        return "no rule held when it came"
    rules = ", ".join(one.rule_id + " (weak)" * one.is_weak for one in stored.matches)
    return f"it was there at its feed's first poll, which is silent; it matched {safe(rules)}"


def _print_alert(stored: StoredAlert, now: datetime, heading: str) -> None:
    match = stored.alert.match
    kind = "" if stored.alert.kind == "article" else f"{stored.alert.kind}, "
    out.print(
        f"[bold]{heading:10}[/] {kind}alert {stored.id}: {safe(match.rule_id)}"
        f" @ {safe(match.rule_version)}, {match.severity}, relevance {match.relevance:.2f}"
    )
    for line in deliveries(stored, now):
        print_line(f"           {line}")


def deliveries(stored: StoredAlert, now: datetime) -> Iterator[str]:
    """A line for each delivery of an alert, as markup, and who acknowledged it."""
    for one in stored.deliveries:
        told = safe(standing.sentence(one, now))
        yield f"  {safe(one.public_id)} to {safe(one.destination)}: {told}"
    if not stored.deliveries:
        yield "  to nobody: the rule names no destination that is configured"
    if stored.acknowledged_at is not None:
        yield f"  acknowledged {when(stored.acknowledged_at)} by {safe(stored.acknowledged_by)}"


def _print_verdicts(verdicts: Sequence[Verdict]) -> None:
    fire = [one for one in verdicts if one.fires]
    silent = [one for one in verdicts if not one.fires]
    near = [one for one in silent if one.nearness > 0][:NEAREST]
    for number, one in enumerate(fire):
        heading = "fires now" if not number else ""
        print_line(f"[bold]{heading:10}[/] [green]✓[/] {safe(one.rule)}: {safe(one.why)}", 13)
    for number, one in enumerate(near):
        heading = "silent" if not number else ""
        print_line(f"[bold]{heading:10}[/] [red]✗[/] {safe(one.rule)}: {safe(one.why)}", 13)
    if rest := len(silent) - len(near):
        heading = "" if near else "silent"
        which = "no condition holds in" if near else "no rule comes near:"
        out.print(f"[bold]{heading:10}[/]   {which} {rest} {'other' if near else 'of them'}")
