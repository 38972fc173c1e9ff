"""Decides: how feeds that somebody names become feeds of the configuration, and the way back."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor import units
from monitor.articles.language import primary
from monitor.config import Config
from monitor.config.edit import FeedEntry, faults
from monitor.config.values import same_feed, site_of
from monitor.errors import Mistake
from monitor.feeds.opml import Outline

_LONGEST = 200
_TURNING = {
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    "\u200e",
    "\u200f",
    "\u061c",
}
"""Characters that turn the direction of what follows (Unicode Standard Annex 9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would do."""

    new: tuple[FeedEntry, ...] = ()
    known: tuple[FeedEntry, ...] = ()
    """There already; they stay as they are."""
    refused: tuple[Mistake, ...] = ()


def plan_import(
    outlines: Iterable[Outline], settings: Config, file: str, tags: Sequence[str] = ()
) -> ImportPlan:
    """Part the feeds of a list into new ones, known ones, and those that cannot be.

    Args:
        outlines: in the order of the list; a feed that is named twice gets the tags of both.
        settings: what there is already.
        file: what mistakes call the list.
        tags: for each new feed, behind those of the list.
    """
    there = {same_feed(feed.url) for feed in settings.feeds}
    new: dict[str, FeedEntry] = {}
    known: dict[str, FeedEntry] = {}
    refused: list[Mistake] = []
    for outline in outlines:
        entry = entry_of(outline, tags)
        key = same_feed(entry.url)
        wrong = faults(entry, settings.poll.min_interval)
        if wrong:
            shown = tidy(outline.title) or _site(outline.url) or "a feed"  # never a password
            refused.extend(
                Mistake(file=file, line=outline.line, column=1, message=f"{shown}: {one}")
                for one in wrong
            )
        elif key in there:
            known.setdefault(key, entry)
        elif (first := new.get(key)) is not None:
            new[key] = replace(first, tags=tuple(dict.fromkeys((*first.tags, *entry.tags))))
        else:
            new[key] = entry
    return ImportPlan(new=tuple(new.values()), known=tuple(known.values()), refused=tuple(refused))


def entry_of(outline: Outline, tags: Sequence[str] = ()) -> FeedEntry:
    """A feed of a list as the configuration would name it."""
    name = tidy(outline.title)
    every = (tidy(tag) for tag in (*outline.tags, *tags))
    return FeedEntry(
        url=outline.url,
        name=name if name not in {"", outline.url, _site(outline.url)} else None,
        publisher=tidy(outline.publisher) or None,
        language=primary(outline.language),
        tags=tuple(dict.fromkeys(filter(None, every))),
        interval=outline.interval or None,
    )


def outlines_of(settings: Config) -> tuple[Outline, ...]:
    """The feeds of the configuration for a list; what is not said there is not said here."""
    return tuple(
        Outline(
            url=feed.url,
            title=feed.name or site_of(feed.url),
            language=feed.language or "",
            tags=feed.tags,
            publisher=feed.publisher or "",
            interval=units.written(feed.interval) if feed.interval else "",
        )
        for feed in settings.feeds
    )


def known_as(settings: Config, words: str) -> tuple[int, ...]:
    """Which feeds, from 0, have this address, or else this name; letter case does not matter."""
    key = same_feed(words)
    by_address = [n for n, feed in enumerate(settings.feeds) if same_feed(feed.url) == key]
    folded = " ".join(words.split()).casefold()
    by_name = [n for n, source in enumerate(settings.sources) if source.name.casefold() == folded]
    return tuple(by_address or by_name)


def is_same(url: str, other: str) -> bool:
    """Whether two addresses are those of one feed."""
    return same_feed(url) == same_feed(other)


def tidy(text: str) -> str:
    """A name out of the network as one may stand in a file: one short line of visible text."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    shown = (
        character
        for character in spaced
        if unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}
        and character not in _TURNING
    )
    return " ".join("".join(shown).split())[:_LONGEST].strip()


def address(words: str) -> str:
    """A web address as people type it: without a scheme it is https."""
    words = words.strip()
    if words.lower().startswith("feed:"):
        words = words[len("feed:") :].lstrip("/")
    return words if "://" in words else f"https://{words}"


def _site(url: str) -> str:
    try:
        return site_of(url)
    except ValueError:
        return ""
