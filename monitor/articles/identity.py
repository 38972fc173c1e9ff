"""Decides: by which keys an article is known again, and which articles are new.

Keys, the most trusted first: ``guid:<feed>:<guid>``, ``url:<canonical link>``, ``text:<hash>``
where the text is long enough to be nobody else's, and ``entry:<feed>:<hash of link and title>``
(or guid, or text), which every article has. They come from our own rules, never from a parser's defaults.

A document is looked at as a whole: a guid that several of its entries share is nobody's, and
where links differ only by a fragment, the fragment is part of the key. The entry's key is the
same whoever stands beside it, so that each entry is known again when the others are gone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from courlan import normalize_url

from monitor.models import Article, changed

LONG_ENOUGH = 300
"""Characters from which an equal text is the same article."""

_SIMILAR = 1 / 3
"""Shared words over all words, from which two titles are of one article."""

_WORD = re.compile(r"\w+")
_APART = bytes(at if _WORD.match(chr(at)) else ord(" ") for at in range(128)).ljust(256)
"""A table for ASCII: what is part of a word as it is, all else a blank."""
_TRACKING = re.compile(
    r"(?<=[?&])(?:cmp|cmpid|dclid|ftag|guccounter|igshid|mbid|mtm_\w+|ns_(?:campaign|fee|linkname"
    r"|mchannel|source)|ocid|phpsessid|pk_(?:campaign|kwd|medium|source)|rss|s_cid|smid|wt[._]mc\w*)=[^&#]*&?|;jsessionid=[^?#]*",
    re.IGNORECASE,
)
"""What courlan leaves of what tells only where a reader came from."""
_PLAIN = re.compile(
    r"https?+://(?:www\.)?(?!www\.)([a-z0-9]++(?:[.-][a-z0-9]++)*+(?:/[\w~%!=:,-][\w.~%!=:,-]*+)*+)/?",
    re.ASCII,
)
"""Most links: nothing in them is to be cleaned but scheme, ``www.`` and the last slash."""
_ROUTE = re.compile(r"[!/].*\w")
"""A fragment that is a page of its own, in applications that run in the browser."""


class Owner(Protocol):
    """The stored article that has a key."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def url(self) -> str:
        """Its link."""


class Stored(Owner, Protocol):
    """A stored article, with what tells whether it was edited since."""

    @property
    def article_id(self) -> int:
        """Its id."""

    @property
    def feed_url(self) -> str:
        """The feed it came from."""

    @property
    def content_hash(self) -> str:
        """What it said, or "" where that is not known."""

    @property
    def identity(self) -> str:
        """The key by which its alerts go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A stored article that came again, as it is now."""

    article: Article
    article_id: int
    identity: str
    claims: tuple[str, ...]
    """Its keys that nobody has."""
    is_edited: bool
    """It says something else."""


AnyOwner = TypeVar("AnyOwner", bound=Owner)


def canonical_url(url: str) -> str:
    """The link without what does not change the article: http or https, ``www.``, tracking,
    fragment, case of the host.

    Idempotent; "" for what is no http(s) link.
    """
    url = url.strip()
    if not url.lower().startswith(("http://", "https://")):
        return ""
    for _ in range(5):  # courlan's own result can still hold what it strips: until it settles
        if plain := _PLAIN.fullmatch(url):
            return f"https://{plain[1]}"
        try:
            cleaner = _cleaner(url)
        except ValueError:
            return ""
        if cleaner == url:
            break
        url = cleaner
    return url


def _cleaner(url: str) -> str:
    page, _, fragment = _TRACKING.sub("", url).partition("#")
    address = str(normalize_url(page, strict=False)).partition("#")[0].rstrip("/?&")
    address = "https://" + address.partition("://")[2].removeprefix("www.")
    return f"{address}/#{fragment}" if _ROUTE.fullmatch(fragment) else address


def with_keys(articles: Iterable[Article]) -> tuple[Article, ...]:
    """The articles of one document with their keys, and with the hashes of what they say."""
    articles = tuple(articles)
    guids = Counter(article.guid for article in articles)
    pages = [_page(article.url) for article in articles]
    fragments = Counter(page for page, _ in set(pages))
    return tuple(
        changed(
            article,
            content_hash=_hash_of_words(f"{article.title}\n{article.text}"),
            keys=tuple(
                _keys(
                    article,
                    page,
                    fragment,
                    trust_guid=guids[article.guid] == 1,
                    is_crowded=fragments[page] > 1,
                )
            ),
        )
        for article, (page, fragment) in zip(articles, pages, strict=True)
    )


def _page(url: str) -> tuple[str, str]:
    """The canonical link, and the place in its page that the link names."""
    canonical = canonical_url(url)
    return canonical, "" if "#" in canonical else url.partition("#")[2].strip()


def _keys(
    article: Article, page: str, fragment: str, *, trust_guid: bool, is_crowded: bool
) -> Iterator[str]:
    if article.guid and trust_guid:
        yield f"guid:{article.feed_url}:{_bounded(article.guid)}"
    place = f"{page}#{fragment}" if fragment else page
    if is_crowded:
        yield f"url:{_bounded(place)}"
    elif not _is_front(page):
        yield f"url:{_bounded(page)}"
    if len(article.text) >= LONG_ENOUGH:
        yield "text:" + _hash_of_words(_comparable(article.title + article.text))
    title = _comparable(article.title)
    instead = "" if title else article.guid or _comparable(article.text)
    yield f"entry:{article.feed_url}:{_hash(place, title, instead)}"


def _is_front(page: str) -> bool:
    """Whether the link names a site and no page of it: many articles stand there, and none."""
    return page.count("/") <= 2 and "?" not in page


def is_of_feed(key: str) -> bool:
    """Whether a key is one feed's own: another feed's article never has it."""
    return key.startswith(("guid:", "entry:"))


def admit(
    articles: Iterable[Article], known: Mapping[str, Owner]
) -> tuple[tuple[Article, tuple[str, ...]], ...]:
    """The articles that are new, each with the keys that become its own.

    ``known`` tells the owner of each key that has one. A text or an entry seen before is the
    same article. A guid or a link alone is not enough: a feed whose entries all link to the
    front page, or that counts its guids from 1 every day, has many articles behind one key. An
    entry that is one of the new articles once more gives it its keys.
    """
    owners: dict[str, Owner] = dict(known)
    admitted: dict[int, tuple[Article, list[str]]] = {}
    for article in articles:
        free = [key for key in article.keys if key not in owners]
        owner = _owner(article, owners)
        if owner is None and free:
            admitted[id(article)] = (article, free)
        elif id(owner) in admitted:
            admitted[id(owner)][1].extend(free)
        owners.update(dict.fromkeys(free, article if owner is None else owner))
    return tuple((article, tuple(claims)) for article, claims in admitted.values())


def come_again(articles: Iterable[Article], known: Mapping[str, Stored]) -> tuple[Again, ...]:
    """The stored articles of the same feed that have new keys, or say something else by now.

    Another feed's version is another version, not an edit: the two would change places at every
    poll. Of several entries that are one article the first is what it says.
    """
    found: dict[int, Again] = {}
    for article in articles:
        owner = _owner(article, known)
        if owner is None or owner.feed_url != article.feed_url:
            continue
        claims = tuple(key for key in article.keys if key not in known)
        if before := found.get(owner.article_id):
            found[owner.article_id] = replace(before, claims=before.claims + claims)
        else:
            found[owner.article_id] = Again(
                article=article,
                article_id=owner.article_id,
                identity=owner.identity,
                claims=claims,
                is_edited=owner.content_hash not in ("", article.content_hash),
            )
    return tuple(again for again in found.values() if again.is_edited or again.claims)


def _owner(article: Article, owners: Mapping[str, AnyOwner]) -> AnyOwner | None:
    """Whose article it is, by the most trusted key that tells."""
    found = ((key, owners[key]) for key in article.keys if key in owners)
    return next((owner for key, owner in found if _is_same(article, key, owner)), None)


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


def _hash_of_words(text: str) -> str:
    if text.isascii():
        return _digest(b"\x1f".join(text.encode().translate(_APART).split()))
    return _hash(*_WORD.findall(text))


def _hash(*parts: str) -> str:
    return _digest("\x1f".join(parts).encode("utf-8", "surrogatepass"))


def _digest(written: bytes) -> str:
    return hashlib.sha256(written).hexdigest()[:32]
