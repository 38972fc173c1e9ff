"""Decides: how a text is written so that any parser reads all of it."""

from __future__ import annotations

import re
from html import unescape

_CHARACTER = "\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
"""What XML may hold (XML 1.0, 2.2)."""
_READABLE = re.compile(f"[{_CHARACTER}]*+")
_UNREADABLE = re.compile(f"[^{_CHARACTER}]")
_REFERENCE = re.compile(r"&#(x[0-9a-f]{1,8}|[0-9]{1,9});", re.IGNORECASE)
_FOREIGN = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w{1,9});)")
"""What may not stand outside of CDATA."""
_NAMED = re.compile(
    rf"<!\[CDATA\[.*?(?:\]\]>|\Z)|{_FOREIGN.pattern}(?:([a-zA-Z]\w{{1,30}});)?", re.DOTALL
)
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^<>\[]{0,2000}(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"(?:<\?xml[^>]{0,1000}\?>\s*)+")


def readable(text: str) -> str:
    """The document without its declarations, and without what no XML may hold.

    Names of characters are HTML's, whatever the document declares: an entity of its own, which
    may be a bomb, is the text of its reference. References to half a character, or beyond the
    last one, become U+FFFD.
    """
    text = without_controls(text).lstrip()
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :].lstrip()
    start = text.find("<!DOCTYPE")
    if start >= 0 and (doctype := _DOCTYPE.match(text, start)):
        text = text[:start] + text[doctype.end() :]
    return without_names(_REFERENCE.sub(_replacement, text))


def without_controls(text: str) -> str:
    """The text without control characters and half characters."""
    return text if _READABLE.fullmatch(text) else _UNREADABLE.sub("", text)


def without_names(text: str) -> str:
    """The text with HTML's named characters as characters, and each lone ``&`` as ``&amp;``.

    What stands in CDATA stays as it is.
    """
    return _NAMED.sub(_named, text) if _FOREIGN.search(text) else text


def _replacement(reference: re.Match[str]) -> str:
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return "" if _UNREADABLE.match(chr(code)) else reference[0]


def _named(reference: re.Match[str]) -> str:
    written = reference[0]
    if written.startswith("<"):
        return written
    shown = unescape(written) if reference[1] else written
    return shown if shown != written and shown not in "<>&" else "&amp;" + written[1:]
