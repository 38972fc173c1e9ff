"""Data: a rule, its conditions and the term lists they name, as frozen values.

``rulefile`` makes them from YAML; ``engine`` compiles them. Files and places stay with them,
so that whatever is wrong later can still be pointed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from monitor.models import DigestTime, Handling, Severity, Throttle


class Field(StrEnum):
    """A part of an article that a condition may be confined to with ``in:``."""

    TITLE = "title"
    LEAD = "lead"
    """The title and the first 60 words of the body."""
    BODY = "body"
    URL = "url"
    AUTHOR = "author"
    CATEGORY = "category"


class Names(StrEnum):
    """The kinds of words for a country that ``by:`` chooses from."""

    NAME = "name"
    DEMONYM = "demonym"
    CAPITAL = "capital"
    GOVERNMENT = "government"


class Status(StrEnum):
    """How far a rule's author trusts it."""

    EXPERIMENTAL = "experimental"
    STABLE = "stable"
    DEPRECATED = "deprecated"


LEAD_WORDS = 60
"""Words of the body that belong to the lead, unless ``first_words`` says otherwise."""

NEARBY = 12
"""Words within which ``only_near`` and ``unless_near`` look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a condition is to stand; the default is the title and the body."""

    fields: frozenset[Field] = frozenset()
    """Empty: title and body."""
    first_words: int = LEAD_WORDS
    """How many words of the body the lead has."""


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words to be found, in order, on word borders; dictionary forms in every inflected form.

    ``is_exact`` (written ``=US``) compares letters, case and accents; ``is_prefix`` (written
    ``arme*``) lets the last word go on; ``has_accents`` (``accents: exact``) compares accents.
    """

    text: str
    is_exact: bool = False
    is_prefix: bool = False
    has_accents: bool = False
    language: str | None = None
    """The text's; ``None``: any."""
    only_near: tuple[Condition, ...] = ()
    """It counts only if one of these stands within ``NEARBY`` words."""
    unless_near: tuple[Condition, ...] = ()
    masks: tuple[Term, ...] = ()
    """Phrases (``except:``) inside which it does not count."""
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Any of the countries (ISO 3166 alpha-2), by the kinds of names in ``by``."""

    codes: tuple[str, ...]
    by: frozenset[Names] = frozenset(Names)
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of countries by its own name, or any of its members."""

    ids: tuple[str, ...]
    by: frozenset[Names] = frozenset(Names)
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """Any term of a named, multilingual term list."""

    id: str
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A person or an organisation from the entity files, by any of its names."""

    id: str
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the statistical recogniser found: a label (PER, ORG, LOC, MISC), and words in it."""

    label: str
    text: str = ""
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A regular expression (Unicode, time-limited)."""

    pattern: str
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """Every one of the conditions; ``within``: inside one window of so many words."""

    of: tuple[Condition, ...]
    within: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Any:
    """At least one of the conditions."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The condition does not hold anywhere in the article."""

    of: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """So many of the conditions."""

    n: int
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """All inside one window of so many words; ``ordered``: one after another as written."""

    words: int
    of: tuple[Condition, ...]
    ordered: bool = False


class Unit(StrEnum):
    """A stretch of text that ``same`` confines conditions to."""

    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """All inside one sentence, or one paragraph."""

    unit: Unit
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNear:
    """``of``, but not where ``to`` stands within so many words."""

    words: int
    of: Condition
    to: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """At least ``min`` mentions; ``short_min`` in texts of at most ``short_words`` words."""

    of: Condition
    min: int
    short_words: int = 0
    short_min: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What each mention of a condition adds to a score, up to ``most`` in all."""

    of: Condition
    weight: float
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A weighted sum of mentions that reaches a threshold."""

    threshold: float
    of: tuple[Weight, ...]


Leaf = Term | Country | Group | Concept | Entity | Named | Regex
"""Conditions without conditions inside: what stands in a text, or does not."""

Condition = Leaf | All | Any | Not | AtLeast | Near | Same | NotNear | Count | Score


def inner(condition: Condition) -> tuple[Condition, ...]:
    """The conditions inside one, as its author wrote them; none in a leaf."""
    match condition:
        case All(of=of) | Any(of=of) | AtLeast(of=of) | Near(of=of) | Same(of=of):
            return of
        case Not(of=one) | Count(of=one):
            return (one,)
        case NotNear(of=one, to=other):
            return (one, other)
        case Score(of=weights):
            return tuple(each.of for each in weights)
        case _:
            return ()


def rebuilt(condition: Condition, parts: tuple[Condition, ...]) -> Condition:
    """The condition with other conditions inside."""
    match condition:
        case All() | Any() | AtLeast() | Near() | Same():
            return replace(condition, of=parts)
        case Not() | Count():
            return replace(condition, of=parts[0])
        case NotNear():
            return replace(condition, of=parts[0], to=parts[1])
        case Score(of=weights):
            pairs = zip(weights, parts, strict=True)
            return replace(condition, of=tuple(replace(one, of=part) for one, part in pairs))
        case _:
            return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Filters on the article; one that lacks what is asked for does not pass."""

    languages: frozenset[str] = frozenset()
    feed_tags: frozenset[str] = frozenset()
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a file; lines and columns from 1."""

    file: str = ""
    line: int = 0
    column: int = 0
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """A text on which the rule must fire, or be silent; part of the rule's own file."""

    text: str
    fires: bool
    language: str | None = None
    place: Place = field(default_factory=Place, compare=False)


ANY, NORMAL, STRICT = 0.1, 0.23, 0.55
"""The named values of ``min_relevance`` (see ``relevance``); ``any`` leaves out only what all
conditions mention in passing, far from each other or at the end. 0 takes that too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an analyst wants to hear about."""

    id: str
    match: Condition
    title: str = ""
    owner: str = ""
    severity: Severity = Severity.NORMAL
    status: Status = Status.STABLE
    review_by: date | None = None
    unless: tuple[Condition, ...] = ()
    where: Where = field(default_factory=Where)
    notify: tuple[str, ...] | None = None
    """Destinations; ``None``: every one."""
    min_relevance: float = NORMAL
    digest: DigestTime | None = None
    """When what it finds is told together; ``None``: at once."""
    throttle: Throttle | None = None
    tests: tuple[RuleTest, ...] = ()
    version: str = ""
    """A short hash of the rule and of every term list it uses."""
    place: Place = field(default_factory=Place, compare=False)

    @property
    def handling(self) -> Handling:
        """How its matches are to be told."""
        return Handling(
            is_experimental=self.status is Status.EXPERIMENTAL,
            digest=self.digest,
            throttle=self.throttle,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermList:
    """A concept: terms for each language, and ``any`` for those safe in every one.

    ``masks`` (written ``except:``) are phrases inside which a term does not count.
    """

    id: str
    terms: Mapping[str, tuple[Term, ...]]
    masks: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    use: tuple[str, ...] = ()
    """Other concepts whose terms are its own too."""
    place: Place = field(default_factory=Place, compare=False)


class EntityKind(StrEnum):
    """What an entity is, as recognisers label it."""

    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityNames:
    """An entity file: the names and aliases of a person or an organisation in each language."""

    id: str
    kind: EntityKind
    names: Mapping[str, tuple[Term, ...]]
    masks: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A user's own word for a country, from ``rules/packs/``; or a phrase (``except:``) inside
    which none of its words counts."""

    country: str
    language: str
    text: str
    kind: Names
    is_exact: bool = False
    is_ambiguous: bool = False
    is_mask: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules and what they name: what one engine is compiled from."""

    rules: tuple[Rule, ...] = ()
    concepts: Mapping[str, TermList] = field(default_factory=dict)
    entities: Mapping[str, EntityNames] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    forms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, compare=False)
    """By language, the inflected forms of the words in terms."""
    version: str = ""


ANY_LANGUAGE = "any"
"""The key of a term list's script-safe terms."""


def label(condition: Condition) -> str:
    """The condition as its author wrote it, in one line: ``country: DZ``, ``concept: arms``."""
    match condition:
        case Term(text=text, is_exact=is_exact, is_prefix=is_prefix):
            return f'"{"=" * is_exact}{text}{"*" * is_prefix}"'
        case Country(codes=codes):
            return f"country: {_names(codes)}"
        case Group(ids=ids):
            return f"group: {_names(ids)}"
        case Concept(id=id_):
            return f"concept: {id_}"
        case Entity(id=id_):
            return f"entity: {id_}"
        case Named(label=kind, text=text):
            return f"named: {kind}" + (f" {text}" if text else "")
        case Regex(pattern=pattern):
            return f"regex: {pattern}"
        case _:
            return head(condition) + f": [{', '.join(map(label, inner(condition)))}]"


def head(condition: Condition) -> str:
    """What a condition with conditions inside asks of them: ``all within 60 words``."""
    match condition:
        case All(within=within):
            return "all" + (f" within {within} words" if within else "")
        case Any():
            return "any"
        case Not():
            return "not"
        case AtLeast(n=n, of=of):
            return f"at least {n} of {len(of)}"
        case Near(words=words, ordered=ordered):
            return f"near, {words} words" + (", in this order" if ordered else "")
        case Same(unit=unit):
            return f"same {unit}"
        case NotNear(words=words):
            return f"the first, not within {words} words of the second"
        case Count(min=least, short_words=short, short_min=short_min):
            return f"at least {least} times" + (
                f" ({short_min} in up to {short} words)" if short else ""
            )
        case Score(threshold=threshold):
            return f"a score of {threshold:g}"
        case _:
            return label(condition)


def _names(ids: tuple[str, ...]) -> str:
    return ids[0] if len(ids) == 1 else f"[{', '.join(ids)}]"
