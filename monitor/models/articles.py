"""Data: what the publisher wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitor.models.feeds import FeedHints
from monitor.models.quick import quick
from monitor.models.verdicts import Judged


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in plain text, with the keys by which it is known again."""

    keys: tuple[str, ...] = ()
    """Identity keys, the most trusted first (see ``articles.identity``)."""
    content_hash: str = ""
    """Of what its title and text say: another one under the same keys is an edited article."""
    guid: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    feed_url: str = ""
    feed_name: str = ""
    publisher: str = ""
    tags: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """By what tells articles apart nearly always: a poll looks each of them up several times."""
        return hash((self.keys, self.title))


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A body that was a feed: its articles in the order of the document."""

    title: str = ""
    articles: tuple[Article, ...] = ()
    judged: tuple[Judged, ...] = ()
    """What the rules say of the first of them, where they were asked as it was read."""
    skipped: int = 0
    """Entries that could not be read; each costs only itself."""
    earlier_url: str = ""
    """Where the entries before these are, on the same host; "" if the feed does not offer them."""
    hints: FeedHints = field(default_factory=FeedHints)
    unchanged: int = 0
    """Entries that were there last time, byte for byte: they are not among the articles."""
    fingerprints: bytes = b""
    """Of all entries, to know them by next time."""

    @property
    def entries(self) -> int:
        """How many there were that could be read."""
        return len(self.articles) + self.unchanged
