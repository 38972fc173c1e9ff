"""Decides: what in rules is probably not meant as it is written: warnings, not mistakes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from monitor.errors import Mistake
from monitor.matching.commonwords import COMMON, LANGUAGES
from monitor.matching.references import (
    Kind,
    Listed,
    Reference,
    links,
    lists,
    named_by_rule,
    reached,
    terms_of,
    walk,
)
from monitor.matching.rules import (
    ANY_LANGUAGE,
    EVERYWHERE,
    LEAD_WORDS,
    All,
    Any,
    Concept,
    Condition,
    Country,
    EntityNames,
    Field,
    Leaf,
    Near,
    Not,
    NotNear,
    Place,
    Rule,
    RuleSet,
    Same,
    Score,
    Term,
    TermList,
    head,
    inner,
    label,
)
from monitor.matching.words import fold_term
from monitor.mistakes import listed, quoted

_SHORT = 4
"""Letters: an upper-case term of so many may be an everyday word too."""


def lint(
    ruleset: RuleSet,
    *,
    today: date,
    languages: Collection[str] = (),
    shipped: Mapping[str, TermList | EntityNames] | None = None,
) -> tuple[Mistake, ...]:
    """What is probably not meant so, by file and line.

    Args:
        ruleset: rules without mistakes, and what they name.
        today: for ``review_by``.
        languages: what the feeds carry; none: not known.
        shipped: concepts and entities that came with the program, by id: their terms are not
            looked at, unless the user has one of the same id.
    """
    known = _Known(ruleset=ruleset, languages=frozenset(languages))
    given = shipped or {}
    own: list[Listed] = [*ruleset.concepts.values(), *ruleset.entities.values()]
    found = chain(
        chain.from_iterable(_in_rule(rule, known, today) for rule in ruleset.rules),
        *(_in_list(one, known) for one in own if one != given.get(one.id)),
        _silent_languages(known),
    )
    return tuple(sorted(set(found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    ruleset: RuleSet
    languages: frozenset[str]
    parts: dict[tuple[str, Term], str] = field(default_factory=dict)
    """Which term of a concept has an excluded term in it, where that was looked for already."""

    def languages_of(self, rule: Rule) -> frozenset[str]:
        """Those of the texts that the rule may be asked about; none: any."""
        return rule.where.languages or self.languages


def _in_rule(rule: Rule, known: _Known, today: date) -> Iterator[Mistake]:
    for name, conditions in (("match", (rule.match,)), ("unless", rule.unless)):
        for condition in chain.from_iterable(map(walk, conditions)):
            for message in _of_condition(condition, known.languages_of(rule)):
                yield _warning(rule.place, f"{name}: {message}")
    for veto in rule.unless:
        for message in _of_veto(veto, rule, known):
            yield _warning(rule.place, f"unless: {message}")
    if rule.review_by and rule.review_by < today:
        yield _warning(rule.place, f"review_by: {rule.review_by} is past: look at the rule again")


def _warning(place: Place, message: str) -> Mistake:
    return Mistake(
        file=place.file, line=place.line, column=place.column, quote=place.quote, message=message
    )


# --- conditions ----------------------------------------------------------------------


def _of_condition(condition: Condition, languages: Collection[str]) -> Iterator[str]:
    match condition:
        case Term():
            is_everywhere = condition.language is None
            yield from _of_term(condition, languages, is_everywhere=is_everywhere)
        case All(within=words) | Near(words=words) if words is not None and words > LEAD_WORDS:
            yield f"{head(condition)}: wider than a lead ({LEAD_WORDS} words)"
        case Score():
            yield from _of_score(condition)
    if isinstance(condition, Near | Same) and any(isinstance(one, Not) for one in condition.of):
        yield f"{head(condition)}: a `not` in it is about the whole article: use not_near"


def _of_score(score: Score) -> Iterator[str]:
    """One condition must not do alone what several are weighed for."""
    wanted = [one for one in score.of if one.weight > 0]
    if len(wanted) < 2:
        return
    for one in wanted:
        if min(one.weight, one.most or one.weight) >= score.threshold:
            yield f"{head(score)}: one mention of {label(one.of)} reaches it alone"
        elif one.most is None or one.most >= score.threshold:
            least = f"give it a max below {score.threshold:g}"
            yield f"{head(score)}: {label(one.of)} reaches it alone by being repeated: {least}"


# --- terms ---------------------------------------------------------------------------


def _of_term(term: Term, languages: Collection[str], *, is_everywhere: bool) -> Iterator[str]:
    """``is_everywhere``: it is looked for in every language."""
    if _is_acronym(term):
        yield f'{label(term)} is found in small letters too: write "={term.text}" if it is a name'
    elif is_everywhere and (common := _everyday(term, languages)):
        yield f"{label(term)} is an everyday word in {_and(common)}: give it a language"


def _is_acronym(term: Term) -> bool:
    is_short = len(term.text) <= _SHORT and term.text.isalpha() and term.text.isupper()
    return is_short and not term.is_exact and not term.is_prefix


def _everyday(term: Term, languages: Collection[str]) -> list[str]:
    """The languages in which it is an everyday word too."""
    if term.is_prefix or term.only_near or (term.is_exact and not _is_small(term)):
        return []
    word = fold_term(term.text)
    return [
        LANGUAGES[language]
        for language, words in COMMON.items()
        if word in words and (not languages or language in languages)
    ]


def _is_small(term: Term) -> bool:
    return term.text == term.text.lower()


def _and(names: list[str]) -> str:
    return listed(names).replace(" or ", " and ")


def _in_list(found: Listed, known: _Known) -> Iterator[Mistake]:
    for language, terms in terms_of(found).items():
        masks = {
            _written(mask) for key in (language, ANY_LANGUAGE) for mask in found.masks.get(key, ())
        }
        for term in terms:
            is_everywhere = language == ANY_LANGUAGE
            messages = [*_of_term(term, known.languages, is_everywhere=is_everywhere)]
            if _written(term) in masks:
                messages.append(f"{label(term)} never counts: it is in `except` too")
            for message in messages:
                yield _warning(found.place, f"{language}: {message}")


def _written(term: Term) -> tuple[str, bool]:
    return fold_term(term.text), term.is_prefix


# --- exclusions ----------------------------------------------------------------------


def _of_veto(veto: Condition, rule: Rule, known: _Known) -> Iterator[str]:
    for one in _branches(veto):
        for wanted in _wanted(rule.match):
            if _repeats(one, wanted):
                yield f"{label(one)} is wanted too: where it stands the rule is silent"
            elif isinstance(one, Term) and (whole := _part_of(one, wanted, known)):
                yield f"{label(one)} is a part of {whole}, which is wanted: where it stands the rule is silent"


def _branches(condition: Condition) -> Iterator[Condition]:
    """What each vetoes by itself."""
    if isinstance(condition, Any):
        for one in condition.of:
            yield from _branches(one)
    else:
        yield condition


def _wanted(condition: Condition) -> Iterator[Condition]:
    """The condition and all inside it, but what is not to be there."""
    yield condition
    match condition:
        case Not():
            return
        case NotNear(of=one):
            yield from _wanted(one)
        case Score(of=weights):
            for weight in weights:
                if weight.weight > 0:
                    yield from _wanted(weight.of)
        case _:
            for one in inner(condition):
                yield from _wanted(one)


def _repeats(veto: Condition, wanted: Condition) -> bool:
    """Whether the veto holds wherever what is wanted does."""
    if veto == wanted:
        return True
    if not isinstance(veto, Leaf) or not isinstance(wanted, Leaf) or not _covers(veto, wanted):
        return False
    if isinstance(veto, Country) and isinstance(wanted, Country):
        return set(wanted.codes) <= set(veto.codes) and wanted.by <= veto.by
    return veto == replace(wanted, scope=veto.scope)


def _covers(veto: Leaf, wanted: Leaf) -> bool:
    """Whether it is looked for wherever the other is; what says nothing is not in URLs."""
    return veto.scope == wanted.scope or (
        veto.scope == EVERYWHERE and wanted.scope.fields <= {Field.TITLE, Field.LEAD, Field.BODY}
    )


def _part_of(veto: Term, wanted: Condition, known: _Known) -> str:
    """The wanted term that the excluded one is in; "" if there is none."""
    if veto.only_near or veto.unless_near or veto.masks:
        return ""
    match wanted:
        case Term() if _covers(veto, wanted):
            return label(wanted) if _is_inside(veto, wanted, wanted.language) else ""
        case Concept() if _covers(veto, wanted):
            key = (wanted.id, veto)
            if key not in known.parts:
                known.parts[key] = _part_of_concept(veto, wanted.id, known)
            return known.parts[key]
        case _:
            return ""


def _part_of_concept(veto: Term, concept: str, known: _Known) -> str:
    among = lists(known.ruleset.concepts, {})
    for name in sorted(reached([Reference(Kind.CONCEPT, concept)], links(among))):
        for language, terms in (terms_of(among[name]) if name in among else {}).items():
            for term in terms:
                if _is_inside(veto, term, None if language == ANY_LANGUAGE else language):
                    return f"{label(term)} ({name.kind}: {name.id})"
    return ""


def _is_inside(veto: Term, wanted: Term, language: str | None) -> bool:
    if veto.language not in {None, language} or (veto.is_exact and not wanted.is_exact):
        return False
    part, whole = _words(veto), _words(wanted)
    if wanted.is_prefix and not veto.is_prefix:
        whole = whole[:-1]
    starts = range(len(whole) - len(part) + 1)
    return bool(part) and any(_is_at(part, whole[at:], is_prefix=veto.is_prefix) for at in starts)


def _is_at(part: list[str], whole: list[str], *, is_prefix: bool) -> bool:
    if is_prefix:
        *part, last = part
        return whole[: len(part)] == part and whole[len(part)].startswith(last)
    return whole[: len(part)] == part


def _words(term: Term) -> list[str]:
    return fold_term(term.text).replace("|", " ").split()


# --- languages -----------------------------------------------------------------------


def _silent_languages(known: _Known) -> Iterator[Mistake]:
    """Concepts and entities that rules name, without a term in a language they are to be found in."""
    among = lists(known.ruleset.concepts, known.ruleset.entities)
    linked = links(among)
    asked: dict[Reference, set[str]] = {}
    for rule in known.ruleset.rules:
        for name in named_by_rule(rule):
            asked.setdefault(name, set()).update(known.languages_of(rule))
    for name, languages in asked.items():
        if name not in among:
            continue
        spoken = set(_languages([among[one] for one in reached([name], linked) if one in among]))
        if missing := sorted(languages - spoken if spoken - {ANY_LANGUAGE} else ()):
            message = f"no terms in {listed(list(map(quoted, missing)))}"
            yield _warning(among[name].place, f"{name.kind} {quoted(name.id)}: {message}")


def _languages(found: Iterable[Listed]) -> Iterator[str]:
    for one in found:
        yield from terms_of(one)
