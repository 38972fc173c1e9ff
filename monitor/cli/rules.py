"""``rules list``, ``rules test`` and ``rules schema``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import loading
from monitor.cli import state
from monitor.cli.output import Exit, err, out, print_json, print_mistakes, print_table, safe
from monitor.matching import rulefile
from monitor.matching.rules import label

app = typer.Typer(help="The rules: list and test them.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
FolderOption = Annotated[
    Path | None, typer.Option("--rules", help="A folder of rules instead of the configured one.")
]


@app.command("list")
def list_rules(
    context: typer.Context, rules: FolderOption = None, as_json: JsonOption = False
) -> None:
    """List the rules with their versions and what they ask for."""
    found = state.ruleset(context, rules).rules
    if as_json:
        print_json(
            [
                {
                    "id": rule.id,
                    "title": rule.title,
                    "owner": rule.owner,
                    "severity": rule.severity,
                    "status": rule.status,
                    "review_by": rule.review_by,
                    "version": rule.version,
                    "match": label(rule.match),
                    "unless": [label(veto) for veto in rule.unless],
                    "notify": rule.notify,
                    "tests": len(rule.tests),
                    "file": rule.place.file,
                }
                for rule in found
            ]
        )
        return
    print_table(
        ("rule", "severity", "status", "version", "tests", "match"),
        (
            (
                rule.id,
                rule.severity.value,
                rule.status.value,
                rule.version,
                len(rule.tests),
                label(rule.match),
            )
            for rule in found
        ),
    )


@app.command("test")
def run_tests(
    context: typer.Context, rules: FolderOption = None, as_json: JsonOption = False
) -> None:
    """Run the rules' own tests; exit code 1 if any fails, or a rule cannot be read."""
    folder = rules if rules is not None else state.settings(context).rules.dir
    ruleset, mistakes = loading.read(rulefile.files_in(folder))
    results = list(loading.trials(ruleset))
    failed = [mistake for _, _, mistake in results if mistake is not None]
    if as_json:
        print_json(
            {
                "mistakes": mistakes,
                "tests": [
                    {"rule": rule.id, "text": test.text, "fires": test.fires, "ok": not mistake}
                    for rule, test, mistake in results
                ],
            }
        )
    else:
        for rule, test, mistake in results:
            verdict = "fire" if test.fires else "silent"
            mark = "[green]✓[/]" if mistake is None else "[red]✗[/]"
            out.print(f"{mark} {safe(rule.id)}  {verdict}  {safe(test.text)}")
        print_mistakes([*mistakes, *failed])
        out.print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    sys.exit(Exit.PROBLEM if mistakes or failed else Exit.OK)


@app.command("terms")
def print_terms(
    context: typer.Context,
    concept: Annotated[str, typer.Argument(help="The id of a concept.")],
    rules: FolderOption = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Only this language.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the terms of a concept with every form in which they are found.

    [bold]Examples[/bold]

      news-monitor rules terms arms --lang fr
    """
    folder = rules if rules is not None else state.settings(context).rules.dir
    ruleset, mistakes = loading.read(rulefile.files_in(folder))
    print_mistakes(mistakes)
    if concept not in ruleset.concepts:
        names = ", ".join(sorted(ruleset.concepts))
        err.print(f"news-monitor: there is no concept {safe(concept)}; there are: {safe(names)}")
        sys.exit(Exit.PROBLEM)
    found = loading.terms_of(ruleset, concept)
    chosen = {one: terms for one, terms in found.items() if lang in (None, one)}
    if as_json:
        print_json({"concept": concept, "terms": chosen})
        return
    for language, terms in chosen.items():
        out.print(f"[bold]{safe(language)}[/]  {len(terms)} terms")
        for term, forms in terms.items():
            out.print(f"  {safe(term)}" + (f"  [dim]{safe(', '.join(forms))}[/]" if forms else ""))


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a rule file, for editors."""
    sys.stdout.write(json.dumps(rulefile.schema(), indent=2) + "\n")
