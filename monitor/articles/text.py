"""Decides: what a person would read of an HTML fragment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_CHARACTERS = 100_000
"""Where the text of one article is cut; longer ones are not news."""

_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead"
    r"|tr|ul)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_SIMPLE = re.compile(
    r"</?(?:a|abbr|article|b|blockquote|br|cite|code|div|em|figcaption|figure|h[1-6]|hr|i|img|li|ol|p"
    r"|section|small|span|strong|sub|sup|time|u|ul)(?:\s++[\w:-]++(?:=(?:\"[^\"<>]*+\"|'[^'<>]*+'))?+)*+\s*+/?>",
    re.ASCII,
)
"""A tag that neither shows nor hides nor moves anything."""
_REFERENCE = re.compile(r"&(?:#[1-9][0-9]{3}|#39|#160|amp|lt|gt|quot|nbsp);")
_UNREAD = ["script", "style", "template", "noscript", "iframe", "svg", "math", "object", "head"]
_SOURCE = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript|iframe|svg|math|object)\b.*?(?:</\1\s*>|\Z)"
    r"|<[a-zA-Z/!][^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});|.",
    re.DOTALL | re.IGNORECASE,
)
_CHARACTER = re.compile(r".", re.DOTALL)


def is_html(text: str) -> bool:
    """Whether the text has a tag or a character reference; a lone ``<`` or ``&`` is text."""
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def plain(text: str) -> str:
    """The text of HTML or of plain text: one line a paragraph, blanks folded, NUL dropped.

    Words of neighbouring blocks stay apart, and words with markup inside stay whole.
    """
    if is_html(text):
        # In HTML the end of a line is a blank like others.
        html = _BLOCK.sub(_on_its_own_line, text.replace("\n", " ").replace("\r", " "))
        shown = _shown_simply(html)
        text = _shown(html) if shown is None else shown
    lines = (" ".join(line.split()) for line in text.replace("\0", "").split("\n"))
    return "\n".join(filter(None, lines))[:MAX_CHARACTERS]


def _on_its_own_line(tag: re.Match[str]) -> str:
    return f"\n{tag[0]}\n"


def _shown(html: str) -> str:
    """What is seen of HTML, blanks as they are."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(_UNREAD)
    body = tree.body
    return body.text() if body is not None else ""


def _shown_simply(html: str) -> str | None:
    """The same at a third of the cost, of the HTML that most feeds have; ``None`` of all else."""
    text = _SIMPLE.sub("\0", html)  # which is not shown: what a tag parts is no reference
    if "<" in text or text.count("&") != len(_REFERENCE.findall(text)):
        return None
    return unescape(text.encode("utf-8", "ignore").decode())  # half characters are not shown


def line(text: str) -> str:
    """The same on one line: a title."""
    return plain(text).replace("\n", " ")


def places_in_source(source: str, text: str) -> list[tuple[int, int]]:
    """For each character of ``text``, made from ``source`` by ``plain`` or ``line``: where it
    begins and ends there. Blanks have no place of their own.

    A tag shows no character and a reference shows one, so that a walk along both meets each
    character of the text in order.
    """
    visible = _visible(source)
    places: list[tuple[int, int]] = []
    at = 0
    for character in text:
        if not character.isspace():
            at, end = next(
                ((start, after) for start, after, shown in visible if shown == character),
                (len(source), len(source)),
            )
            places.append((at, end))
        else:
            places.append((at, at))
    return places


def _visible(source: str) -> Iterator[tuple[int, int, str]]:
    as_html = is_html(source)
    tokens = _SOURCE if as_html else _CHARACTER
    for token in tokens.finditer(source):
        written = token.group()
        if len(written) == 1:
            yield token.start(), token.end(), written
        elif written.startswith("&"):
            for shown in unescape(written):
                yield token.start(), token.end(), shown
