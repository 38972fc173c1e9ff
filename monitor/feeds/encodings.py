"""Decides: in which letters a body is written, whatever it, its server or nobody says of that.

Feeds and web pages alike, in this order: a byte order mark; the shape of UTF-16; UTF-8 where the
bytes are UTF-8, as nothing else looks like it; what the server says, unless that is a server's
default; what the document says; what the letters look like. One broken letter costs itself, not
the others.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (
    (re.compile(rb"\s*[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"(?:[\s]\0)*[<{]\0[^\0]"), "utf-16-le"),
    (re.compile(rb"(?:\0[\s])*\0[<{]\0"), "utf-16-be"),
)
"""How a document begins whose letters are wider than a byte (XML 1.0, appendix F)."""
_DECLARED = re.compile(
    rb"""\A\s{0,100}<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']"""
)
_META = re.compile(
    rb"""<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_START = 2_048
"""Bytes in which a page says its encoding; WHATWG has 1,024."""
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_LETTERS = re.compile(
    r"iso8859|cp(?:125\d|866|874|932|949|950)$|koi8|gb|big5|euc_|shift_jis|iso2022_[jk]|mac-|tis-620"
    r"|johab|hz$|utf-(?:16|32)"
)
"""Python's names of the codecs that are letters: not zlib, punycode, EBCDIC or UTF-7."""
_WIDER = {
    name: wider
    for wider, names in {
        "cp1252": "iso8859-1 ascii",
        "cp1254": "iso8859-9",
        "cp874": "iso8859-11 windows-874",
        "cp932": "shift_jis x-sjis windows-31j",
        "cp949": "euc_kr",
        "gb18030": "gb2312 gbk x-gbk",
    }.items()
    for name in names.split()
}
"""What is declared narrower than it is written, as in WHATWG's Encoding Standard."""
_DEFAULT = "cp1252"
_GUESSED = (
    *("cp1256", "cp1251", "koi8_r", "cp1253", "cp1255"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", _DEFAULT),
)
"""What letters may look like. The Latin ones cannot be told apart."""
_MARKUP = re.compile(rb"<[^<>]*>|&\w{1,9};")
_LOOKED_AT = 20_000
"""Bytes from which the letters are guessed."""
_SEVEN_BITS = ("iso2022_jp", "iso2022_kr", "hz")


def decode(body: bytes, content_type: str) -> str:
    """The body as text, with U+FFFD for each letter that is none.

    ``content_type`` is the header as it came, or "".
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for shape, name in _SHAPES:
        if shape.match(body):
            return body.decode(name, "replace")
    declared = tuple(_declared(body, content_type))
    if (text := _utf8(body)) is not None and not (declared and declared[0] in _SEVEN_BITS):
        return text
    for name in (*declared, _guess(body)):
        try:
            text = body.decode(name)
        except UnicodeDecodeError:
            continue
        if "<" in text or "{" in text:
            return text
    return body.decode(declared[0] if declared else _DEFAULT, "replace")


def _utf8(body: bytes) -> str | None:
    """The body as UTF-8 where it is that, but for a few bytes."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    letters = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if letters > broken else None


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """What the server and the document say; a server's Latin-1 is its default, and comes last."""
    document = _DECLARED.match(body) or _META.search(body, 0, _START)
    said = [_CHARSET.search(content_type), document]
    http, own = (_letters(_name(one[1])) if one else None for one in said)
    yield from dict.fromkeys(
        name for name in ((own, http) if http == _DEFAULT else (http, own)) if name
    )


def _name(said: str | bytes) -> str:
    return said.decode("ascii", "replace") if isinstance(said, bytes) else said


def _letters(said: str) -> str | None:
    """Python's name for what is declared; ``None`` for what is unknown, no text, or UTF-8."""
    said = said.lower()
    try:
        name = codecs.lookup(_WIDER.get(said, said)).name
    except (LookupError, ValueError):
        return None
    name = _WIDER.get(name, name)
    return name if _LETTERS.match(name) else None


def _guess(body: bytes) -> str:
    letters = _MARKUP.sub(b" ", body[: 10 * _LOOKED_AT])[:_LOOKED_AT]
    best = from_bytes(letters, cp_isolation=list(_GUESSED)).best()
    return best.encoding if best else _DEFAULT
