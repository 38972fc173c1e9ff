"""Orders: what a reader process does with a body, and with new articles.

::

    read:   Response → inflate → parse → plain text → keys → ParsedFeed
            and, of a feed's first body → judged
    look:   the same; what is a web page instead → the feeds that it names → Page
    judge:  Articles → language → matches of every rule

A language is told of what is new alone, and of all that is new together.

Plain values come in and go out. The process holds the compiled rules, and is killed and
replaced when a call takes too long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor import allocator
from monitor.articles import identity, language, text
from monitor.articles.fulltext import article_of
from monitor.failpoints import failpoint
from monitor.feeds import entries
from monitor.feeds.discovery import Page, is_page, page
from monitor.feeds.encodings import decode
from monitor.feeds.parse import inflate, parse
from monitor.matching import recogniser
from monitor.matching.engine import Engine, Openings, compile_rules, is_promising, judge_in
from monitor.matching.packed import PackedRules
from monitor.models import Article, FeedSource, FetchError, Judged, ParsedFeed, Response, changed

DEADLINE = timedelta(seconds=5)
"""For reading one body, or one page; then the process is killed."""

BATCH, BATCH_TEXT = 50, 50_000
"""Articles, and characters of their texts, that are judged in one call: a hundredth of its deadline."""

MANY_RULES = 5_000
"""From which on it is worth a second at the start to have them lie in large pages."""

_engine: Engine | None = None
_opened: Openings | None = None


def start(rules: PackedRules, languages: frozenset[str]) -> None:
    """Make this process a reader of these rules."""
    global _engine  # noqa: PLW0603 - a process is a reader of one set of rules for its whole life
    _engine = compile_rules(rules.unpack(), languages)
    _engine.index.prepare(languages)  # others when a text comes: that has patience
    recogniser.prepare(languages)
    language.detect("warm", "up", _engine.languages)
    settle(len(_engine.rules))


def settle(rules: int) -> None:
    """So many rules are here to stay: no collection need look at them again, and where they are
    many they lie in large pages."""
    allocator.settle()
    if rules >= MANY_RULES:
        allocator.use_large_pages()


def ping() -> str:
    """Answer with the version of the rules, for the watchdog."""
    failpoint("reader: ping")
    return engine().version


def engine() -> Engine:
    """The rules of this process."""
    if _engine is None:
        raise RuntimeError("this process was not started as a reader")
    return _engine


def read(
    response: Response,
    source: FeedSource,
    now: datetime,
    max_bytes: int,
    fingerprints: bytes = b"",
) -> ParsedFeed | FetchError:
    """What a body says, as articles in plain text with their keys.

    Of the entries whose ``fingerprints`` are known it says only how many there are.
    """
    failpoint("reader: read")
    body = inflate(response, max_bytes)
    if isinstance(body, FetchError):
        return body
    parsed = parse(body, response, source, now, fingerprints)
    if isinstance(parsed, FetchError):
        return parsed
    return replace(
        parsed,
        title=text.line(parsed.title),
        articles=identity.with_keys(map(as_text, parsed.articles)),
    )


def read_first(
    response: Response,
    source: FeedSource,
    now: datetime,
    max_bytes: int,
    fingerprints: bytes = b"",
) -> ParsedFeed | FetchError:
    """What a body says that was never read before, judged in the same call as far as one may be:
    most of it will be new."""
    parsed = read(response, source, now, max_bytes, fingerprints)
    if isinstance(parsed, FetchError):
        return parsed
    return replace(parsed, judged=judge_all(next(batches(parsed.articles), ()), now))


def look(
    response: Response, source: FeedSource, now: datetime, max_bytes: int
) -> ParsedFeed | Page | FetchError:
    """What is at an address that somebody named: a feed, or a web page that may name some."""
    body = inflate(response, max_bytes)
    if isinstance(body, FetchError):
        return body
    if is_page(body):  # feedparser would take seconds to find no entry in a long one
        return page(decode(body, response.content_type), url=response.url)
    found = read(response, source, now, max_bytes)
    if isinstance(found, FetchError):
        return found
    return replace(found, articles=tuple(map(_spoken, found.articles)))


def read_page(response: Response, max_bytes: int) -> str:
    """What the article on a news page says; "" where there is none."""
    failpoint("reader: page")
    body = inflate(response, max_bytes)
    return "" if isinstance(body, FetchError) else article_of(decode(body, response.content_type))


def are_promising(articles: Sequence[Article], now: datetime) -> tuple[bool, ...]:
    """For each article, whether its whole text may make a rule hold that does not hold yet."""
    openings = _openings(engine())
    return tuple(is_promising(openings, _spoken(article), now) for article in articles)


def _openings(of: Engine) -> Openings:
    global _opened  # noqa: PLW0603 - as the engine that it belongs to
    if _opened is None or _opened.engine is not of:
        _opened = Openings(of)
    return _opened


def batches(articles: Iterable[Article]) -> Iterator[Sequence[Article]]:
    """Cut articles into what is judged in one call."""
    batch: list[Article] = []
    size = 0
    for article in articles:
        size += len(article.text)
        if batch and (len(batch) == BATCH or size > BATCH_TEXT):
            yield batch
            batch, size = [], len(article.text)
        batch.append(article)
    if batch:
        yield batch


def judge_all(articles: Sequence[Article], now: datetime) -> tuple[Judged, ...]:
    """Each article's matches, in the order of the articles."""
    failpoint("reader: judge")
    compiled = engine()
    return tuple(
        judge_in(compiled, article, spoken, now)
        for article, spoken in zip(articles, _languages(articles, compiled.languages), strict=True)
    )


def _spoken(article: Article) -> Article:
    return with_language(article, engine().languages)


def with_language(article: Article, among: frozenset[str]) -> Article:
    """The article in one of the languages: its feed's word first, else as it reads."""
    (spoken,) = _languages([article], among)
    return changed(article, language=spoken)


def _languages(articles: Sequence[Article], among: frozenset[str]) -> list[str | None]:
    told = [language.primary(article.language) for article in articles]
    untold = [one for one, known in zip(articles, told, strict=True) if not known]
    read = iter(language.detect_all([(one.title, one.text) for one in untold], among))
    return [known or next(read) for known in told]


def as_text(article: Article) -> Article:
    """The article in plain text."""
    return changed(
        article,
        title=text.line(article.title),
        text=text.plain(article.text),
        author=text.line(article.author),
        categories=tuple(map(text.line, article.categories)),
        url=article.url if entries.is_web(article.url) else "",
    )
