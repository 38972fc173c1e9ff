"""Data: a rule, its conditions and the term lists they name, as frozen values.

``rulefile`` makes them from YAML; ``engine`` compiles them. Files and places stay with them,
so that whatever is wrong later can still be pointed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from monitor.models import Severity


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words to be found, in order, on word borders.

    ``is_exact`` (written ``=US``) compares letters, case and accents; ``is_prefix`` (written
    ``arme*``) lets the last word go on.
    """

    text: str
    is_exact: bool = False
    is_prefix: bool = False
    fields: frozenset[Field] = frozenset()
    """Empty: title and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Any of the countries (ISO 3166 alpha-2), by the kinds of names in ``by``."""

    codes: tuple[str, ...]
    by: frozenset[Names] = frozenset(Names)
    fields: frozenset[Field] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """Any term of a named, multilingual term list."""

    id: str
    fields: frozenset[Field] = frozenset()


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


Condition = Term | Country | Concept | All | Any | Not


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


ANY, NORMAL, STRICT = 0.0, 0.35, 0.6
"""The named values of ``min_relevance`` (see ``relevance``)."""


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
    tests: tuple[RuleTest, ...] = ()
    version: str = ""
    """A short hash of the rule and of every term list it uses."""
    place: Place = field(default_factory=Place, compare=False)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules and the concepts they name: what one engine is compiled from."""

    rules: tuple[Rule, ...] = ()
    concepts: Mapping[str, TermList] = field(default_factory=dict)
    version: str = ""


ANY_LANGUAGE = "any"
"""The key of a term list's script-safe terms."""


def label(condition: Condition) -> str:
    """The condition as its author wrote it, in one line: ``country: DZ``, ``concept: arms``."""
    match condition:
        case Term(text=text, is_exact=is_exact, is_prefix=is_prefix):
            return f'"{"=" * is_exact}{text}{"*" * is_prefix}"'
        case Country(codes=codes):
            return "country: " + (codes[0] if len(codes) == 1 else f"[{', '.join(codes)}]")
        case Concept(id=id_):
            return f"concept: {id_}"
        case All(of=of, within=within):
            return f"all: [{', '.join(map(label, of))}]" + (
                f" within {within} words" if within else ""
            )
        case Any(of=of):
            return f"any: [{', '.join(map(label, of))}]"
        case Not(of=inner):
            return f"not: {label(inner)}"
