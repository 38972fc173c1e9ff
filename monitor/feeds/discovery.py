"""Decides: which feeds a web page names, the likeliest first.

A page names its feeds by ``<link rel="alternate" type="…">`` (RSS Advisory Board, RSS
Autodiscovery; WHATWG HTML, 4.6.7.1), a page about feeds by plain links. Where it names none, there
are places at which many sites have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_LINKS = 50
USUAL_PATHS = ("/feed/", "/rss.xml", "/feed.xml", "/rss", "/atom.xml", "/index.xml", "/feed.json")
"""WordPress, Drupal, Jekyll and Hugo, many newspapers, Movable Type, Hugo, JSON Feed."""

_MEASURED = 2_000_000
"""Characters of a page that are looked at."""
_START = 2_048
"""Bytes of a body by which a page is known."""
_IS_PAGE = re.compile(
    rb"(?>\s+|<!--.*?-->|<\?xml[^>]*>)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_COMMENTS = re.compile(
    r"comment|coment[aá]rio|comentario|commento|commenti|kommentar|комментар|yorum|تعليق|评论|評論",
    re.IGNORECASE,
)
_FEED_PATH = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?|rdf)2?(?:[/._-]|$)|\.rss$", re.IGNORECASE)


class FeedKind(StrEnum):
    """What a page says that a feed is."""

    RSS = "RSS"
    ATOM = "Atom"
    JSON = "JSON Feed"
    UNSAID = "unsaid"


class Named(StrEnum):
    """How an address was found; the earlier the likelier."""

    IN_HEAD = "named by the page"
    COMMENTS = "comments"
    LINKED = "linked from the page"
    USUAL = "a usual place"


_KINDS = {
    "application/rss+xml": FeedKind.RSS,
    "application/atom+xml": FeedKind.ATOM,
    "application/feed+json": FeedKind.JSON,
    "application/json": FeedKind.JSON,
    "application/rdf+xml": FeedKind.RSS,
    "application/xml": FeedKind.UNSAID,
    "text/xml": FeedKind.UNSAID,
}
_VAGUE = {"application/json", "application/xml", "text/xml"}
"""Said of other things, too: a feed only where its address looks like one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """An address that may be a feed's."""

    url: str
    title: str = ""
    kind: FeedKind = FeedKind.UNSAID
    named: Named = Named.IN_HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A web page, with the feeds that it names, the likeliest first."""

    url: str
    title: str = ""
    links: tuple[FeedLink, ...] = ()

    @property
    def guesses(self) -> tuple[FeedLink, ...]:
        """Usual places of feeds on this site: the page's own folder first, then the site's."""
        there = self.url.split("?")[0].rstrip("/") + "/feed/"
        urls = dict.fromkeys([there, *(urljoin(self.url, path) for path in USUAL_PATHS)])
        known = {link.url for link in self.links}
        return tuple(FeedLink(url=url, named=Named.USUAL) for url in urls if url not in known)


def is_page(body: bytes) -> bool:
    """Whether a body is HTML, and no feed."""
    return _IS_PAGE.match(body[:_START]) is not None


def page(html: str, *, url: str) -> Page:
    """What a page says of feeds; ``url`` is where it came from, for relative addresses."""
    tree = LexborHTMLParser(html[:_MEASURED])
    home = _home(tree, url)
    title = tree.css_first("head title")
    found = sorted(
        _links(tree, home), key=lambda link: list(Named).index(link.named)
    )  # stable: in the page's order
    first = {link.url: link for link in reversed(found)}
    unique = [link for link in found if first[link.url] is link]
    return Page(
        url=url,
        title=" ".join(title.text().split())[:300] if title is not None else "",
        links=tuple(unique[:MAX_LINKS]),
    )


def _home(tree: LexborHTMLParser, url: str) -> str:
    """What the page's addresses are relative to."""
    base = tree.css_first("base[href]")
    return _absolute(url, base.attributes.get("href") or "") or url if base is not None else url


def _links(tree: LexborHTMLParser, home: str) -> Iterator[FeedLink]:
    for node in tree.css("link[href]"):
        said = _said(node)
        kind = _kind(said)
        if kind is not None and (url := _absolute(home, said["href"])):
            title = " ".join(said.get("title", "").split())[:300]
            is_comments = _COMMENTS.search(f"{title} {urlsplit(url).path}") is not None
            named = Named.COMMENTS if is_comments else Named.IN_HEAD
            yield FeedLink(url=url, title=title, kind=kind, named=named)
    for node in tree.css("a[href]"):
        url = _absolute(home, _said(node)["href"])
        if url and _FEED_PATH.search(urlsplit(url).path):
            title = " ".join(node.text().split())[:300]
            yield FeedLink(url=url, title=title, named=Named.LINKED)


def _said(node: LexborNode) -> Mapping[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def _kind(said: Mapping[str, str]) -> FeedKind | None:
    """What kind of feed a ``<link>`` names; ``None``: none."""
    relations = said.get("rel", "").lower().split()
    media_type = said.get("type", "").partition(";")[0].strip().lower()
    if "feed" in relations:
        return _KINDS.get(media_type, FeedKind.UNSAID)
    if "alternate" not in relations or media_type not in _KINDS:
        return None
    path = said["href"].partition("?")[0]
    if media_type in _VAGUE and ("wp-json" in path or not _FEED_PATH.search(path)):
        return None
    return _KINDS[media_type]


def _absolute(home: str, href: str) -> str:
    """The address without its fragment; empty for what is no web address."""
    try:
        url = urldefrag(urljoin(home, href.strip())).url
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if is_web and url.isprintable() and " " not in url else ""
