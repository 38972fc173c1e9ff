"""The engine without the daemon: ``match`` and ``explain``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from monitor import reading
from monitor.articles.text import places_in_source
from monitor.cli import state
from monitor.cli.output import Exit, err, out, print_json, print_line, safe
from monitor.matching.engine import compile_rules, judge
from monitor.matching.explain import Explanation, Line
from monitor.matching.explain import explain as explain_rule
from monitor.models import Article, Evidence, Match

RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="A folder of rules; no configuration is needed then."),
]

_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half a character as JSON can name it: nothing can be done with it."""

_GIVEN = {"body": "text"}
"""An article's fields as ``match`` is given them, where they are not named as in rules."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(match)
    app.command()(explain)


def match(
    context: typer.Context,
    file: Annotated[
        typer.FileText,
        typer.Argument(
            help="JSON Lines; without it, or with -, standard input.",
            show_default=False,
            encoding="utf-8",
            errors="replace",
        ),
    ] = "-",  # type: ignore[assignment]
    rules: RulesOption = None,
    weak: Annotated[
        bool, typer.Option("--weak", help="Matches below their rule's min_relevance too.")
    ] = False,
) -> None:
    """Run the rules over articles: JSON Lines in, JSON Lines out, in the same order.

    In: {"id", "title", "text", and if known "lang", "url", "published"}; the text may be HTML.
    Out: {"id", "lang", "matches": [{"rule", "version", "relevance", "evidence": […]}]}, where
    evidence counts characters in the title or text as given. Exit code 3: nothing matched.

    [bold]Examples[/bold]

      news-monitor match --rules rules articles.jsonl
      tail -f articles.jsonl | news-monitor match - | jq .matches
    """
    engine = compile_rules(state.ruleset(context, rules))
    matched = wrong = 0
    for given in _given(file):
        if isinstance(given, _Unreadable):
            wrong += 1
            err.print(f"{safe(file.name)}:{given.line}: {safe(given.why)}")
            print_json({"id": given.id, "lang": None, "matches": [], "error": given.why})
            continue
        article = reading.with_language(reading.as_text(given.article), engine.languages)
        judged = judge(engine, article, datetime.now(UTC))
        for trouble in judged.troubles:
            err.print(f"{safe(trouble.rule_id)}: {safe(trouble.why)}")
        found = [one for one in judged.matches if weak or not one.is_weak]
        matched += bool(found)
        print_json(
            {
                "id": given.id,
                "lang": article.language,
                "matches": [_match_as_json(one, given.article, article) for one in found],
            }
        )
        sys.stdout.flush()  # who follows a stream wants each answer at once
    sys.exit(Exit.PROBLEM if wrong else Exit.OK if matched else Exit.NOTHING_MATCHED)


@dataclass(frozen=True, slots=True)
class _Given:
    """An article as it came in, its text perhaps HTML."""

    id: object
    article: Article


@dataclass(frozen=True, slots=True)
class _Unreadable:
    line: int
    why: str
    id: object = None


def _given(file: TextIO) -> Iterator[_Given | _Unreadable]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(_LONE_SURROGATE.sub(r"\\ufffd", line))
        except (ValueError, RecursionError) as error:
            yield _Unreadable(number, f"not JSON: {error}")
            continue
        if not isinstance(value, dict):
            yield _Unreadable(number, "not a JSON object")
            continue
        try:
            yield _Given(value.get("id"), article_from(value))
        except (ValueError, OverflowError) as error:
            yield _Unreadable(number, str(error), value.get("id"))


def article_from(value: Mapping[str, Any]) -> Article:
    """An article from its JSON object.

    Raises:
        ValueError: a field is not what it should be; says which.
    """
    for name in ("title", "text", "lang", "url", "published"):
        if not isinstance(value.get(name, ""), str | None):
            raise ValueError(f"{name} is not text")  # noqa: TRY004 - a mistake in a file, not in a call
    if not (value.get("title") or value.get("text")):
        raise ValueError("neither title nor text")
    return Article(
        title=value.get("title") or "",
        text=value.get("text") or "",
        language=value.get("lang") or None,
        url=value.get("url") or "",
        published_at=_instant(value.get("published")),
    )


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"published is not an ISO 8601 time: {text!r}") from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _match_as_json(match: Match, given: Article, article: Article) -> dict[str, object]:
    return {
        "rule": match.rule_id,
        "version": match.rule_version,
        "relevance": match.relevance,
        "evidence": [_evidence_as_json(one, given, article) for one in match.evidence],
    }


def _evidence_as_json(evidence: Evidence, given: Article, article: Article) -> dict[str, object]:
    """The evidence with its place in the field as it was given."""
    start, end = evidence.start, evidence.end
    if evidence.field in ("title", "body"):
        source = given.title if evidence.field == "title" else given.text
        text = article.title if evidence.field == "title" else article.text
        if source != text:
            places = places_in_source(source, text)
            start, end = places[start][0], places[end - 1][1]
    return {
        "condition": evidence.condition,
        "field": _GIVEN.get(evidence.field, evidence.field),
        "start": start,
        "end": end,
        "text": evidence.text,
        "as": evidence.kind,
        "sentence": evidence.sentence,
    }


# --- explain -----------------------------------------------------------------------


def explain(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id.", metavar="RULE")],
    file: Annotated[
        typer.FileText | None,
        typer.Option("--file", help="An article as JSON or as plain text; - for standard input."),
    ] = None,
    article: Annotated[
        int | None, typer.Option("--article", help="The number of a stored article.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="The link of a stored article.")] = None,
    rules: RulesOption = None,
    lang: Annotated[str | None, typer.Option("--lang", help="The language of the text.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say which condition of a rule held where, which failed, and how near it came.

    Exit code 3: the rule is silent.

    [bold]Examples[/bold]

      news-monitor explain algeria-us-arms --file article.txt
      news-monitor explain algeria-us-arms --url https://example.org/story
      echo "صفقة أسلحة أمريكية للجزائر" | news-monitor explain algeria-us-arms --file -
    """
    if sum(given is not None for given in (file, article, url)) != 1:
        raise typer.BadParameter("name one of --file, --article and --url")
    engine = compile_rules(state.ruleset(context, rules))
    wanted = next((one for one in engine.rules if one.id == rule), None)
    if wanted is None:
        names = ", ".join(sorted(one.id for one in engine.rules)[:20])
        err.print(f"news-monitor: there is no rule {safe(rule)}; there are: {safe(names)}")
        sys.exit(Exit.PROBLEM)
    if file is not None:
        judged = reading.with_language(
            reading.as_text(_article_in(file.read(), lang)), engine.languages
        )
    else:
        stored = state.reader(context).find_article(article_id=article, url=url)
        if stored is None:
            err.print("news-monitor: no such article was ever fetched")
            sys.exit(Exit.PROBLEM)
        judged = stored
    explanation = explain_rule(engine, wanted, judged, datetime.now(UTC))
    if as_json:
        print_json(explanation)
    else:
        print_explanation(explanation, judged)
    sys.exit(Exit.OK if explanation.fires else Exit.NOTHING_MATCHED)


def _article_in(content: str, lang: str | None) -> Article:
    """An article in JSON, or a text whose first line is its title."""
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if isinstance(value, dict):
        try:
            article = article_from(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    else:
        title, _, text = content.strip().partition("\n")
        article = Article(title=title, text=text) if text.strip() else Article(text=title)
    return replace(article, language=lang or article.language)


def print_explanation(explanation: Explanation, article: Article) -> None:
    """An explanation as an answer that is read from the top."""
    mark = "[bold green]fires[/]" if explanation.fires else "[bold red]is silent[/]"
    out.print(f"[bold]{safe(explanation.rule_id)}[/] {mark}: {safe(explanation.why)}")
    if article.title:
        out.print(f"on “{safe(article.title)}” ({explanation.language or 'language unknown'})")
    out.print()
    for line in explanation.match:
        _print_line(line)
    if explanation.unless:
        out.print("unless")
        for line in explanation.unless:
            _print_line(line, is_veto=True)
    if explanation.relevance is not None:
        parts = explanation.relevance
        near = "in no common text" if parts.words is None else f"within {parts.words} words"
        out.print(
            f"\nrelevance {parts.score:.2f}, needed {explanation.min_relevance:.2f}"
            f" (weakest condition's place {parts.place:.2f}, all conditions {near})"
        )


def _print_line(line: Line, *, is_veto: bool = False) -> None:
    indent = "  " * (line.depth + is_veto)
    good = line.holds is not is_veto
    mark = "[green]✓[/]" if line.holds and good else "[red]✗[/]" if not good else "[dim]–[/]"
    note = f"  [dim]{safe(line.note)}[/]" if line.note else ""
    out.print(f"{indent}{mark} {safe(line.condition)}{note}")
    for evidence in line.evidence:
        where = f"{evidence.field}, {evidence.kind}" if evidence.kind else evidence.field
        print_line(f"{indent}    [dim]{safe(where)}:[/] {marked(evidence)}")


def marked(evidence: Evidence) -> str:
    """The sentence with the matched words in bold, as markup; between stars where there is no
    terminal to show that."""
    start = max(evidence.start - evidence.sentence_start, 0)
    end = start + len(evidence.text)
    sentence = evidence.sentence
    matched = safe(sentence[start:end])
    before, after = sentence[:start], sentence[end:]
    if len(before) > _BESIDE:
        before = "…" + before[-_BESIDE:].partition(" ")[2]
    if len(after) > _BESIDE:
        after = after[:_BESIDE].rpartition(" ")[0] + "…"
    return (
        safe(before) + (f"[bold]{matched}[/]" if out.is_terminal else f"*{matched}*") + safe(after)
    )


_BESIDE = 90
"""Characters of a sentence on each side of a matched word that are shown, in whole words."""
