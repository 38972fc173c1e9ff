"""Decides: what a plain RSS document says, as feedparser would, in a tenth of the time.

Most feeds are RSS 2.0 with a dozen kinds of elements, none of them inside another. What stands
here is that part of feedparser's rules, to the letter; a property test holds the two together. Of
a document that has anything else it says nothing, and feedparser is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import (
    Element,
    ParseError,
    XMLParser,
)

LARGEST = 3_000_000
"""Characters of a document that is looked at here: what is larger is not plain."""
LONGEST_NAME = 500
"""Characters of an author: feedparser looks for an address in it, and has its way of failing."""

_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_PREFIXES = {
    "content": _CONTENT,
    "dc": _DC,
    "atom": "http://www.w3.org/2005/Atom",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "media": "http://search.yahoo.com/mrss/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
}
"""feedparser goes by prefixes: each must mean what it usually does."""

_FIELDS = {
    "title": "title",
    "link": "link",
    "guid": "id",
    "description": "summary",
    f"{{{_CONTENT}}}encoded": "content",
    "author": "author",
    f"{{{_DC}}}creator": "author",
    "pubDate": "published",
    f"{{{_DC}}}date": "updated",
}
"""What is read of an entry, and what feedparser calls it."""
_SILENT = {
    "comments",
    "enclosure",
    *(f"{{{_PREFIXES['slash']}}}{name}" for name in ("comments", "section", "department")),
    *(f"{{{_PREFIXES['wfw']}}}{name}" for name in ("comment", "commentRss")),
    *(f"{{{_PREFIXES['media']}}}{name}" for name in ("content", "thumbnail")),
    f"{{{_PREFIXES['feedburner']}}}origLink",
}
"""What says nothing about an entry that is read."""
_SILENT_IN_CHANNEL = {
    *("description", "language", "copyright", "managingEditor", "webMaster", "pubDate"),
    *("lastBuildDate", "category", "generator", "docs", "cloud", "ttl", "rating"),
    *(f"{{{_PREFIXES['sy']}}}{name}" for name in ("updatePeriod", "updateFrequency")),
}
_LISTS = {
    "skipHours": {"hour"},
    "skipDays": {"day"},
    "image": {"title", "link", "url", "width", "height", "description"},
}
"""What in a channel has elements of its own, and which."""

_DEFAULT = re.compile(r"xmlns\s*=")
_BASE = re.compile(r"\bbase\s*=", re.IGNORECASE)
_DECLARED = re.compile(r"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)[\"']")
_SEMICOLON = re.compile(r"&([A-Za-z0-9_]+);")
_WINDOWS = {
    at: shown for at in range(0x80, 0xA0) if (shown := bytes([at]).decode("cp1252", "ignore"))
}
"""Control characters that were letters in Windows-1252."""
_OF_WINDOWS = re.compile(f"[{''.join(map(chr, _WINDOWS))}]")


class _NotPlain(Exception):
    """The document has something that is not for here."""


def read(text: str) -> Mapping[str, Any] | None:
    """What feedparser would make of a well-formed document, as far as anybody asks."""
    if len(text) > LARGEST or _is_odd(text):
        return None
    parser = XMLParser()  # noqa: S314 - see above
    try:
        parser.feed(text)
        return _document(parser.close())
    except (ParseError, _NotPlain):
        return None


def _is_odd(text: str) -> bool:
    """Whether it has what reaches into elements from outside of them."""
    if "<!DOCTYPE" in text or text.startswith("<?xml") or _DEFAULT.search(text):
        return True
    if "base" in text.lower() and _BASE.search(text):
        return True
    return any(_PREFIXES.get(prefix, uri) != uri for prefix, uri in _DECLARED.findall(text))


def _document(root: Element) -> Mapping[str, Any]:
    _require(root.tag == "rss" and len(root) == 1 and root[0].tag == "channel")
    channel = root[0]
    _require(not channel.attrib)
    head: dict[str, str] = {}
    entries = []
    for child in channel:
        tag = child.tag
        if tag == "item":
            entries.append(_entry(child))
        elif tag in ("title", "link"):
            _require(tag not in head and not child.attrib and not len(child))
            head[tag] = _text(child)
        elif tag == _ATOM_LINK:
            _require(child.get("rel", "alternate").lower() != "alternate" and not len(child))
            _require("href" in child.attrib)
        elif tag in _LISTS:
            _require(all(one.tag in _LISTS[tag] and not len(one) for one in child))
        else:
            _require(tag in _SILENT_IN_CHANNEL and not len(child))
    if "link" in head:
        head["link"] = _SEMICOLON.sub(r"&\1", _address(head["link"]))
    return {"feed": _repaired_all(head), "entries": entries, "version": "rss"}


def _entry(item: Element) -> dict[str, Any]:
    _require(not item.attrib)
    entry: dict[str, Any] = {}
    is_permalink = False
    tags: list[dict[str, str | None]] = []
    for child in item:
        _require(not len(child))
        tag = child.tag
        name = _FIELDS.get(tag)
        if name is not None:
            _require(name not in entry)
            _require(not child.attrib or tag == "guid")
            entry[name] = _text(child)
            if tag == "guid":
                is_permalink = _is_permalink(child)
        elif tag == "category":
            _tag(tags, child)
        elif tag == "source":
            _require("source" not in entry)
            entry["source"] = {"title": _repaired(_text(child))}
        else:
            _require(tag in _SILENT)
    if is_permalink:
        entry["id"] = _address(entry["id"])
    _require(len(entry.get("author", "")) <= LONGEST_NAME)
    if "link" in entry:
        link = _address(entry["link"]).replace("&amp;", "&")
        entry["link"] = _SEMICOLON.sub(r"&\1", link)
    entry = _repaired_all(entry)
    if "link" in entry:
        entry["links"] = [{"rel": "alternate", "type": "text/html", "href": entry["link"]}]
    elif is_permalink:
        entry["link"] = entry["id"]
    if "content" in entry:
        entry["content"] = [{"value": entry["content"]}]
    if tags:
        entry["tags"] = tags
    return entry


def _is_permalink(guid: Element) -> bool:
    named = {name.lower(): value for name, value in guid.attrib.items()}
    _require(named.keys() <= {"ispermalink"} and len(named) == len(guid.attrib))
    return named.get("ispermalink", "true") == "true"


def _tag(tags: list[dict[str, str | None]], child: Element) -> None:
    """A category: its domain makes a tag, which takes the next word that comes."""
    _require(child.attrib.keys() <= {"domain"})
    term = _repaired(_text(child))
    if domain := child.get("domain"):
        _add(tags, None, domain)
    if term and tags and not tags[-1]["term"]:
        tags[-1]["term"] = term
    elif term:
        _add(tags, term, None)


def _add(tags: list[dict[str, str | None]], term: str | None, scheme: str | None) -> None:
    tag = {"term": term, "scheme": scheme}
    if tag not in tags:
        tags.append(tag)


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _address(text: str) -> str:
    """An address as feedparser completes it from nowhere."""
    _require(":///" not in text)
    return text


def _repaired_all(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _repaired(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _repaired(text: str) -> str:
    """UTF-8 that was read as Latin-1, and Windows' letters that were, as they were meant."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if _OF_WINDOWS.search(text) else text


def _require(is_plain: bool) -> None:
    if not is_plain:
        raise _NotPlain
