"""Decides: by which keys an article is known again, and which articles are new.

Keys, the most trusted first: ``guid:<feed>:<guid>``, ``url:<canonical link>``, ``text:<hash>``
where the text is long enough to be nobody else's, and ``entry:<feed>:<hash of link and title>``,
which every article has. They come from our own rules, never from a parser's defaults.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from courlan import normalize_url

from monitor.models import Article

LONG_ENOUGH = 300
"""Characters from which an equal text is the same article."""

_SIMILAR = 1 / 3
"""Shared words over all words, from which two titles are of one article."""

_WORD = re.compile(r"\w+")


class Owner(Protocol):
    """The stored article that has a key."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def url(self) -> str:
        """Its link."""


def canonical_url(url: str) -> str:
    """The link without what does not change the article: tracking, fragment, case of the host.

    Idempotent; "" for what is no http(s) link.
    """
    url = url.strip()
    if not url.lower().startswith(("http://", "https://")):
        return ""
    for _ in range(3):  # courlan's own result can still hold what it strips: until it settles
        try:
            cleaner = str(normalize_url(url, strict=False)).partition("#")[0].rstrip("/?")
        except ValueError:
            return ""
        if cleaner == url:
            break
        url = cleaner
    return url


def with_keys(articles: Iterable[Article]) -> tuple[Article, ...]:
    """The articles of one document with their keys; a guid that several share is nobody's."""
    articles = tuple(articles)
    guids = Counter(article.guid for article in articles)
    return tuple(
        replace(article, keys=_keys(article, trust_guid=guids[article.guid] == 1))
        for article in articles
    )


def _keys(article: Article, *, trust_guid: bool) -> tuple[str, ...]:
    keys = []
    if article.guid and trust_guid:
        keys.append(f"guid:{article.feed_url}:{_bounded(article.guid)}")
    if url := canonical_url(article.url):
        keys.append(f"url:{_bounded(url)}")
    if len(article.text) >= LONG_ENOUGH:
        keys.append("text:" + _hash(*_WORD.findall(_comparable(article.title + article.text))))
    keys.append(
        f"entry:{article.feed_url}:{_hash(url, _comparable(article.title), article.guid if not article.title else '')}"
    )
    return tuple(keys)


def is_of_feed(key: str) -> bool:
    """Whether a key is one feed's own: another feed's article never has it."""
    return key.startswith(("guid:", "entry:"))


def admit(
    articles: Iterable[Article], known: Mapping[str, Owner]
) -> tuple[tuple[Article, tuple[str, ...]], ...]:
    """The articles that are new, each with the keys that become its own.

    ``known`` tells the owner of each key that has one. A text or an entry seen before is the
    same article. A guid or a link alone is not enough: a feed whose entries all link to the
    front page, or that counts its guids from 1 every day, has many articles behind one key.
    """
    owners: dict[str, Owner] = dict(known)
    admitted = []
    for article in articles:
        if any(_is_same(article, key, owners[key]) for key in article.keys if key in owners):
            continue
        claims = tuple(key for key in article.keys if key not in owners)
        owners.update(dict.fromkeys(claims, article))
        if claims:
            admitted.append((article, claims))
    return tuple(admitted)


def _is_same(article: Article, key: str, owner: Owner) -> bool:
    kind = key.partition(":")[0]
    if kind == "guid":
        return _same_link(article, owner) or are_similar(article.title, owner.title)
    if kind == "url":
        return are_similar(article.title, owner.title)
    return True


def _same_link(article: Article, owner: Owner) -> bool:
    return canonical_url(article.url) == canonical_url(owner.url)


def are_similar(title: str, other: str) -> bool:
    """Whether two titles may be of one article, edited; an empty one may be of any."""
    words, others = set(_WORD.findall(_comparable(title))), set(_WORD.findall(_comparable(other)))
    if not words or not others:
        return True
    return len(words & others) >= _SIMILAR * len(words | others)


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _bounded(text: str) -> str:
    return text if len(text) <= 500 else _hash(text)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
