"""Decides: the bodies that a hostile publisher might send; a size in, bytes out.

``BODIES`` names all that a reader may be given (each under the 10 MB that a fetch lets
through); ``gzip_bomb`` goes out with ``Content-Encoding: gzip`` and must not get that far.
``HANGING`` are those over which feedparser 6.0.14 alone holds the GIL for 10 s and more, and
"quadratic entities" takes 2.6 GB besides: read them in a process with limits, or not at all.

``python -m tests.servers.hostile_bodies DIR`` writes them as files to look at or to serve.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_OPEN = b'<rss version="2.0"><channel><title>t</title>'
_CLOSE = b"</channel></rss>"
_ITEM = b"<item><title>Harmless</title><guid>1</guid></item>"


def _rss(inner: bytes = _ITEM, *, prolog: bytes = b"") -> bytes:
    return _DECLARATION + prolog + _OPEN + inner + _CLOSE


# --- bodies that name something to open --------------------------------------------


def a_path(path: str = "/etc/passwd") -> bytes:
    """A body that is a path, or a ``file:`` URL: feedparser opens what is not a stream."""
    return path.encode()


# --- bodies that grow --------------------------------------------------------------


def gzip_bomb(size: int = 300_000_000) -> bytes:
    """A gzip stream of about a thousandth of ``size`` that inflates to a feed and newlines."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = b"\n" * 1_000_000
    parts = [packer.compress(_DECLARATION + _OPEN + _ITEM)]
    parts += [packer.compress(block[: size - start]) for start in range(0, size, len(block))]
    return b"".join(parts) + packer.flush()


def billion_laughs(depth: int = 10) -> bytes:
    """Entities of entities, ten to the power of ``depth`` laughs."""
    laughs = [b'<!ENTITY l0 "lol">']
    laughs += [b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, depth + 1)]
    prolog = b"<!DOCTYPE rss [\n" + b"\n".join(laughs) + b"\n]>\n"
    return _rss(b"<item><title>&l%d;</title></item>" % depth, prolog=prolog)


def quadratic_entities(size: int = 30_000) -> bytes:
    """One entity of ``size`` bytes, named ``size`` times: no nesting that a guard could see."""
    prolog = b'<!DOCTYPE rss [\n<!ENTITY a "%s">\n]>\n' % (b"a" * size)
    return _rss(b"<item><title>%s</title></item>" % (b"&a;" * size), prolog=prolog)


def many_attributes(number: int = 100_000) -> bytes:
    """One element with that many attributes; feedparser looks each up in all: quadratic."""
    attributes = b"".join(b' a%d="1"' % n for n in range(number))
    return _rss(b"<item%s><title>x</title></item>" % attributes)


def many_items(number: int = 200_000) -> bytes:
    """That many small articles in one feed."""
    return _rss(b"".join(b"<item><title>%d</title></item>" % n for n in range(number)))


def nested_tags(depth: int = 1_000_000) -> bytes:
    """Elements in elements in elements."""
    return _rss(b"<item><title>" + b"<a>" * depth + b"</a>" * depth + b"</title></item>")


def nested_html(depth: int = 500_000) -> bytes:
    """The same inside the text of an article, where only the HTML parser sees it."""
    return _rss(b"<item><description>" + b"&lt;b&gt;" * depth + b"</description></item>")


def emoji_word(size: int = 16_000) -> bytes:
    """A title of one word of ``size`` bytes of emoji, which takes a tokeniser seconds."""
    return _rss(b"<item><title>%s</title></item>" % ("\U0001f600" * (size // 4)).encode())


def long_title(size: int = 9_990_000) -> bytes:
    """A title of words as long as a fetch lets through (10 MB with what is around it)."""
    return _rss(b"<item><title>%s</title></item>" % (b"armes " * (size // 6)))


# --- bodies that hang feedparser's regular expressions -----------------------------


def letters_author(size: int = 40_000) -> bytes:
    """Letters without the @ that the search for a mail address wants: quadratic."""
    return _rss(b"<item><title>x</title><author>%s</author></item>" % (b"a" * size))


def letters_at_author(size: int = 200_000) -> bytes:
    """``aaaa…@``: the same with an @ that no domain follows."""
    return _rss(b"<item><title>x</title><author>%s@</author></item>" % (b"a" * size))


def dotted_author(size: int = 80_000) -> bytes:
    """``a.a.a.…``, half as many letters as ``size``."""
    return _rss(b"<item><title>x</title><author>%s</author></item>" % (b"a." * (size // 2)))


def almost_an_address_author(size: int = 40_000) -> bytes:
    """``aaaa…@a.a.a.…``: an address until its very end; the worst for its size."""
    half = size // 2
    author = b"a" * half + b"@" + b"a." * (half // 2)
    return _rss(b"<item><title>x</title><author>%s</author></item>" % author)


def newlines(size: int = 60_000) -> bytes:
    """Empty lines before the first element, where feedparser looks for a DOCTYPE: quadratic."""
    return _rss(prolog=b"\n" * size)


def declared_encodings(size: int = 20_000) -> bytes:
    """An XML declaration that names encodings and never ends: cubic."""
    return b"<?xml " + b"encoding='' " * (size // 12) + b"\n" + _OPEN + _ITEM + _CLOSE


# --- bodies in odd letters ---------------------------------------------------------

_ACCENTED = (
    '<?xml version="1.0" encoding="{}"?>\n<rss version="2.0"><channel><title>t</title>'
    "<item><title>Alg\xe9rie : r\xe9coltes</title><guid>1</guid></item></channel></rss>"
)


def nul_bytes() -> bytes:
    """NULs between the elements and inside a title."""
    return _rss(b"\0\0<item><title>Alg\0rie</title>\0</item>")


def utf16_without_bom() -> bytes:
    """UTF-16, nothing saying which end comes first."""
    return _ACCENTED.format("utf-16").encode("utf-16-le")


def utf7() -> bytes:
    """UTF-7, in which ``+ADw-`` is a less-than sign that no filter saw."""
    markup = '<?xml version="1.0" encoding="utf-7"?>\n<rss version="2.0"><channel><item><title>'
    return markup.encode() + b"+ADw-script+AD4-Alg+AOk-rie</title></item></channel></rss>"


def wrong_charset() -> bytes:
    """Declared UTF-8, written in Latin-1."""
    return _ACCENTED.format("utf-8").encode("latin-1")


def unknown_charset() -> bytes:
    """Declared in an encoding that does not exist."""
    return _ACCENTED.format("x-nowhere").encode()


def codec_charset() -> bytes:
    """Declared in a Python codec that is no encoding of text."""
    return _ACCENTED.format("zlib_codec").encode()


def truncated_utf8() -> bytes:
    """Ends in the middle of a letter, and of everything else."""
    return _ACCENTED.format("utf-8").encode()[:95]


BODIES: Mapping[str, Callable[[], bytes]] = {
    "path": a_path,
    "device": lambda: a_path("/dev/zero"),
    "file URL": lambda: a_path("file:///etc/passwd"),
    "billion laughs": billion_laughs,
    "quadratic entities": quadratic_entities,
    "100,000 attributes": many_attributes,
    "200,000 items": many_items,
    "1,000,000 nested tags": nested_tags,
    "500,000 nested HTML tags": nested_html,
    "16 KB emoji word": emoji_word,
    "10 MB title": long_title,
    "40 KB letters author": letters_author,
    "200 KB letters@ author": letters_at_author,
    "80 KB dotted author": dotted_author,
    "40 KB almost an address": almost_an_address_author,
    "60 KB of newlines": newlines,
    "20 KB of declared encodings": declared_encodings,
    "NUL bytes": nul_bytes,
    "UTF-16 without BOM": utf16_without_bom,
    "UTF-7": utf7,
    "wrong charset": wrong_charset,
    "unknown charset": unknown_charset,
    "codec as charset": codec_charset,
    "truncated UTF-8": truncated_utf8,
}

HANGING = (
    "100,000 attributes",
    "200 KB letters@ author",
    "80 KB dotted author",
    "40 KB almost an address",
)
"""Those that cost a reader of ours its life; some of the others hang feedparser left alone."""


def main(arguments: list[str]) -> int:
    """Write every body, the bomb too, into a folder."""
    if len(arguments) != 1:
        print("usage: python -m tests.servers.hostile_bodies DIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in BODIES.items():
        (folder / f"{name.replace(' ', '-')}.xml").write_bytes(make())
    (folder / "bomb.xml.gz").write_bytes(gzip_bomb())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
