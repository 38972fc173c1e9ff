"""Decides: which feeds an OPML list names, and how such a list is written.

OPML 2.0 (http://opml.org/spec2.opml) is what feed readers hand each other, and each writes it a
little otherwise. Read are 1.0 to 2.0: attributes in any case, ``url`` for ``xmlUrl``, ``text`` for
``title``, ``feed:`` addresses, ampersands that stand bare, HTML's entities, an encoding that is not
the one that is declared. Nothing is expanded or fetched: a document that declares entities is
refused whole.

Tags come from the folders around a feed and from its ``category``. They are written as the folder
of the first tag, which is all that Miniflux, FreshRSS and NewsBlur look at, and all together in
``category``, as the specification has it. What OPML has no word for is in a namespace of ours.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import unescape
from html.entities import html5
from xml.etree import ElementTree
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml import DefusedXmlException

from monitor.errors import Mistake

MAX_BYTES = 20_000_000
NAMESPACE = "urn:news-monitor:opml"
"""Of the attributes ``nm:publisher``, ``nm:interval`` and ``nm:tags``."""

ElementTree.register_namespace("nm", NAMESPACE)

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"""\A\s*<\?xml\b[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_AMPERSAND = re.compile(r"&(?:(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});|(\w{1,31};)?)")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_FEEDS = {
    "link": "is a link to a page, not a feed: `news-monitor feeds discover` finds those of a page",
    "include": "names another OPML file, which is not fetched: save it and import it, too",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a list, in the words of the list."""

    url: str
    title: str = ""
    site_url: str = ""
    language: str = ""
    """A tag as the list has it, ``fr-DZ`` or ``unknown``."""
    tags: tuple[str, ...] = ()
    publisher: str = ""
    interval: str = ""
    line: int = 0
    """Where it stands, from 1; 0: it comes from no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """What a file says: feeds in its order, a line for each thing that is none, and notes."""

    title: str = ""
    outlines: tuple[Outline, ...] = ()
    refused: tuple[Mistake, ...] = ()
    notes: tuple[Mistake, ...] = ()


# --- reading ---------------------------------------------------------------------------


def read(data: bytes, file: str) -> OpmlList:
    """The feeds of a list; of a file that cannot be read as one, only why.

    ``file`` is what mistakes call it.
    """
    if len(data) > MAX_BYTES:
        return _unread(file, 0, f"is larger than {MAX_BYTES // 1_000_000} MB")
    text, note = _decoded(data, file)
    lines = _Lines(file)
    try:
        defusedxml.sax.parseString(_mended(text).encode(), lines)
    except SAXParseException as error:
        at = error.getLineNumber() or 0
        return _unread(file, at, f"is not XML: {error.getMessage()}")
    except DefusedXmlException:
        return _unread(
            file, lines.line, "declares entities or a document type: a list needs neither"
        )
    except _NotOpmlError as error:
        return _unread(file, lines.line, str(error))
    return OpmlList(
        title=" ".join("".join(lines.title).split()),
        outlines=tuple(lines.outlines),
        refused=tuple(lines.refused),
        notes=(note,) if note else (),
    )


def _unread(file: str, line: int, message: str) -> OpmlList:
    return OpmlList(refused=(Mistake(file=file, line=line, column=1, message=message),))


class _NotOpmlError(ValueError):
    """The root says that this is something else."""


class _Lines(ContentHandler):
    """Collects outlines while expat goes through the file."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.title: list[str] = []
        self.outlines: list[Outline] = []
        self.refused: list[Mistake] = []
        self._path: list[str] = []
        self._folders: list[str] = []
        self._is_ours = False
        self._place: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        """Take what knows where expat is."""
        self._place = locator

    @property
    def line(self) -> int:
        """Where expat is, from 1; 0 before it has begun."""
        return (self._place.getLineNumber() or 0) if self._place else 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Take an outline; refuse a root that is none of OPML's."""
        given = {key.lower(): value for key, value in attrs.items()}
        if not self._path:
            if name.lower() != "opml":
                raise _NotOpmlError(_what_it_is(name.lower()))
            self._is_ours = NAMESPACE in given.values()
        if name.lower() == "outline":
            self._folders.append(self._outline(given))
        self._path.append(name.lower())

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802
        """Leave it."""
        if self._path.pop() == "outline":
            self._folders.pop()

    def characters(self, content: str) -> None:
        """Keep the title of the list."""
        if self._path == ["opml", "head", "title"]:
            self.title.append(content)

    def _outline(self, given: Mapping[str, str]) -> str:
        """Take a feed; what is none is a folder, by the name that is answered."""
        kind = given.get("type", "").strip().lower()
        url = given.get("xmlurl", "").strip()
        other = given.get("url", "").strip()
        name = self._words(given.get("title", "")) or self._words(given.get("text", ""))
        if not url and kind in _NO_FEEDS:
            self._refuse(f"{name}: {_NO_FEEDS[kind]}".removeprefix(": "))
        elif url or other:
            self.outlines.append(self._feed(url or other, name, given))
        elif "htmlurl" in given or kind in {"rss", "atom"}:
            self._refuse(f"{name}: has no address of a feed (xmlUrl)".removeprefix(": "))
        return "" if url or other else name

    def _feed(self, url: str, name: str, given: Mapping[str, str]) -> Outline:
        if "nm:tags" in given:
            tags: Iterable[str] = given["nm:tags"].split("\n")
        else:
            tags = [*self._folders, *re.split("[,/]", given.get("category", ""))]
        return Outline(
            url=_web(url),
            title=name,
            site_url=given.get("htmlurl", "").strip(),
            language=given.get("language", "").strip(),
            tags=tuple(dict.fromkeys(filter(None, map(self._words, tags)))),
            publisher=self._words(given.get("nm:publisher", "")),
            interval=given.get("nm:interval", "").strip(),
            line=self.line,
        )

    def _words(self, text: str) -> str:
        """In one line; others write what stood in HTML with its entities."""
        return " ".join((text if self._is_ours else unescape(text)).split())

    def _refuse(self, message: str) -> None:
        self.refused.append(Mistake(file=self.file, line=self.line, column=1, message=message))


def _what_it_is(root: str) -> str:
    if root in {"rss", "feed", "rdf:rdf"}:
        return "is a feed, not a list of feeds: `news-monitor feeds add` takes its address"
    return f"is not OPML: it begins with <{root[:30]}>"


def _web(url: str) -> str:
    """``feed:https://…`` and ``feed://…`` as what they stand for."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() != "feed":
        return url
    return f"http:{rest}" if rest.startswith("//") else rest


def _decoded(data: bytes, file: str) -> tuple[str, Mistake | None]:
    """The text, and a note where it is not in the encoding that it names."""
    declared = _ENCODING.match(data[:300])
    named = declared[1].decode() if declared else "utf-8"
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if data.startswith(mark):
            named = encoding
            break
    try:
        return data.decode(named), None
    except (UnicodeError, LookupError) as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
    try:
        text, read_as = data.decode(), "UTF-8"
    except UnicodeDecodeError:
        text, read_as = data.decode("cp1252", errors="replace"), "Windows-1252"
    line = data.count(b"\n", 0, at) + 1
    message = f"is not {named[:30]}, as it should be; read as {read_as}: look at the names"
    return text, Mistake(file=file, line=line, column=1, message=message)


def _mended(text: str) -> str:
    """The text as XML: in one encoding, its ampersands written out, on the lines where it was."""
    text = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _ILLEGAL.sub("", _AMPERSAND.sub(_reference, text))


def _reference(found: re.Match[str]) -> str:
    if found[1]:
        return found[0]
    if found[2] and (characters := html5.get(found[2])):
        return "".join(f"&#{ord(character)};" for character in characters)
    return f"&amp;{found[2] or ''}"


# --- writing ---------------------------------------------------------------------------


def write(outlines: Iterable[Outline], *, title: str, at: datetime) -> str:
    """An OPML 2.0 document, each feed in the folder of its first tag; folders in their order."""
    root = ElementTree.Element("opml", {"version": "2.0"})
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = _legal(title)
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(at, usegmt=True)
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {"": body}
    for outline in outlines:
        name = _legal(outline.tags[0]) if outline.tags else ""
        if name not in folders:
            folders[name] = ElementTree.SubElement(body, "outline", {"text": name, "title": name})
        attributes = {key: _legal(value) for key, value in _attributes(outline) if value}
        ElementTree.SubElement(folders[name], "outline", attributes)
    root.set(f"{{{NAMESPACE}}}version", "1")
    ElementTree.indent(root)
    written = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _attributes(outline: Outline) -> Iterator[tuple[str, str]]:
    yield "type", "rss"
    yield "text", outline.title or outline.url
    yield "title", outline.title or outline.url
    yield "xmlUrl", outline.url
    yield "htmlUrl", outline.site_url
    yield "language", outline.language
    yield "category", ",".join(outline.tags)
    if any(set(tag) & set(",/") for tag in outline.tags):
        yield f"{{{NAMESPACE}}}tags", "\n".join(outline.tags)
    yield f"{{{NAMESPACE}}}publisher", outline.publisher
    yield f"{{{NAMESPACE}}}interval", outline.interval


def _legal(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)
