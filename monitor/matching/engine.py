"""Orders: rules are compiled once, then each article is judged by those it can match.

::

    article → fold → scan → candidates → where → match, unless → relevance → evidence

An engine does not change what it says; a reload compiles another one aside and swaps it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from time import monotonic, thread_time

from monitor.matching import packs, recogniser
from monitor.matching.candidates import Candidates
from monitor.matching.evaluate import (
    Found,
    all_leaves,
    evaluate,
    keys_of,
    leaves,
    mentions_of,
)
from monitor.matching.expressions import ExpressionTooSlow
from monitor.matching.index import Entry, Forms, Index, Key, Terms, other_forms, words_in
from monitor.matching.page import COUNTRY, LISTED, MAIN, MASK, NAMED, Mention, Page, RuleTooSlow
from monitor.matching.relevance import narrowest, relevance
from monitor.matching.rules import (
    ANY_LANGUAGE,
    Alias,
    All,
    Concept,
    Condition,
    Count,
    Entity,
    EntityKind,
    Field,
    Group,
    Leaf,
    Named,
    Near,
    Not,
    NotNear,
    Rule,
    RuleSet,
    Same,
    Term,
    TermList,
    Where,
    inner,
    label,
    rebuilt,
)
from monitor.models import Article, Evidence, Judged, Match, RuleTrouble

SECONDS = 2.0
"""How long one rule may look at one article, at each of two tries: the first may have paid for what
is only made once."""

SHOWN = 3
"""How many mentions of one condition go into the evidence, beside those in the same sentences."""
MOST_LOOKED_AT = 30
"""Of a condition's mentions, when those in sentences that are shown are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Compiled rules; made by ``compile_rules``, held by the readers."""

    rules: tuple[Rule, ...]
    version: str
    languages: frozenset[str]
    """What a text's language is chosen from."""
    index: Index
    candidates: Candidates
    fields: frozenset[Field]
    """Those that a rule looks into; title and body always."""


def compile_rules(
    ruleset: RuleSet,
    languages: Iterable[str] = (),
) -> Engine:
    """Make an engine.

    Args:
        ruleset: the rules with all that they name.
        languages: those that feeds bring beyond the rules' own.
    """
    used = languages_of(ruleset).union(languages)
    needed = leaves_of(ruleset)
    return Engine(
        rules=shared(ruleset.rules),
        version=ruleset.version,
        languages=used,
        index=Index(
            _countries(),
            Terms.of(
                chain(
                    _alias_entries(ruleset.aliases),
                    rule_entries(needed, ruleset),
                    listed_entries(ruleset),
                ),
                _forms(ruleset),
            ),
        ),
        candidates=Candidates([rule.match for rule in ruleset.rules]),
        fields=frozenset({Field.TITLE, Field.BODY}).union(*(leaf.scope.fields for leaf in needed)),
    )


def shared(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules with one object for all equal leaves: a page answers each only once.

    Of what must all hold the recogniser is asked last: mostly it need not be.
    """
    pool: dict[Leaf, Leaf] = {}

    def one(condition: Condition) -> Condition:
        if parts := inner(condition):
            if isinstance(condition, All):
                parts = tuple(sorted(parts, key=asks_the_recogniser))
            return rebuilt(condition, tuple(map(one, parts)))
        leaf: Leaf = condition  # type: ignore[assignment]
        return pool.setdefault(leaf, leaf)

    return tuple(
        replace(rule, match=one(rule.match), unless=tuple(map(one, rule.unless))) for rule in rules
    )


def asks_the_recogniser(condition: Condition) -> bool:
    """Whether a condition is about what the recogniser names, be it with others."""
    return any(isinstance(leaf, Named) for leaf in all_leaves(condition))


def languages_of(ruleset: RuleSet) -> frozenset[str]:
    """Those of the packs and of the rules' own lists."""
    lists = (*ruleset.concepts.values(),)
    return packs.languages().union(
        *(terms.terms.keys() - {ANY_LANGUAGE} for terms in lists),
        *(names.names.keys() - {ANY_LANGUAGE} for names in ruleset.entities.values()),
    )


class Openings:
    """What each rule of an engine asks for first, and the rules by that alone.

    Made by whoever asks ``is_promising``: most engines are never asked.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.conditions = tuple(opening(rule.match) for rule in engine.rules)
        self.candidates = Candidates(self.conditions)


def is_promising(openings: Openings, article: Article, now: datetime) -> bool:
    """Whether what some rule asks for first is there already, so that more of the text may decide.

    A rule that holds as it is needs no more.
    """
    engine = openings.engine
    page = Page(article, article.language, engine.index, engine.fields)
    for number in openings.candidates.among(page.counts):
        rule = engine.rules[number]
        with suppress(ExpressionTooSlow):
            if (
                not why_not_where(rule.where, page, now)
                and evaluate(openings.conditions[number], page) is not None
                and evaluate(rule.match, page) is None
            ):
                return True
    return False


def opening(condition: Condition) -> Condition:
    """What a condition asks for first, as its author wrote it."""
    match condition:
        case All(of=of) | Near(of=of) | Same(of=of):
            return next((opening(one) for one in of if not isinstance(one, Not)), condition)
        case NotNear(of=one) | Count(of=one):
            return opening(one)
        case _:
            return condition


def judge(engine: Engine, article: Article, now: datetime) -> Judged:
    """Judge an article, in the language that it names, by every rule that it can match."""
    return judge_in(engine, article, article.language, now)


def judge_in(engine: Engine, article: Article, language: str | None, now: datetime) -> Judged:
    """Judge an article in a language, whatever it names itself, by every rule that it can match."""
    page = Page(article, language, engine.index, engine.fields)
    numbers = engine.candidates.among(page.counts)
    if not numbers:
        return _unmatched(language)
    return judge_by([engine.rules[number] for number in numbers], page, now)


@lru_cache(maxsize=64)
def _unmatched(language: str | None) -> Judged:
    """One value for most articles: what comes often in an answer is pickled once."""
    return Judged(language=language)


def judge_by(rules: Iterable[Rule], page: Page, now: datetime) -> Judged:
    """Judge a page by these rules; one that fails does not hinder the others."""
    matches: list[Match] = []
    troubles: list[RuleTrouble] = []
    for rule in rules:
        try:
            match = _in_time(rule, page, now)
        except RuleTooSlow:
            troubles.append(RuleTrouble(rule_id=rule.id, why=f"took longer than {SECONDS:g} s"))
        except ExpressionTooSlow as error:
            troubles.append(RuleTrouble(rule_id=rule.id, why=str(error)))
        except Exception as error:  # noqa: BLE001 - a bug in one rule must not silence the others
            why = f"{type(error).__name__}: {error}"
            troubles.append(RuleTrouble(rule_id=rule.id, why=why))
        else:
            if match is not None:
                matches.append(match)
    return Judged(tuple(matches), tuple(troubles), page.language)


def _in_time(rule: Rule, page: Page, now: datetime) -> Match | None:
    page.is_late = _deadline(SECONDS)
    try:
        return _judge(rule, page, now)
    except RuleTooSlow:
        page.is_late = _deadline(SECONDS)
        return _judge(rule, page, now)


def _deadline(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed: ours too, not only that of a busy machine."""
    wall, busy = monotonic() + seconds, thread_time() + seconds
    return lambda: monotonic() > wall and thread_time() > busy


def _judge(rule: Rule, page: Page, now: datetime) -> Match | None:
    if why_not_where(rule.where, page, now):
        return None
    found = evaluate(rule.match, page)
    if found is None or any(evaluate(veto, page) for veto in rule.unless):
        return None
    page.is_late = lambda: False
    score = relevance(rule.match, found, page).score
    return Match(
        rule_id=rule.id,
        rule_version=rule.version,
        rule_title=rule.title,
        severity=rule.severity,
        relevance=score,
        is_weak=score < rule.min_relevance,
        notify=rule.notify,
        evidence=tuple(evidence(rule.match, found, page)),
        handling=rule.handling,
    )


def why_not_where(where: Where, page: Page, now: datetime) -> str:
    """Which of the rule's filters the page does not pass, in words; "" if it passes all.

    An article that did not come from a feed is not asked for its feed's tags.
    """
    article = page.article
    if where.languages and page.language not in where.languages:
        return f"language is {page.language or 'unknown'}, not {_or(where.languages)}"
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


def leaves_of(ruleset: RuleSet) -> tuple[Leaf, ...]:
    """Everything that rules ask for, and what the terms of their lists want nearby."""
    waiting = [one for rule in ruleset.rules for one in (rule.match, *rule.unless)]
    found: dict[Leaf, None] = {}
    while waiting:
        for leaf in all_leaves(waiting.pop()):
            if leaf not in found:
                found[leaf] = None
                waiting.extend(_wanted_nearby(leaf, ruleset))
    return tuple(found)


def _wanted_nearby(leaf: Leaf, ruleset: RuleSet) -> Iterator[Condition]:
    lists: list[Mapping[str, tuple[Term, ...]]] = []
    if isinstance(leaf, Concept):
        lists += [one.terms for one in used_lists(leaf.id, ruleset)]
    elif isinstance(leaf, Entity):
        lists.append(ruleset.entities[leaf.id].names)
    for terms in lists:
        for term in chain.from_iterable(terms.values()):
            yield from term.only_near
            yield from term.unless_near


def rule_entries(needed: Iterable[Leaf], ruleset: RuleSet) -> Iterator[Entry]:
    """All terms that the leaves stand for, but those of countries."""
    for leaf in needed:
        match leaf:
            case Group():
                yield from _group_entries(leaf)
            case Term():
                yield from _own_entries(leaf)
            case Named(text=text) if text:
                yield Entry(key=NAMED + text, text=text, is_inflected=True)
            case Concept(id=id_):
                for terms in used_lists(id_, ruleset):
                    yield from _list_entries(f"concept:{id_}", "term", terms.terms, terms.masks)
            case Entity(id=id_):
                names = ruleset.entities[id_]
                yield from _list_entries(f"entity:{id_}", "name", names.names, names.masks)


def listed_entries(ruleset: RuleSet) -> Iterator[Entry]:
    """The names of all entity files, for what is asked of names; those with conditions are none."""
    begins = {label: begins for begins, label in LISTED.items()}
    for names in ruleset.entities.values():
        key = f"{begins[_LABELS[names.kind]]}{names.id}"
        sure = {
            language: tuple(one for one in terms if not (one.only_near or one.unless_near))
            for language, terms in names.names.items()
        }
        yield from _list_entries(key, "name", sure, names.masks)


_LABELS = {
    EntityKind.PERSON: recogniser.PERSON,
    EntityKind.ORGANISATION: recogniser.ORGANISATION,
}


@cache
def _countries() -> Terms:
    """The words for every country, the same for all rules."""
    return Terms(country_entries, packs.knows, lambda word, _: (word,))


def country_entries(language: str) -> Iterator[Entry]:
    """The words for every country: those that no rule names support ambiguous ones."""
    among = () if language == ANY_LANGUAGE else (language,)
    for code in packs.territories():
        for word in packs.words(code, among):
            if word.language == language:
                yield _word_entry(word, word.text, is_prefix=word.is_prefix)
        for spoken, text in packs.masks(code, among):
            if spoken == language:
                yield Entry(
                    key=MASK + COUNTRY + code,
                    text=text.removesuffix("*"),
                    language=language,
                    is_prefix=text.endswith("*"),
                    is_inflected=True,
                )


def _alias_entries(aliases: Iterable[Alias]) -> Iterator[Entry]:
    for alias in aliases:
        text = alias.text.removesuffix("*")
        entry = _word_entry(alias, text, is_prefix=text != alias.text)
        yield replace(entry, key=MASK + entry.key) if alias.is_mask else entry


def _word_entry(word: packs.Word | Alias, text: str, *, is_prefix: bool) -> Entry:
    return Entry(
        key=COUNTRY + word.country,
        text=text,
        language=word.language,
        kind=word.kind,
        is_exact=word.is_exact,
        is_prefix=is_prefix,
        is_ambiguous=word.is_ambiguous,
        is_inflected=True,
    )


def _group_entries(leaf: Group) -> Iterator[Entry]:
    for id_ in leaf.ids:
        for language, names in packs.groups()[id_].names.items():
            for name in names:
                yield Entry(
                    key=f"group:{id_}",
                    text=name.removeprefix("="),
                    language=language,
                    kind="name",
                    is_exact=name.startswith("="),
                    is_inflected=True,
                )


def _own_entries(term: Term) -> Iterator[Entry]:
    (key,) = keys_of(term)
    yield _term_entry(key, "term", term, term.language or ANY_LANGUAGE)
    for mask in term.masks:
        yield _term_entry(MASK + key, "term", mask, term.language or ANY_LANGUAGE)


def _list_entries(
    key: Key,
    kind: str,
    listed: Mapping[str, tuple[Term, ...]],
    masks: Mapping[str, tuple[Term, ...]],
) -> Iterator[Entry]:
    for language, terms in listed.items():
        for term in terms:
            yield _term_entry(key, kind, term, language)
            for mask in term.masks:
                yield _term_entry(MASK + key, kind, mask, language)
    for language, terms in masks.items():
        yield from (_term_entry(MASK + key, kind, term, language) for term in terms)


def _term_entry(key: Key, kind: str, term: Term, language: str) -> Entry:
    return Entry(
        key=key,
        text=term.text,
        language=term.language or language,
        kind=kind,
        is_exact=term.is_exact,
        is_prefix=term.is_prefix,
        has_accents=term.has_accents,
        is_inflected=kind == "name",
        term=term if term.only_near or term.unless_near else None,
    )


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


def words_of(ruleset: RuleSet, languages: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every word of a term that may be inflected, with each language it may be of."""
    seen: set[tuple[str, str]] = set()
    for entry in rule_entries(leaves_of(ruleset), ruleset):
        if entry.is_inflected or entry.is_exact or entry.is_prefix:
            continue
        spoken = languages if entry.language == ANY_LANGUAGE else (entry.language,)
        for word in words_in(entry.text):
            for one in spoken:
                if (word, one) not in seen:
                    seen.add((word, one))
                    yield word, one


def spelled_terms(ruleset: RuleSet) -> Iterator[tuple[str, str, list[str]]]:
    """The language of each of the rules' terms, the term, and its other forms, folded."""
    forms = _forms(ruleset)
    for entry in rule_entries(leaves_of(ruleset), ruleset):
        if not entry.key.startswith(MASK):
            written = f"{'=' * entry.is_exact}{entry.text}{'*' * entry.is_prefix}"
            yield entry.language, written, other_forms(entry, forms)


def _forms(ruleset: RuleSet) -> Forms:
    def forms(word: str, language: str) -> tuple[str, ...]:
        return ruleset.forms.get(language, {}).get(word, (word,))

    return forms


# --- from a page to evidence ---------------------------------------------------------


def evidence(condition: Condition, found: Found, page: Page) -> Iterable[Evidence]:
    """For each condition that holds, its best mentions: the narrowest window first; and what else of
    it stands in a sentence that is shown for whichever, so that none is read without its marks."""
    window = narrowest(found)
    chosen = frozenset(map(id, window.mentions)) if window else frozenset()
    ranked = [(label(leaf), _ranked(leaf, chosen, page)) for leaf in leaves(condition)]
    shown = [[show(name, one, page) for one in mentions[:SHOWN]] for name, mentions in ranked]
    if any(len(mentions) > SHOWN for _, mentions in ranked):
        sentences = {_place(one) for best in shown for one in best}
        for (name, mentions), best in zip(ranked, shown, strict=True):
            beside = (one for one in mentions[SHOWN:MOST_LOOKED_AT] if _is_in(one, sentences))
            best.extend(show(name, one, page) for one in beside)
    return chain.from_iterable(shown)


def _place(shown: Evidence) -> tuple[str, int, int]:
    return shown.field, shown.sentence_start, shown.sentence_start + len(shown.sentence)


def _ranked(leaf: Leaf, chosen: frozenset[int], page: Page) -> Sequence[Mention]:
    """A condition's mentions, the most telling first; ``chosen`` are those of the narrowest window."""
    mentions = mentions_of(leaf, page)
    if len(mentions) == 1:
        return mentions
    return sorted(mentions, key=lambda one: (id(one) not in chosen, one.line != MAIN, one.first))


def _is_in(mention: Mention, sentences: Iterable[tuple[str, int, int]]) -> bool:
    field, start, end = mention.field.value, mention.start, mention.end
    return any(of == field and first <= start and end <= last for of, first, last in sentences)


def show(condition: str, mention: Mention, page: Page) -> Evidence:
    """A mention with its words and its sentence, as the article has them."""
    known = page.shown.get((condition, id(mention)))
    if known is None or known[0] is not mention:
        known = page.shown[condition, id(mention)] = mention, _shown(condition, mention, page)
    return known[1]


def _shown(condition: str, mention: Mention, page: Page) -> Evidence:
    text = page.text_of(mention.field)
    first, last = page.sentence(mention)
    sentence = text[first:last]
    return Evidence(
        condition=condition,
        field=mention.field.value,
        start=mention.start,
        end=mention.end,
        text=text[mention.start : mention.end],
        kind=str(mention.kind),
        sentence=sentence.strip(),
        sentence_start=first + len(sentence) - len(sentence.lstrip()),
    )
