"""Decides: where the entries of a broken document begin and end, so that each costs only itself.

A parser that recovers from an unclosed CDATA section or a stray end tag loses what follows it. So
the broken entries of such a document are set apart, each as a document of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

MAX_BROKEN = 500
"""Entries that are set apart at most: each costs a millisecond or two."""

ENTRY = re.compile(r"<(?:[\w.-]{1,50}:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
"""How an entry of RSS, RDF or Atom begins."""
PAGE = re.compile(r"<(?:[\w.-]{1,50}:)?url(?=[\s>/])", re.IGNORECASE)
"""How a page of a sitemap begins."""
_FRAME = re.compile(
    r"<(?:(?:[\w.-]{1,50}:)?(?:rss|feed|rdf|urlset))\b[^<>]{0,5000}>", re.IGNORECASE
)
_TAIL = re.compile(r"</(?:[\w.-]{1,50}:)?(?:channel|feed|rdf|rss|urlset)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A document without its broken entries, and those."""

    whole: str
    broken: tuple[tuple[int, str], ...]
    """Each with its place among all entries, as a document of its own that is not closed."""


def is_whole(text: str) -> bool:
    """Whether the text is well-formed; prefixes need not be declared.

    A document's own entities are gone before, so that there is none to grow.
    """
    try:
        expat.ParserCreate("utf-8").Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return True


def split(text: str, entry: re.Pattern[str] = ENTRY) -> tuple[str, tuple[str, ...], str]:
    """What stands before the entries, each entry with what follows it, and what stands after."""
    starts = [found.start() for found in entry.finditer(text)]
    if not starts:
        return text, (), ""
    last = _TAIL.search(text, starts[-1])
    end = last.start() if last else len(text)
    bounds = [*starts, end]
    blocks = (text[bounds[at] : bounds[at + 1]] for at in range(len(starts)))
    return text[: starts[0]], tuple(blocks), text[end:]


def first(text: str, number: int) -> str:
    """The document with no more than so many entries."""
    if text.count("<") <= number or len(ENTRY.findall(text)) <= number:
        return text
    head, blocks, tail = split(text)
    return head + "".join(blocks[:number]) + tail


def apart(text: str, *, every: bool = False) -> Apart:
    """The document with its broken entries taken out, or with every one of them.

    Nothing is taken out where more than ``MAX_BROKEN`` would be.
    """
    head, blocks, tail = split(text)
    frame = _FRAME.search(head)
    opening = frame[0] if frame else ""
    broken = [at for at, block in enumerate(blocks) if every or not is_whole(block)]
    if len(broken) > MAX_BROKEN:
        return Apart(whole=text, broken=())
    out = set(broken)
    return Apart(
        whole=head + "".join(block for at, block in enumerate(blocks) if at not in out) + tail,
        broken=tuple((at, opening + blocks[at]) for at in broken),
    )
