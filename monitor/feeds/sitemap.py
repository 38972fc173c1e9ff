"""Decides: what a news sitemap says: a publisher's articles of the last days, for search engines.

Its ``news:news`` names title, date, language and publication (developers.google.com, "News
sitemaps"). Each ``url`` is read on its own, by expat without entities: a bad one costs only itself.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from monitor.feeds import blocks, entries
from monitor.feeds.entries import Entry
from monitor.feeds.xmltext import readable
from monitor.models import FailureReason, FeedSource, FetchError, ParsedFeed

_ROOT = re.compile(r"<((?:[\w.-]{1,50}:)?urlset)\b[^<>]{0,5000}>")


def parse(text: str, url: str, source: FeedSource, now: datetime) -> ParsedFeed | FetchError:
    """The articles of the document; pages that are no news are left out.

    A sitemap that has pages, and no news, is no feed.
    """
    head, found, _ = blocks.split(readable(text), blocks.PAGE)
    root = _ROOT.search(head)
    pages = [_page(root, page) for page in found[: entries.MAX_ENTRIES]] if root else []
    news = [_entry(page) for page in pages if page is not None and "news" in page]
    if pages and not news:
        return FetchError(reason=FailureReason.NOT_A_FEED, detail="a sitemap without news")
    articles = [entries.article(entry, url, source, now) for entry in news]
    return ParsedFeed(
        title=news[0].publisher[:500] if news else "",
        articles=tuple(article for article in articles if article is not None),
        skipped=pages.count(None) + articles.count(None),
    )


def _page(root: re.Match[str], page: str) -> dict[str, str] | None:
    """The texts of one ``url`` by their tags, without prefixes; the first of each counts."""
    try:
        tree: Element = fromstring(f"{root[0]}{page}</{root[1]}>", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return None
    texts: dict[str, str] = {}
    for element in tree.iter():
        texts.setdefault(element.tag.rpartition("}")[2], (element.text or "").strip())
    return texts


def _entry(page: dict[str, str]) -> Entry:
    """A page of news; ``keywords`` and ``stock_tickers`` were once part of the format."""
    return Entry(
        guid="",  # an address is all the identity there is
        links=(page.get("loc", ""),),
        title=page.get("title", ""),
        categories=tuple(
            keyword.strip() for keyword in page.get("keywords", "").split(",") if keyword.strip()
        ),
        dates=(page.get("publication_date", ""), page.get("lastmod", "")),
        language=page.get("language") or None,
        publisher=page.get("name", ""),
    )
