"""Orders: rules are compiled once, then each article is judged by all of them.

::

    article → fold → index → page → where → match, unless → relevance → evidence

An engine is immutable; a reload compiles another one aside and swaps it in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from monitor.matching import packs
from monitor.matching.entities import sentence_around
from monitor.matching.evaluate import (
    MAIN,
    Interval,
    Mention,
    Page,
    all_leaves,
    covers,
    evaluate,
    is_in_lead,
    keys_of,
    leaves,
    mentions_of,
)
from monitor.matching.index import Entry, Index, Key
from monitor.matching.relevance import narrowest, relevance
from monitor.matching.rules import (
    ANY_LANGUAGE,
    Concept,
    Country,
    Field,
    Names,
    Rule,
    RuleSet,
    Term,
    TermList,
    Where,
    label,
)
from monitor.matching.words import fold
from monitor.models import Article, Evidence, Match

LANGUAGES = frozenset(["ar", "de", "en", "es", "fr", "it", "pt", "ru", "tr", "zh"])
"""Those that the country packs are written in."""

MENTIONS = 200
"""How many mentions of one thing are kept: more say nothing new."""

SUPPORT = 12
"""Words within which another country's name supports an ambiguous one."""

SHOWN = 3
"""How many mentions of one condition go into the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Compiled rules; made by ``compile_rules``, held by the readers."""

    rules: tuple[Rule, ...]
    version: str
    languages: frozenset[str]
    """What a text's language is chosen from."""
    index: Index
    fields: frozenset[Field]
    """Those that a rule looks into; title and body always."""


def compile_rules(ruleset: RuleSet, languages: Iterable[str] = ()) -> Engine:
    """Make an engine; ``languages`` are those that feeds bring beyond the rules' own."""
    used = LANGUAGES.union(
        languages,
        *(terms.terms.keys() - {ANY_LANGUAGE} for terms in ruleset.concepts.values()),
    )
    needed = tuple(
        dict.fromkeys(
            chain.from_iterable(
                all_leaves(condition)
                for rule in ruleset.rules
                for condition in (rule.match, *rule.unless)
            )
        )
    )
    return Engine(
        rules=ruleset.rules,
        version=ruleset.version,
        languages=used,
        index=Index(_entries(needed, ruleset, used)),
        fields=frozenset({Field.TITLE, Field.BODY}).union(*(leaf.fields for leaf in needed)),
    )


def judge(engine: Engine, article: Article, now: datetime) -> tuple[Match, ...]:
    """Every match of every rule on the article, weak ones included."""
    page, _ = read_page(engine, article)
    matches = (_judge(rule, article, page, now) for rule in engine.rules)
    return tuple(match for match in matches if match is not None)


def _judge(rule: Rule, article: Article, page: Page, now: datetime) -> Match | None:
    if why_not_where(rule.where, article, now):
        return None
    if evaluate(rule.match, page) is None or any(evaluate(veto, page) for veto in rule.unless):
        return None
    score = relevance(rule.match, page, len(article.title) + len(article.text)).score
    return Match(
        rule_id=rule.id,
        rule_version=rule.version,
        rule_title=rule.title,
        severity=rule.severity,
        relevance=score,
        is_weak=score < rule.min_relevance,
        notify=rule.notify,
        evidence=tuple(evidence(rule, article, page)),
    )


def why_not_where(where: Where, article: Article, now: datetime) -> str:
    """Which of the rule's filters the article does not pass, in words; "" if it passes all.

    An article that did not come from a feed is not asked for its feed's tags.
    """
    if where.languages and article.language not in where.languages:
        return f"language is {article.language or 'unknown'}, not {_or(where.languages)}"
    if where.feed_tags and article.feed_url and where.feed_tags.isdisjoint(article.tags):
        return f"its feed has none of the tags {_or(where.feed_tags)}"
    if where.max_age is not None:
        if article.published_at is None:
            return "it has no date, and the rule asks for max_age"
        if now - article.published_at > where.max_age:
            return f"it is older than {where.max_age}"
    return ""


def _or(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


# --- terms -------------------------------------------------------------------------


def _entries(
    needed: Sequence[Term | Country | Concept], ruleset: RuleSet, languages: frozenset[str]
) -> Iterator[Entry]:
    codes: set[str] = set()
    concepts: set[str] = set()
    for leaf in needed:
        match leaf:
            case Country():
                codes.update(leaf.codes)
            case Concept():
                concepts.add(leaf.id)
            case Term():
                yield _term_entry(keys_of(leaf)[0], leaf, ANY_LANGUAGE)
    for code in sorted(codes):
        for word in packs.words(code, languages):
            yield Entry(
                key=("country", code),
                text=word.text,
                language=word.language,
                kind=word.kind,
                is_exact=word.is_exact,
                is_ambiguous=word.is_ambiguous,
            )
        for language, text in packs.masks(code, languages):
            yield Entry(key=_mask(("country", code)), text=text, language=language)
    for concept in sorted(concepts):
        for terms in used_lists(concept, ruleset):
            for language, listed in terms.terms.items():
                yield from (_term_entry(("concept", concept), term, language) for term in listed)
            for language, listed in terms.masks.items():
                yield from (
                    _term_entry(_mask(("concept", concept)), term, language) for term in listed
                )


_MASK = "mask"


def _mask(key: Key) -> Key:
    """What the index knows the phrases by that mask a key's mentions."""
    return _MASK, ":".join(key)


def used_lists(concept: str, ruleset: RuleSet) -> tuple[TermList, ...]:
    """The concept's own term list and those that it uses, each once."""
    found: dict[str, TermList] = {}
    waiting = [concept]
    while waiting:
        name = waiting.pop()
        if name not in found and name in ruleset.concepts:
            found[name] = ruleset.concepts[name]
            waiting.extend(found[name].use)
    return tuple(found.values())


def _term_entry(key: Key, term: Term, language: str) -> Entry:
    return Entry(
        key=key,
        text=term.text,
        language=language,
        is_exact=term.is_exact,
        is_prefix=term.is_prefix,
    )


# --- from an article to a page -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A mention that does not count, and why."""

    mention: Mention
    why: str


def read_page(engine: Engine, article: Article) -> tuple[Page, tuple[Dropped, ...]]:
    """All mentions of the article that count, and those that do not."""
    found: defaultdict[Key, list[tuple[Mention, bool]]] = defaultdict(list)
    masks: defaultdict[Key, list[Mention]] = defaultdict(list)
    title_words = 0
    for field, text in texts(article):
        if field not in engine.fields:
            continue
        folded = fold(text)
        line, shift = (MAIN, title_words) if field is Field.BODY else (field.value, 0)
        if field is Field.TITLE:
            line, title_words = MAIN, len(folded.spans)
        for hit in engine.index.hits(text, folded, article.language):
            mention = Mention(
                key=hit.key,
                kind=hit.kind,
                field=field,
                line=line,
                first=hit.first + shift,
                last=hit.last + shift,
                start=folded.spans[hit.first][0],
                end=_end(text, folded.spans[hit.first][0], folded.spans[hit.last][1]),
            )
            if hit.key[0] == _MASK:
                masks[hit.key].append(mention)
            elif len(found[hit.key]) < MENTIONS:
                found[hit.key].append((mention, hit.is_ambiguous))
    return _sift(found, masks, title_words)


def _end(text: str, start: int, end: int) -> int:
    """The full stop that ends a dotted acronym belongs to it: U.S., EE. UU."""
    return end + 1 if text[end : end + 1] == "." in text[start:end] else end


def _sift(
    found: defaultdict[Key, list[tuple[Mention, bool]]],
    masks: Mapping[Key, list[Mention]],
    title_words: int,
) -> tuple[Page, tuple[Dropped, ...]]:
    """Leave out what stands inside a masking phrase, and the ambiguous without support."""
    dropped: list[Dropped] = []
    unmasked: defaultdict[Key, list[tuple[Mention, bool]]] = defaultdict(list)
    for key, mentions in found.items():
        for mention, is_ambiguous in mentions:
            if any(covers(mask, mention) for mask in masks.get(_mask(key), ())):
                dropped.append(Dropped(mention=mention, why="inside an excepted phrase"))
            else:
                unmasked[key].append((mention, is_ambiguous))
    sure = [
        mention
        for key, mentions in unmasked.items()
        for mention, is_ambiguous in mentions
        if key[0] == "country" and not is_ambiguous
    ]
    kept: dict[Key, tuple[Mention, ...]] = {}
    for key, mentions in unmasked.items():
        counted = []
        for mention, is_ambiguous in mentions:
            if is_ambiguous and not any(_supports(other, mention) for other in sure):
                dropped.append(Dropped(mention=mention, why="ambiguous, and nothing supports it"))
            else:
                counted.append(mention)
        if counted:
            kept[key] = tuple(counted)
    return Page(mentions=kept, title_words=title_words), tuple(dropped)


def _supports(other: Mention, ambiguous: Mention) -> bool:
    """An unambiguous word for the same country, or close by the name or capital of another."""
    if other.key == ambiguous.key:
        return True
    return (
        other.kind != Names.DEMONYM
        and other.line == ambiguous.line
        and abs(other.first - ambiguous.first) <= SUPPORT
    )


def texts(article: Article) -> Iterator[tuple[Field, str]]:
    """The article's fields as conditions name them, the title before the body."""
    yield Field.TITLE, article.title
    yield Field.BODY, article.text
    yield Field.URL, article.url
    yield Field.AUTHOR, article.author
    yield Field.CATEGORY, " | ".join(article.categories)


# --- from a page to evidence ---------------------------------------------------------


def evidence(rule: Rule, article: Article, page: Page) -> Iterator[Evidence]:
    """For each condition that holds, its best mentions: the rule's narrowest window first."""
    window = narrowest(rule.match, page)
    for leaf in leaves(rule.match):
        mentions = sorted(
            mentions_of(leaf, page),
            key=lambda mention: (not _is_inside(mention, window), _rank(mention, page)),
        )
        for mention in mentions[:SHOWN]:
            yield show(label(leaf), mention, article)


def show(condition: str, mention: Mention, article: Article) -> Evidence:
    """A mention with its words and its sentence, as the article has them."""
    text = dict(texts(article))[mention.field]
    first, last = sentence_around(text, mention.start, mention.end)
    return Evidence(
        condition=condition,
        field=mention.field.value,
        start=mention.start,
        end=mention.end,
        text=text[mention.start : mention.end],
        kind=str(mention.kind),
        sentence=text[first:last].strip(),
        sentence_start=first + len(text[first:last]) - len(text[first:last].lstrip()),
    )


def _is_inside(mention: Mention, window: Interval | None) -> bool:
    return window is not None and mention in window.mentions


def _rank(mention: Mention, page: Page) -> tuple[int, int]:
    place = 0 if mention.field is Field.TITLE else 1 if is_in_lead(mention, page) else 2
    return place, mention.first
