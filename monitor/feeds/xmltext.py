"""Decides: how a document is written so that an XML parser reads all of it."""

from __future__ import annotations

import re
from html import unescape

_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML may hold (XML 1.0, 2.2), and half characters."""
_REFERENCE = re.compile(r"&#(x[0-9a-f]{1,8}|[0-9]{1,9});", re.IGNORECASE)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w{1,9});)(?:([a-zA-Z]\w{1,30});)?")
_DECLARATION = re.compile(r"<\?xml[^>]{0,1000}\?>")


def readable(text: str) -> str:
    """The document without its XML declaration and without what no XML may hold.

    References to half a character, or beyond the last one, become U+FFFD.
    """
    text = _UNREADABLE.sub("", text).lstrip()
    declaration = _DECLARATION.match(text)
    return _REFERENCE.sub(_replacement, text[declaration.end() :] if declaration else text)


def without_names(text: str) -> str:
    """The document with HTML's named characters as characters, and each lone ``&`` as ``&amp;``."""
    return _NAMED.sub(_named, text)


def _replacement(reference: re.Match[str]) -> str:
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return "" if _UNREADABLE.match(chr(code)) else reference[0]


def _named(reference: re.Match[str]) -> str:
    written = reference[0]
    shown = unescape(written) if reference[1] else written
    return "&amp;" + written[1:] if shown == written or not shown.isprintable() else shown
