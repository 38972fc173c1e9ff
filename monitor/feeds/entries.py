"""Decides: what becomes of one entry, whichever kind of feed it stands in: an article, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from monitor.feeds import dates
from monitor.models import Article, FeedSource

MAX_ENTRIES = 2_000
"""Entries read of one document, from its top."""
MAX_FIELD = 1_000_000
"""Characters of HTML read of one field of one entry."""
_MAX_NAME, _MAX_CATEGORY, _MAX_CATEGORIES = 500, 200, 50
_MAX_LINK = 4_000
_PLAIN = re.compile(
    r"https?+://[\w.:-]++(?:/[\w/.~%!$'()*+,=:@&-]*+)?+(?:\?[\w/.~%!$'()*+,=:@&-]++)?+", re.ASCII
)
"""Most links: whole as they are, wherever they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is written, in HTML, before anything is decided; ``""`` and ``()`` for what is not there."""

    guid: str = ""
    links: tuple[str, ...] = ()
    """Addresses of the article, perhaps relative, the likeliest first."""
    title: str = ""
    texts: tuple[str, ...] = ()
    """Its summary, its content: the longest is read."""
    author: str = ""
    categories: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    """As they are written, the first publication first."""
    language: str | None = None
    publisher: str = ""
    """Who wrote it, where the feed collects others' articles."""


def article(entry: Entry, home: str, source: FeedSource, now: datetime) -> Article | None:
    """The entry as an article without keys; ``None`` where it says nothing at all.

    Relative links begin at ``home``. A date in the future is ``now``; without one there is none.
    """
    url = _url(entry, home)
    title = entry.title[:MAX_FIELD].strip()
    text = max(entry.texts, key=len, default="")[:MAX_FIELD].strip()
    if not (title or text or url):
        return None
    return Article(
        guid=entry.guid.strip(),
        url=url,
        title=title,
        text=text,
        author=entry.author[:_MAX_NAME],
        categories=tuple(one[:_MAX_CATEGORY] for one in entry.categories[:_MAX_CATEGORIES] if one),
        published_at=dates.first(entry.dates, now),
        feed_url=source.url,
        feed_name=entry.publisher[:_MAX_NAME] or source.name,
        publisher=source.publisher,
        tags=source.tags,
        language=source.language or entry.language,
    )


def absolute(home: str, link: str) -> str:
    """The link completed from ``home``; "" for what is none."""
    if len(link) > _MAX_LINK:
        return ""
    if _PLAIN.fullmatch(link):
        return link
    try:
        return urljoin(home, link.strip())
    except ValueError:
        return ""


def is_web(url: str) -> bool:
    """Whether a browser would open it by http or https."""
    if _PLAIN.fullmatch(url):
        return True
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc)


def _url(entry: Entry, home: str) -> str:
    """The first link that a browser would open; failing that the first that is an address."""
    other = ""
    for link in filter(str.strip, entry.links):
        url = absolute(home, link)
        if is_web(url):
            return url
        other = other or url
    return other
