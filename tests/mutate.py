"""Feeds broken in every way, read as the daemon reads them: ``python -m tests.mutate``.

Each mutant is a feed of ``tests/feeds`` or of ``../shared/corpora`` with one to four
mutations; its number and the seed make it, so that one can be made again (``--show NUMBER``).
It is read by ``reading.read`` in a killable process with the daemon's deadline. What comes back
is a feed or a refusal; a reader that was killed or died is counted; one that raised is a bug.

Beside that, one entry of a feed of ten is damaged, and the nine others must come back as they were.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor import reading
from monitor.errors import WorkerDied, WorkerRaised, WorkerTimeout
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.models import Article, FeedSource, FetchError, ParsedFeed, Response
from monitor.workers import Workers

ROOT = Path(__file__).parent
CORPORA = ROOT.parent.parent / "shared" / "corpora"
URL = "https://feeds.example/news/feed.xml"
NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
LARGEST = 100_000
"""Bytes of a feed that is mutated: larger ones say nothing more, and take longer."""

Mutation = Callable[[Random, bytes, bytes], bytes]
"""Of a body, and of another body that may lend something."""


# --- mutations -----------------------------------------------------------------------


def flip_bits(random: Random, body: bytes, other: bytes) -> bytes:
    broken = bytearray(body)
    for _ in range(random.choice([1, 3, 10, 100])):
        broken[random.randrange(len(broken))] ^= 1 << random.randrange(8)
    return bytes(broken)


def cut(random: Random, body: bytes, other: bytes) -> bytes:
    return body[: random.randrange(len(body))]


def cut_out(random: Random, body: bytes, other: bytes) -> bytes:
    start, end = _span(random, body)
    return body[:start] + body[end:]


def double(random: Random, body: bytes, other: bytes) -> bytes:
    start, end = _span(random, body)
    return body[:end] + body[start:end] * random.choice([1, 1, 2, 20]) + body[end:]


def swap(random: Random, body: bytes, other: bytes) -> bytes:
    """A piece of another feed in the place of one's own."""
    start, end = _span(random, body)
    theirs = slice(*_span(random, other))
    return body[:start] + other[theirs] + body[end:]


def double_tag(random: Random, body: bytes, other: bytes) -> bytes:
    start = body.find(b"<", random.randrange(len(body)))
    end = body.find(b">", start) + 1
    return body[:end] + body[start:end] + body[end:] if 0 <= start < end else body


def drop_sign(random: Random, body: bytes, other: bytes) -> bytes:
    at = body.find(random.choice([b"<", b">", b'"', b"&", b";", b"/", b"]", b"}", b","]))
    return body[:at] + body[at + 1 :] if at >= 0 else body


def reencode(random: Random, body: bytes, other: bytes) -> bytes:
    """Written in other letters than it says."""
    text = body.decode("utf-8", "replace")
    name = random.choice(
        ["utf-16", "utf-16-le", "utf-32", "cp1256", "koi8-r", "shift_jis", "utf-7"]
    )
    return text.encode(name, "replace")


def misdeclare(random: Random, body: bytes, other: bytes) -> bytes:
    name = random.choice([b"utf-16", b"koi8-r", b"ebcdic-cp-us", b"zlib", b"x", b"", b"a" * 300])
    start = body.find(b"?>") + 2 if body.startswith(b"<?xml") else 0
    return b'<?xml version="1.0" encoding="' + name + b'"?>' + body[start:]


def insert(random: Random, body: bytes, other: bytes) -> bytes:
    """Something that means something to a parser, or should mean nothing."""
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(PIECES) + body[at:]


def nest(random: Random, body: bytes, other: bytes) -> bytes:
    at = body.find(b">", random.randrange(len(body))) + 1
    tag = random.choice([b"<a>", b"<item>", b"<title>", b"&lt;b&gt;", b"[", b'{"a":'])
    return body[:at] + tag * random.choice([10, 200, 3_000]) + body[at:]


def grow(random: Random, body: bytes, other: bytes) -> bytes:
    """A run of one letter, or an attribute, of some kilobytes."""
    at = body.find(random.choice([b">", b"<", b"="]), random.randrange(len(body))) + 1
    piece = random.choice([b"a", b" ", b"\n", b"a.", b"@", "ع".encode(), "😀".encode(), b' a="1"'])
    return body[:at] + piece * random.choice([100, 1_000, 4_000]) + body[at:]


def bomb(random: Random, body: bytes, other: bytes) -> bytes:
    """Entities of entities, and a reference to them."""
    entities = b'<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(98, 106)
    )
    at = body.find(b"<title>") + 7
    prolog = random.choice([b"<!DOCTYPE x [", b"<!DOCTYPE rss SYSTEM 'file:///etc/passwd' ["])
    return prolog + entities + b"]>" + body[:at] + b"&i;" + body[at:]


MUTATIONS: tuple[Mutation, ...] = (
    *(flip_bits, cut, cut_out, double, swap, double_tag, drop_sign, reencode),
    *(misdeclare, insert, nest, grow, bomb),
)
REACHING = (*(b"<entry/>", b"<image><width>x</width></image>", b"<x xml:base='http://[::1'/>"),)
"""Well-formed, and meant for more than their entry, as feedparser sees it."""
PIECES = (
    *REACHING,
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>", b"<", b">", b"&", b"&#0;", b"&#xD800;"),
    *(b"&#99999999999;", b"&nbsp;", b"&unknown;", b"\0", b"\x1b[2J", b"\xff\xfe", b"\xed\xa0\x80"),
    *(
        b"</item>",
        b"<item>",
        b"</channel>",
        b"<entry/>",
        b"<link/>",
        b"<guid>",
        b"<svg>",
        b"</svg>",
    ),
    *(
        b"<title type='xhtml'>",
        b"<content mode='base64'>",
        b"<link rel='alternate' href='http://['/>",
    ),
    *(b"<pubDate>9999999999999999</pubDate>", b"<media:rating/>", b"<enclosure url='::'/>"),
    b"<source url='x'>",
    *(b'"', b"\\ud800", b"\\", b'{"items":[', b"1e999", b"-", b"null", b"\xef\xbb\xbf"),
)


def _span(random: Random, body: bytes) -> tuple[int, int]:
    start = random.randrange(len(body))
    return start, min(len(body), start + random.choice([1, 10, 100, 1_000, 10_000]))


# --- mutants -------------------------------------------------------------------------


def sources() -> tuple[bytes, ...]:
    """Our own feeds, and those of the corpora where they are."""
    files = sorted((ROOT / "feeds").rglob("*.*")) + sorted(CORPORA.rglob("*.*"))
    kinds = (".xml", ".rss", ".atom", ".jsonfeed")
    bodies = (
        path.read_bytes() for path in files if path.suffix in kinds or "json_feed" in path.name
    )
    return tuple(body for body in bodies if 1 < len(body) <= LARGEST)


def mutant(feeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """The mutant of that number: always the same for the same feeds and seed."""
    random = Random(f"{seed}:{number}")
    body = random.choice(feeds)
    for _ in range(random.choice([1, 1, 2, 4])):
        if body:
            body = random.choice(MUTATIONS)(random, body, random.choice(feeds))
    return body


# --- one bad entry -------------------------------------------------------------------

_RSS = (
    "<item><title>Arms {0}</title><link>https://example.org/{0}</link><guid>g{0}</guid>"
    "<pubDate>Fri, 07 Mar 2025 10:15:00 GMT</pubDate><category>gas</category>"
    "<description>&lt;p&gt;Text {0}&lt;/p&gt;</description></item>"
)
_ATOM = (
    "<entry><id>g{0}</id><title type='html'>Arms {0}</title><link href='https://example.org/{0}'/>"
    "<updated>2025-03-07T10:15:00Z</updated><author><name>Jane</name></author>"
    "<summary>Text {0}</summary></entry>"
)
_PAGE = (
    "<url><loc>https://example.org/{0}</loc><n:news><n:title>Arms {0}</n:title>"
    "<n:publication_date>2025-03-07</n:publication_date></n:news></url>"
)
_SITEMAP = (
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
    " xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{}</urlset>"
)
_KINDS = {
    "RSS": ("<rss version='2.0'><channel><title>T</title>{}</channel></rss>", _RSS),
    "Atom": ("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{}</feed>", _ATOM),
    "sitemap": (_SITEMAP, _PAGE),
}
ENTRIES = 10
"""Entries of such a feed."""

_DAMAGE: tuple[Mutation, ...] = (flip_bits, cut_out, double, drop_sign, insert, grow)
"""``insert`` without what is ``REACHING``."""


def damaged(seed: int, number: int) -> tuple[str, int, bytes, bytes]:
    """A kind of feed, which of its entries is damaged, the feed before, and after."""
    random = Random(f"{seed}:entry:{number}")
    kind = random.choice(list(_KINDS))
    frame, entry = _KINDS[kind]
    entries = [entry.format(at).encode() for at in range(ENTRIES)]
    which = random.randrange(ENTRIES)
    whole = entries[which]
    start, end = whole.index(b">") + 1, whole.rindex(b"<")  # its own first and last tag stay
    broken = random.choice(_DAMAGE)(random, whole[start:end], whole[start:end])
    for piece in REACHING:
        broken = broken.replace(piece, b"<![CDATA[")
    before, after = (part.encode() for part in frame.split("{}"))
    spoilt = [*entries[:which], whole[:start] + broken + whole[end:], *entries[which + 1 :]]
    return kind, which, before + b"".join(entries) + after, before + b"".join(spoilt) + after


# --- running -------------------------------------------------------------------------


@dataclass(kw_only=True)
class Tally:
    """What became of the mutants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    bugs: list[tuple[int, str]] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds, of those that were not killed; with the wait for a free reader."""


async def run(
    numbers: Iterator[int], seed: int, readers: Workers, at_once: int, tally: Tally
) -> None:
    """Read the mutants of those numbers, so many at once, and count in ``tally`` what they become."""
    feeds = sources()

    async def one_after_another() -> None:
        for number in numbers:
            body = mutant(feeds, seed, number)
            began = time.monotonic()
            outcome = await _outcome(readers, body)
            tally.outcomes[outcome] += 1
            if outcome.startswith("raised"):
                tally.bugs.append((number, outcome))
            elif outcome.startswith("killed"):
                tally.killed.append(number)
            else:
                tally.slowest = max(tally.slowest, time.monotonic() - began)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))


async def _outcome(readers: Workers, body: bytes) -> str:
    response = Response(url=URL, body=body, body_hash="", content_type="application/xml")
    try:
        parsed = await readers.call(
            reading.DEADLINE, reading.read, response, FeedSource(url=URL), NOW, 10_000_000
        )
    except WorkerTimeout:
        return "killed at its deadline"
    except WorkerDied:
        return "killed, out of memory or otherwise"
    except WorkerRaised as error:
        return f"raised: {error}"
    if isinstance(parsed, FetchError):
        return f"refused: {parsed.detail.partition(':')[0]}"
    assert isinstance(parsed, ParsedFeed)
    return "a feed with entries" if parsed.articles else "a feed without entries"


def readers(count: int = 2) -> Workers:
    """Readers as the daemon has them, without rules."""
    return Workers(count, reading.start, (PackedRules.of(RuleSet()), frozenset({"en"})))


def lost_beside(number: int, seed: int) -> tuple[str, int]:
    """Of the nine entries beside a damaged one: how many are not as they were. In this process."""
    kind, which, before, after = damaged(seed, number)
    good, bad = _articles(before), _articles(after)
    others = [article for at, article in enumerate(good) if at != which]
    return kind, sum(article not in bad for article in others)


def _articles(body: bytes) -> tuple[Article, ...]:
    response = Response(url=URL, body=body, body_hash="")
    parsed = reading.read(response, FeedSource(url=URL), NOW, 10_000_000)
    return parsed.articles if isinstance(parsed, ParsedFeed) else ()


def main(arguments: list[str]) -> int:
    """Run, and print the table, also when interrupted; 1 where anything raised."""
    options = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    options.add_argument("-n", "--number", type=int, default=150_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, metavar="NUMBER", help="write that mutant to stdout")
    chosen = options.parse_args(arguments)
    if chosen.show is not None:
        sys.stdout.buffer.write(mutant(sources(), chosen.seed, chosen.show))
        return 0
    console = Console(stderr=True)
    pool, began, tally = readers(), time.monotonic(), Tally()
    with contextlib.closing(pool), contextlib.suppress(KeyboardInterrupt):
        numbers = iter(track(range(chosen.number), "Mutants", console=console))
        asyncio.run(run(numbers, chosen.seed, pool, 2, tally))
    done = sum(tally.outcomes.values())
    table = Table("outcome", "mutants", title=f"{done:,} mutants, seed {chosen.seed}")
    for outcome, count in tally.outcomes.most_common():
        table.add_row(outcome, f"{count:,}")
    Console().print(table)
    print(
        f"{time.monotonic() - began:.0f} s; slowest that was not killed {tally.slowest:.1f} s;"
        f" killed: {tally.killed[:20]}; raised: {tally.bugs[:20]}"
    )
    return 1 if tally.bugs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
