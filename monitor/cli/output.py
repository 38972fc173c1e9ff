"""Touches the world: what a command prints. Data on standard output, everything else beside it.

Text from the network reaches the terminal without control and bidirectional characters.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from monitor.errors import Mistake


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    NOTHING_MATCHED = 3
    TEMPORARY = 75
    """Locked, or another instance runs (EX_TEMPFAIL)."""
    INTERRUPTED = 130
    """By Ctrl-C, before the daemon could take it."""
    CONFIGURATION = 78
    """Not usable, and no restart will help (EX_CONFIG)."""


out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def safe(text: object) -> str:
    """Text from anywhere for a terminal: no control or format characters, no markup."""
    return escape(
        "".join(
            character
            if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
            else " "
            if character.isspace()
            else ""
            for character in str(text)
        )
    )


def paragraph(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(map(safe, text.splitlines()))


def print_json(value: object) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")


def plain(value: object) -> Any:
    """A value as JSON has it: times as ISO 8601 UTC, spans as seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value


def coloured(text: object, style: str) -> Text:
    """A cell of a table in a colour, where colours are shown (``NO_COLOR`` is honoured)."""
    return Text.from_markup(safe(text), style=style)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table without lines; a cell is text, whatever is in it, or ``coloured``."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else safe(cell) for cell in row))
    out.print(table)


def print_list(rows: Iterable[Sequence[object]], widest: int = 60) -> None:
    """Rows of cells in columns; what is too long for a terminal is cut there, and only there.

    ``widest`` is for every column but the last, in character cells.
    """
    shown = [[safe(cell) for cell in row] for row in rows]
    if not (shown and out.is_terminal):
        for row in shown:
            out.print("  ".join(row))
        return
    *widths, _ = (min(max(map(_cells, column)), widest) for column in zip(*shown, strict=True))
    left = max(out.width - sum(widths) - 2 * len(widths), 10)
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for width in (*widths, left):
        table.add_column(no_wrap=True, overflow="ellipsis", width=width)
    for row in shown:
        table.add_row(*row)
    out.print(table, soft_wrap=False)


def _cells(text: str) -> int:
    """How many cells of a terminal marked-up text takes."""
    return Text.from_markup(text).cell_len


def print_line(markup: str, hanging: int = 2) -> None:
    """A line that a terminal breaks between words, with what follows so much further in than its
    beginning; elsewhere it stays a line."""
    if not out.is_terminal:
        out.print(markup)
        return
    text = markup.lstrip(" ")
    indent = len(markup) - len(text)
    lines = Text.from_markup(text).wrap(out, max(out.width - indent - hanging, 20))
    for number, line in enumerate(lines):
        out.print(" " * (indent + hanging * (number > 0)), line, sep="")


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner with these words while something takes its time; nothing but on a terminal."""
    if not err.is_terminal:
        yield
        return
    with err.status(safe(what), spinner="dots"):
        yield


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar that each call moves on by one, with the words of the call; only on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[last]}", table_column=Column(no_wrap=True, ratio=1)),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total, last="")
        yield lambda last: bar.update(task, advance=1, last=safe(last))


def when(at: datetime | None) -> str:
    """A time as people here read it, with its offset; "never" for none."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S %z") if at is not None else "never"


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, or in how long, in one unit."""
    if at is None:
        return "never"
    seconds = round((now - at).total_seconds())
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= 2 * length:
            text = f"{size // length} {unit}"
            break
    else:
        text = f"{size} s"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def lasting(span: timedelta | None) -> str:
    """How long a span is, in one unit; "" for none."""
    if span is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if span.total_seconds() >= 2 * length:
            return f"{span.total_seconds() / length:.0f} {unit}"
    return f"{span.total_seconds():.0f} s"


def print_mistakes(mistakes: Iterable[Mistake], kind: str = "") -> None:
    """Every mistake with its place, on standard error; ``kind`` goes before what it says."""
    for mistake in mistakes:
        err.print(paragraph(str(replace(mistake, message=kind + mistake.message))))
