"""Entries that were there last time are left out, and the others are read as if they were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from monitor import reading
from monitor.feeds import unchanged
from monitor.models import Article, FeedSource, FetchError, ParsedFeed, Response
from tests import mutate
from tests.polling import Bench
from tests.servers.feeds import FeedServer, Item

MUTANTS = 400


def read(body: bytes, fingerprints: bytes = b"") -> ParsedFeed | FetchError:
    response = Response(url=mutate.URL, body=body, body_hash="")
    return reading.read(response, FeedSource(url=mutate.URL), mutate.NOW, 10_000_000, fingerprints)


def feed(*entries: str, head: str = "") -> bytes:
    return (
        f"<rss version='2.0'><channel><title>News</title>{head}{''.join(entries)}</channel></rss>"
    ).encode()


def entry(number: int, guid: str = "", link: str = "") -> str:
    return (
        f"<item><title>Talks, part {number}</title><guid isPermaLink='false'>{guid or number}</guid>"
        f"<link>{link or f'https://a.example/{number}'}</link></item>\n"
    )


OTHER = "<x:item xmlns:x='urn:x'><x:title>Talks, part 0</x:title></x:item>"


def told(body: bytes, before: bytes) -> tuple[list[str], int]:
    """The titles that are read of a document after another, and how many entries are left out."""
    first = read(before)
    assert isinstance(first, ParsedFeed)
    then = read(body, first.fingerprints)
    assert isinstance(then, ParsedFeed)
    return [one.title.rpartition(" ")[2] for one in then.articles], then.unchanged


# --- any document --------------------------------------------------------------------


def pieces() -> list[bytes]:
    return [
        body for body in mutate.sources() if len(unchanged.blocks.ENTRY.findall(str(body))) >= 2
    ]


@pytest.mark.parametrize("body", pieces(), ids=lambda body: f"{len(body)}")
def test_what_is_read_of_some_entries_is_what_is_read_of_them_beside_all(body: bytes) -> None:
    whole = read(body)
    if isinstance(whole, FetchError) or not whole.fingerprints or whole.skipped:
        return
    size = unchanged.SIZE
    marks = [whole.fingerprints[at : at + size] for at in range(0, len(whole.fingerprints), size)]
    chance = Random(1)
    for share in (0.1, 0.5, 0.9, 1):
        known = {mark for mark in marks if chance.random() < share}
        rest = read(body, b"".join(known))
        assert isinstance(rest, ParsedFeed)
        assert rest.fingerprints == whole.fingerprints
        assert rest.entries == whole.entries
        new = [one for one, mark in zip(whole.articles, marks, strict=True) if mark not in known]
        assert list(rest.articles) in (new, list(whole.articles))
        assert (rest.title, rest.hints, rest.earlier_url) == (
            whole.title,
            whole.hints,
            whole.earlier_url,
        )


def changed(number: int, bodies: list[bytes]) -> tuple[bytes, bytes]:
    """A feed before and after, of which one is a mutant of the other."""
    chance = Random(f"unchanged:{number}")
    body = chance.choice(bodies)
    mutant = chance.choice(mutate.MUTATIONS)(chance, body, chance.choice(bodies))
    for piece in mutate.REACHING:
        mutant = mutant.replace(piece, b"<b/>")
    return (body, mutant) if chance.random() < 0.5 else (mutant, body)


def bare(articles: tuple[Article, ...]) -> set[Article]:
    return {replace(one, keys=()) for one in articles}


def test_of_a_changed_document_nothing_new_is_left_out() -> None:
    seen: Counter[bool] = Counter()
    bodies = pieces()
    for number in range(MUTANTS):
        before, after = changed(number, bodies)
        first, whole = read(before), read(after)
        if isinstance(first, FetchError):
            continue
        rest = read(after, first.fingerprints)
        assert isinstance(rest, ParsedFeed) == isinstance(whole, ParsedFeed), number
        if isinstance(rest, FetchError) or isinstance(whole, FetchError):
            continue
        seen[rest.unchanged > 0] += 1
        assert set(rest.articles) <= set(whole.articles), number
        left_out = bare(whole.articles) - bare(rest.articles)
        assert left_out <= bare(first.articles), number
    assert seen[True] > MUTANTS / 10
    assert seen[False] > MUTANTS / 10


# --- particular ones -----------------------------------------------------------------


def test_only_what_is_new_or_edited_is_read() -> None:
    before = feed(entry(1), entry(2), entry(3))
    assert told(feed(entry(4), entry(1), entry(2), entry(3)), before) == (["4"], 3)
    edited = entry(2).replace("part 2", "part two")
    assert told(feed(entry(1), edited, entry(3)), before) == (["two"], 2)
    assert told(feed(entry(3)), before) == ([], 1)


def test_the_date_of_the_document_makes_no_entry_new() -> None:
    before = feed(entry(1), head="<lastBuildDate>Fri, 07 Mar 2025 10:15:00 GMT</lastBuildDate>")
    after = feed(entry(1), head="<lastBuildDate>Fri, 07 Mar 2025 10:30:00 GMT</lastBuildDate>")
    assert told(after, before) == ([], 1)


@pytest.mark.parametrize(
    "head", ["<link>https://b.example/</link>", "<language>fr</language>", "<x>1</x>"]
)
def test_other_words_before_the_entries_may_mean_something_for_them(head: str) -> None:
    assert told(feed(entry(1, link="one"), head=head), feed(entry(1, link="one"))) == (["1"], 0)


def test_a_guid_that_another_entry_has_by_now_is_nobodys() -> None:
    """Whether a guid is one entry's own is told by all entries."""
    titles, left_out = told(feed(entry(2, guid="1"), entry(1), entry(3)), feed(entry(1), entry(3)))
    assert (titles, left_out) == (["2", "1"], 1)
    titles, left_out = told(feed(entry(1), entry(3)), feed(entry(2, guid="1"), entry(1), entry(3)))
    assert (titles, left_out) == (["1"], 1)


def test_a_place_in_a_page_is_told_by_all_links() -> None:
    places = [entry(number, link=f"https://a.example/live#{number}") for number in (1, 2, 3)]
    assert told(feed(*places), feed(*places[1:])) == (["1", "2", "3"], 0)


@pytest.mark.parametrize("around", ["<!--{}-->", "<description><![CDATA[{}]]></description>"])
def test_an_entry_that_was_none_is_new_when_it_is_one(around: str) -> None:
    """In a comment, or in a text: it looks like an entry, and was not read as one."""
    before = feed(entry(1), head=around.format(entry(2)))
    assert told(feed(entry(2), entry(1)), before)[0] == ["2", "1"]


@pytest.mark.parametrize(
    "body",
    [
        feed(entry(1))[:-5],
        feed(entry(1), OTHER),
        b"<rss><channel><item><title>Talks, part 1<item></title></item></channel></rss>",
        feed("<item><description><![CDATA[an <item>]]></description><title>1</title></item>"),
        b"",
    ],
)
def test_of_a_document_that_cannot_be_cut_nothing_is_left_out(body: bytes) -> None:
    parsed = read(body)
    assert isinstance(parsed, FetchError) or parsed.fingerprints == b""


def test_what_looks_like_an_entry_takes_the_place_of_none() -> None:
    """Of another vocabulary, and not read as an entry."""
    before = feed(entry(1), entry(2))
    assert told(feed(entry(1), OTHER, entry(2)), before) == (["1", "2"], 0)


@pytest.mark.parametrize(
    ("piece", "guid"),
    [
        ("<item><guid> 1&amp;2 </guid></item>", "1&2"),
        ("<entry><a:id><![CDATA[3]]></a:id></entry>", "3"),
        ('<item rdf:about="4"><guid>5</guid></item>', "4"),
        ("<item whereabout='4' what_about='6'><guid>5</guid></item>", "5"),
        ("about = '7'", "7"),
        ("<item>about abut</item>", ""),
    ],
)
def test_a_guid_is_found_without_a_parser(piece: str, guid: str) -> None:
    assert unchanged._guid(piece) == guid


# --- polls ---------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def story(number: int, title: str = "") -> Item:
    link = f"https://a.example/{number}"
    return Item(guid=f"{number}", link=link, title=title or f"Talks, part {number}")


def test_a_poll_reads_what_is_new_and_stores_it_once(tmp_path: Path, server: FeedServer) -> None:
    stories = [story(number) for number in range(1, 6)]
    server.set_feed("/a.xml", stories)
    with Bench(tmp_path, [server.url("/a.xml")]) as bench:
        assert len(bench.poll().articles) == 5
        seen = bench.feed.fingerprints
        assert len(seen) == 5 * unchanged.SIZE
        bench.clock += timedelta(hours=1)
        server.set_feed("/a.xml", [story(6), *stories])
        assert [one.article.title for one in bench.poll().articles] == ["Talks, part 6"]
        assert bench.feed.fingerprints != seen
        bench.clock += timedelta(hours=1)
        server.set_feed("/a.xml", [story(6), *stories[1:]])
        assert bench.poll().articles == ()
        bench.clock += timedelta(hours=1)
        server.set_feed("/a.xml", [story(6, "Talks, part six"), *stories])  # one is back
        outcome = bench.poll()
        assert outcome.articles == ()
        assert [one.article.title for one in outcome.edited] == ["Talks, part six"]
        assert bench.feed.failures == 0
        assert not outcome.events


def test_a_poll_that_was_not_written_leaves_its_entries_new(
    tmp_path: Path, server: FeedServer
) -> None:
    server.set_feed("/a.xml", [story(1)])
    with Bench(tmp_path, [server.url("/a.xml")]) as bench:
        bench.poll()
        server.set_feed("/a.xml", [story(2), story(1)])
        bench.store._db.execute(
            "CREATE TEMP TRIGGER no BEFORE INSERT ON article BEGIN SELECT raise(FAIL, 'no'); END"
        )
        with pytest.raises(Exception, match="no"):
            bench.poll()
        bench.store._db.execute("DROP TRIGGER no")
        assert [one.article.title for one in bench.poll().articles] == ["Talks, part 2"]


def test_entries_that_roll_off_are_noticed_beside_those_that_stay(
    tmp_path: Path, server: FeedServer
) -> None:
    server.set_feed("/a.xml", [story(number) for number in range(1, 6)])
    with Bench(tmp_path, [server.url("/a.xml")]) as bench:
        bench.poll()
        bench.clock += timedelta(hours=1)
        server.set_feed("/a.xml", [story(number) for number in range(5, 15)])
        assert bench.poll().events == ()
        bench.clock += timedelta(hours=1)
        server.set_feed("/a.xml", [story(number) for number in range(20, 30)])
        assert len(bench.poll().events) == 1
