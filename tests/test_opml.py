"""Lists of feeds: whatever other readers write is read; what we write, they and we read back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import opml
from monitor.feeds.opml import Outline

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def read(text: str | bytes) -> opml.OpmlList:
    return opml.read(text.encode() if isinstance(text, str) else text, "list.opml")


def body(*lines: str) -> opml.OpmlList:
    """A list of these outlines; the first is on line 3."""
    return read("\n".join(["<opml version='2.0'><head/>", "<body>", *lines, "</body></opml>"]))


# --- reading ---------------------------------------------------------------------------


def test_folders_become_tags_nested_ones_too_and_lines_are_kept() -> None:
    found = read(
        """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0">
  <head><title>My
    feeds</title></head>
  <body>
    <outline text="Maghreb">
      <outline title="Presse" text="Presse">
        <outline type="rss" text="Le Djurdjura" xmlUrl="https://d.example/rss"
                 htmlUrl="https://d.example/" language="fr-DZ"/>
      </outline>
    </outline>
    <outline text="Alone" xmlUrl="https://alone.example/atom" type="atom" category="/tv/golf,arms"/>
  </body>
</opml>"""
    )
    assert found.refused == found.notes == ()
    assert found.title == "My feeds"
    assert found.outlines == (
        Outline(
            url="https://d.example/rss",
            title="Le Djurdjura",
            site_url="https://d.example/",
            language="fr-DZ",
            tags=("Maghreb", "Presse"),
            line=8,
        ),
        Outline(
            url="https://alone.example/atom", title="Alone", tags=("tv", "golf", "arms"), line=12
        ),
    )


@pytest.mark.parametrize(
    ("outline", "url", "title"),
    [
        ('<outline xmlUrl="https://a.example/"/>', "https://a.example/", ""),
        ('<outline type="rss" url="https://a.example/" text="A"/>', "https://a.example/", "A"),
        ('<OUTLINE TEXT="A" XMLURL="https://a.example/"/>', "https://a.example/", "A"),
        ('<outline text="t" title="T" xmlUrl=" feed://a.example/ "/>', "http://a.example/", "T"),
        ('<outline text="A" xmlUrl="feed:https://a.example/"/>', "https://a.example/", "A"),
        (
            '<outline text="A & B" xmlUrl="https://a.example/?x=1&y=2&amp;z=3"/>',
            "https://a.example/?x=1&y=2&z=3",
            "A & B",
        ),
        (
            '<outline text="Libert&eacute; &amp;#8211; &nbsp;A" xmlUrl="https://a.example/"/>',
            "https://a.example/",
            "Liberté – A",
        ),
        ('<outline text="a\x0b&#10; b" xmlUrl="https://a.example/"/>', "https://a.example/", "a b"),
    ],
    ids=["no title", "url", "capitals", "feed://", "feed:https", "ampersands", "HTML", "controls"],
)
def test_what_others_write_otherwise_is_understood(outline: str, url: str, title: str) -> None:
    found = body(outline)
    assert found.refused == ()
    assert [(one.url, one.title) for one in found.outlines] == [(url, title)]


def test_what_is_no_feed_is_named_with_its_line_and_the_rest_is_read() -> None:
    found = body(
        '<outline type="link" text="A page" url="https://a.example/"/>',
        '<outline type="include" url="https://a.example/more.opml"/>',
        '<outline type="rss" text="Lost"/>',
        '<outline text="Page only" htmlUrl="https://a.example/"/>',
        '<outline text="An empty folder"/>',
        '<outline text="Good" xmlUrl="https://good.example/"/>',
    )
    assert [(one.line, one.message.split(",")[0]) for one in found.refused] == [
        (3, "A page: is a link to a page"),
        (4, "names another OPML file"),
        (5, "Lost: has no address of a feed (xmlUrl)"),
        (6, "Page only: has no address of a feed (xmlUrl)"),
    ]
    assert [one.url for one in found.outlines] == ["https://good.example/"]


_LAUGHS = '<!DOCTYPE opml [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;">\n]>'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (_LAUGHS + "<opml><body><outline text='&b;'/></body></opml>", 2, "declares entities"),
        (
            '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml>&x;</opml>',
            1,
            "declares entities",
        ),
        (
            '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd">\n<opml/>',
            1,
            "declares entities or a document type",
        ),
        ("<opml>\n<body>\n<outline text='a'>\n</body></opml>", 4, "is not XML: mismatched tag"),
        ("<opml><body><outline a='1' a='2'/></body></opml>", 1, "is not XML: duplicate attribute"),
        ("", 1, "is not XML: no element found"),
        ("<rss version='2.0'><channel/></rss>", 1, "is a feed, not a list of feeds"),
        ("<!DOCTYPE html><html><body></body></html>", 1, "it begins with <html>"),
        ("url,title\nhttps://a.example/,A\n", 1, "is not XML"),
    ],
    ids=[
        "laughs",
        "file",
        "elsewhere",
        "unclosed",
        "attribute twice",
        "empty",
        "feed",
        "page",
        "csv",
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(text: str, line: int, says: str) -> None:
    found = read(text)
    assert found.outlines == ()
    [only] = found.refused
    assert says in only.message
    assert only.line == line
    assert "root:" not in only.message


_NAMED = '<?xml version="1.0" encoding="{}"?>\n<opml><body>\n<outline text="{}" xmlUrl="https://a.example/"/></body></opml>'


@pytest.mark.parametrize(
    ("declared", "encoded", "name", "note"),
    [
        ("UTF-8", "utf-8-sig", "الشرق", ""),
        ("UTF-16", "utf-16", "Известия", ""),
        ("utf-16", "utf-16-le", "Известия", ""),
        ("windows-1256", "cp1256", "الشرق", ""),
        ("koi8-r", "koi8-r", "Известия", ""),
        ("UTF-8", "cp1252", "Libération", "list.opml:3:1: is not UTF-8"),
        ("ascii", "utf-8", "Libération", "list.opml:3:1: is not ascii"),
        ("no-such", "utf-8", "Libération", "list.opml:1:1: is not no-such"),
        ("zlib", "utf-8", "Libération", "list.opml:1:1: is not zlib"),
    ],
)
def test_encodings_are_read_and_wrong_ones_told(
    declared: str, encoded: str, name: str, note: str
) -> None:
    found = read(_NAMED.format(declared, name).encode(encoded))
    assert [one.title for one in found.outlines] == [name]
    assert "".join(map(str, found.notes)).startswith(note)
    assert len(found.notes) == bool(note)


def test_a_list_that_is_too_large_is_not_looked_at() -> None:
    [only] = read(b" " * (opml.MAX_BYTES + 1)).refused
    assert only.message == "is larger than 20 MB"


def test_thousands_of_nested_folders_are_no_recursion() -> None:
    inner = '<outline xmlUrl="https://a.example/"/>'
    found = body('<outline text="x">' * 20_000 + inner + "</outline>" * 20_000)
    assert [one.tags for one in found.outlines] == [("x",)]


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    found = opml.read(data, "f")
    assert found.outlines or found.refused or b"opml" in data.lower()


# --- writing ---------------------------------------------------------------------------

_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]))
_LINES = _LINE.map(lambda text: text.replace("\ufffe", "").replace("\uffff", ""))
_OUTLINES = st.builds(
    Outline,
    url=st.integers(0, 99).map(lambda number: f"https://e.example/{number}?a=1&b=<2>"),
    title=_LINES.filter(bool),
    language=st.sampled_from(["", "fr"]),
    tags=st.lists(_LINES.filter(bool) | st.sampled_from(["a,b", "c/d", "&amp;"]), unique=True).map(
        tuple
    ),
    publisher=_LINES,
    interval=st.sampled_from(["", "10m"]),
)


@given(st.lists(_OUTLINES, max_size=5))
def test_what_is_written_is_read_back(outlines: list[Outline]) -> None:
    text = opml.write(outlines, title="Mine", at=NOW)
    found = read(text)
    assert found.refused == found.notes == ()
    assert found.title == "Mine"
    back = [
        Outline(
            url=one.url,
            title=one.title,
            language=one.language,
            tags=one.tags,
            publisher=one.publisher,
            interval=one.interval,
        )
        for one in found.outlines
    ]
    assert sorted(back, key=repr) == sorted(outlines, key=repr)


def test_what_is_written_is_opml_2_with_the_first_tag_as_folder() -> None:
    outlines = [
        Outline(url="https://a.example/", title="A & <b>", tags=("maghreb", "defence")),
        Outline(url="https://b.example/", title="B"),
        Outline(url="https://c.example/", title="C", tags=("maghreb",), interval="10m"),
    ]
    text = opml.write(outlines, title="news-monitor", at=NOW)
    root = ElementTree.fromstring(text)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/dateCreated") == "Sun, 29 Nov 2026 12:00:00 GMT"
    every = list(root.iter("outline"))
    assert all(outline.get("text") for outline in every)
    assert all(outline.get("type") == "rss" for outline in every if outline.get("xmlUrl"))
    [folder] = [outline for outline in every if not outline.get("xmlUrl")]
    assert folder.get("text") == "maghreb"
    assert [outline.get("title") for outline in folder] == ["A & <b>", "C"]
    assert folder[0].get("category") == "maghreb,defence"


STARTERS = sorted((Path(__file__).parent.parent / "docs" / "feeds").glob("*.opml"))


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
def test_the_lists_that_come_along_have_names_languages_and_tags(path: Path) -> None:
    found = opml.read(path.read_bytes(), path.name)
    assert found.refused == found.notes == ()
    assert len(found.outlines) >= 5
    for outline in found.outlines:
        assert outline.url.startswith("https://"), outline
        assert outline.title, outline
        assert len(outline.language) == 2, outline
        assert outline.tags, outline
