"""Decides: how a configuration reads with feeds more or fewer; all else in it stays as written.

::

    text, feeds    → with_feeds      tomlrt writes them where the others stand
    text, numbers  → without_feeds   their lines are cut out: tomlrt's own removal takes along
                                     comments that are about other things

Both compare what the new text says with what it should say before they give it back.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomlrt

from monitor import units
from monitor.config.shape import checked
from monitor.config.tomlplaces import span
from monitor.config.values import Folders

_KEYS = ("url", "name", "publisher", "language", "tags", "interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A feed as it is to be written under ``[[feeds]]``; what is empty is left out."""

    url: str
    name: str | None = None
    publisher: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    interval: str | None = None
    """As in the file: ``10m``."""

    @property
    def table(self) -> dict[str, Any]:
        """What the file is to say of it, in the order of the file."""
        values = {key: getattr(self, key) for key in _KEYS}
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in values.items()
            if value
        }


def faults(entry: FeedEntry, min_interval: timedelta) -> tuple[str, ...]:
    """What a check of the configuration would say against this feed, each in a sentence."""
    tree = {"feeds": [entry.table], "poll": {"min_interval": units.written(min_interval)}}
    try:
        _, wrong = checked(tree, Folders(config=Path(), state=Path()))
    except UnicodeEncodeError:  # of arguments that are not UTF-8
        return ("this is not text that could be written",)
    return tuple(f"{one.path[-1]}: {one.message}" for one in wrong if one.path[:1] == ("feeds",))


def with_feeds(text: str, entries: Sequence[FeedEntry]) -> str:
    """The configuration with these feeds after those that it has.

    Raises:
        ValueError: they cannot be written so that TOML reads them back.
    """
    before = tomllib.loads(text)
    tables = [entry.table for entry in entries]
    document = tomlrt.loads(text)
    if not tables:
        return text
    if isinstance(feeds := document.get("feeds"), tomlrt.AoT | tomlrt.Array):
        feeds.extend(tables)
    else:
        document["feeds"] = tomlrt.AoT(tables)
    return _proved(tomlrt.dumps(document), {**before, "feeds": [*before.get("feeds", []), *tables]})


def without_feeds(text: str, numbers: Collection[int]) -> tuple[str, tuple[str, ...]]:
    """The configuration without the feeds at these places (from 0), and the lines cut out.

    A comment right above a feed's header, with no blank line between, is about that feed and goes
    with it.

    Raises:
        ValueError: what is left would not be what was meant.
    """
    before = tomllib.loads(text)
    kept = [feed for number, feed in enumerate(before["feeds"]) if number not in numbers]
    cut: list[str] = []
    after = text
    for number in sorted(numbers, reverse=True):
        if (lines := span(after, ("feeds", number))) is not None:
            after, gone = _without_lines(after, *lines)
            cut.insert(0, gone)
        else:
            document = tomlrt.loads(after)
            del document["feeds"][number]
            cut.insert(0, str(before["feeds"][number]["url"]))
            after = tomlrt.dumps(document)
    rest = {key: value for key, value in before.items() if key != "feeds"}
    has_none = "feeds" not in tomllib.loads(after)
    return _proved(after, rest if has_none and not kept else {**rest, "feeds": kept}), tuple(cut)


def _without_lines(text: str, above: int, first: int, last: int) -> tuple[str, str]:
    """The text without these lines, from 1, and what was cut out: they and the comments right over
    them, down to line ``above``. A blank line goes too where two would meet."""
    *ended, rest = text.split("\n")
    lines = [*(f"{line}\n" for line in ended), rest]
    while first - 1 > above and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    before, cut, after = lines[: first - 1], lines[first - 1 : last], lines[last:]
    has_gap = not before or not before[-1].strip()
    if has_gap and after and not after[0].strip():
        after = after[1:]
    return "".join(before + after), "".join(cut)


def _proved(text: str, meant: Mapping[str, Any]) -> str:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the edited configuration would not be TOML: {error}") from error
    if said != meant:
        raise ValueError("the edited configuration would say something else than was meant")
    return text
