"""Data: the shape of rule files and concept files, for pydantic to check.

The same classes write the JSON Schema by which editors complete and check a rule. What a rule
may name is not theirs to know: it comes as the validation context, a ``Vocabulary``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeAlias, TypeGuard

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic.config import JsonDict

from monitor.matching import rules
from monitor.matching.rules import Status, Term
from monitor.matching.rulevalues import (
    Day,
    Duration,
    Id,
    Language,
    Line,
    Relevance,
    TermText,
    Text,
    Window,
)
from monitor.mistakes import Path, closest, did_you_mean, listed, quoted, refuse
from monitor.models import Severity

UNREADY = frozenset(
    {
        *("near", "same", "group", "entity", "regex", "at_least", "count", "score", "named"),
        *("not_near", "first_words", "term"),
    }
)
"""Keys of the rule language that this version does not know yet."""


class Shape(BaseModel):
    """What all shapes have in common: no unknown keys, and no change once checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a rule may name; ``None``: anything."""

    countries: Collection[str]
    """ISO 3166 codes; in a mapping, each with its English name."""
    concepts: Collection[str] | None = None
    destinations: Collection[str] | None = None
    feed_tags: Collection[str] | None = None


def _vocabulary(info: ValidationInfo) -> Vocabulary:
    assert isinstance(info.context, Vocabulary)
    return info.context


def _absent() -> Any:
    """The value of what was left out. A default of ``None`` would let a file say null."""
    return None


def _in_list(value: object) -> object:
    """One value is as good as a list of one."""
    return value if isinstance(value, list) else [value]


def _filled(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise ValueError("must not be empty")
    return value


# Not ``min_length``: that counts the items which are right, and complains of empty lists.
_Filled = AfterValidator(_filled)
_SOME: JsonDict = {"minItems": 1}


def _or_list(of: Any) -> BeforeValidator:
    return BeforeValidator(_in_list, of | Annotated[list[of], Field(min_length=1)])


# --- names that are looked up --------------------------------------------------------

_WRONG_CODES = {"UK": "GB", "USA": "US", "UAE": "AE", "KSA": "SA"}
_CODE_LENGTH = 2


def _country(code: str, info: ValidationInfo) -> str:
    countries = _vocabulary(info).countries
    if code not in countries:
        refuse(lambda: f"unknown country {quoted(code)}{_meant_country(code, countries)}")
    return code


def _meant_country(code: str, countries: Collection[str]) -> str:
    upper = code.strip().upper()
    if (likely := _WRONG_CODES.get(upper, upper)) in countries:
        return f" (did you mean {likely}?)"
    if "," in code:
        return " (write several as [DZ, MA])"
    names = {name: code for code, name in countries.items()} if _is_named(countries) else {}
    if len(code) > _CODE_LENGTH and (name := closest(code, names)):
        return f" (did you mean {names[name]}, {name}?)"
    return " (write the two-letter ISO code, such as DZ)"


def _is_named(countries: Collection[str]) -> TypeGuard[Mapping[str, str]]:
    return isinstance(countries, Mapping)


def _look_up(kind: str, name: str, options: Collection[str] | None) -> str:
    if options is not None and name not in options:
        refuse(lambda: f"unknown {kind} {quoted(name)}{did_you_mean(name, options)}")
    return name


def _concept(name: str, info: ValidationInfo) -> str:
    return _look_up("concept", name, _vocabulary(info).concepts)


def _destination(name: str, info: ValidationInfo) -> str:
    return _look_up("destination", name, _vocabulary(info).destinations)


def _feed_tag(name: str, info: ValidationInfo) -> str:
    return _look_up("feed tag", name, _vocabulary(info).feed_tags)


def _someone(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Nobody to notify is allowed only where nobody is notified: ``match``."""
    if not names and _vocabulary(info).destinations is not None:
        raise ValueError("must not be empty: leave it out for every destination")
    return names


# --- conditions ----------------------------------------------------------------------

Fields = Annotated[tuple[rules.Field, ...], _Filled, _or_list(rules.Field)]


class CountryShape(Shape):
    """Any name, demonym, capital or seat of government of a country, in any language."""

    codes: Annotated[
        tuple[Annotated[str, AfterValidator(_country)], ...],
        _Filled,
        _or_list(str),
    ] = Field(alias="country", description="An ISO 3166 code, or a list of them: DZ, [DZ, MA].")
    by: Annotated[tuple[rules.Names, ...], _Filled, _or_list(rules.Names)] = Field(
        default=tuple(rules.Names), description="Which words for it count; left out: all."
    )
    fields: Fields = Field(default=(), alias="in", description="Where it is to stand.")


class ConceptShape(Shape):
    """Any term of a term list, a file in the folder `concepts`."""

    id: Annotated[str, AfterValidator(_concept)] = Field(
        alias="concept", description="The id of a concept file."
    )
    fields: Fields = Field(default=(), alias="in", description="Where it is to stand.")


class AllShape(Shape):
    """Every one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], _Filled] = Field(
        alias="all", description="Conditions that must all hold.", json_schema_extra=_SOME
    )
    within: Window = Field(
        default_factory=_absent, description='All inside one window of so many words: "60 words".'
    )
    fields: Fields = Field(default=(), alias="in", description="Where they are to stand.")


class AnyShape(Shape):
    """At least one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], _Filled] = Field(
        alias="any", description="Conditions of which one must hold.", json_schema_extra=_SOME
    )
    fields: Fields = Field(default=(), alias="in", description="Where they are to stand.")


class NotShape(Shape):
    """The condition does not hold anywhere."""

    of: ConditionShape = Field(alias="not", description="A condition that must not hold.")
    fields: Fields = Field(default=(), alias="in", description="Where it is not to stand.")


HEADS: Mapping[str, type[Shape]] = {
    "country": CountryShape,
    "concept": ConceptShape,
    "all": AllShape,
    "any": AnyShape,
    "not": NotShape,
}
"""The key that says what a condition is; each has exactly one."""


def _one_head(value: object) -> object:
    """Refuse what is no condition at all; the shapes check the rest of it."""
    if isinstance(value, list):
        refuse(lambda: "expected one condition, found a list: put it below all: or any:")
    if not isinstance(value, dict):
        return value
    heads = [key for key in value if key in HEADS]
    if len(heads) > 1:
        second = f"{heads[1]} is a condition of its own: begin a new one with a dash"
        refuse(lambda: second, key=heads[1])
    if not value:
        refuse(lambda: f"expected a condition: a term, or one of {listed([*HEADS])}")
    if not heads:
        key = next((key for key in value if key in UNREADY), next(iter(value)))
        refuse(partial(_no_head, key), key=key)
    return value


def _no_head(key: str) -> str:
    if key in UNREADY:
        return "is not supported yet"
    if key in AllShape.model_fields or key == "in":
        return f"goes with a condition, one of {listed([*HEADS])}"
    return f"unknown key{did_you_mean(key, HEADS)}"


def _tag(value: object) -> str:
    """Which shape to check a condition against; in brackets, no key can be mistaken for it."""
    head = next((key for key in value if key in HEADS), "") if isinstance(value, dict) else "term"
    return f"<{head}>"


ConditionShape: TypeAlias = Annotated[
    Annotated[TermText, Tag("<term>")]
    | Annotated[CountryShape, Tag("<country>")]
    | Annotated[ConceptShape, Tag("<concept>")]
    | Annotated[AllShape, Tag("<all>")]
    | Annotated[AnyShape, Tag("<any>")]
    | Annotated[NotShape, Tag("<not>")],
    Discriminator(_tag),
    BeforeValidator(_one_head),
]


def can_be_found(shape: Term | Shape) -> bool:
    """Whether some word must stand in a text for the condition to hold."""
    match shape:
        case NotShape():
            return False
        case AllShape():
            return any(map(can_be_found, shape.of))
        case AnyShape():
            return all(map(can_be_found, shape.of))
        case _:
            return True


def _not_only_not(shape: Term | Shape) -> Term | Shape:
    if not can_be_found(shape):
        raise ValueError("needs a condition that is not a `not` (each branch of an `any` does)")
    return shape


# --- files ---------------------------------------------------------------------------


class FeedsShape(Shape):
    """Which feeds an article may come from."""

    tags: Annotated[
        tuple[Annotated[str, AfterValidator(_feed_tag)], ...],
        _Filled,
        _or_list(str),
    ] = Field(description="Feeds that have one of these tags.")


class WhereShape(Shape):
    """Filters on the article, not on its words."""

    languages: Annotated[tuple[Language, ...], _Filled, _or_list(Language)] = Field(
        default=(), alias="language", description="Languages of the text: [fr, ar]."
    )
    feeds: FeedsShape = Field(default_factory=_absent, description="Which feeds it may come from.")
    max_age: Duration = Field(
        default_factory=_absent, description='Published at most so long ago: "72h".'
    )


class RuleTestShape(Shape):
    """A text, and whether the rule must fire on it."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["fire"]}, {"required": ["silent"]}]}
    )

    fire: Text = Field(default_factory=_absent, description="A text on which the rule must fire.")
    silent: Text = Field(
        default_factory=_absent, description="A text on which the rule must not fire."
    )
    language: Language = Field(
        default_factory=_absent,
        alias="lang",
        description="The text's language; left out: it is detected.",
    )

    @model_validator(mode="after")
    def _is_one_of_two(self) -> RuleTestShape:
        if len(self.model_fields_set & {"fire", "silent"}) != 1:
            raise ValueError('needs "fire" or "silent", and only one of them')
        return self


class RuleShape(Shape):
    """A rule: what an analyst wants to hear about."""

    id: Id = Field(description="A name for ever: letters, digits, dashes.")
    match: Annotated[ConditionShape, AfterValidator(_not_only_not)] = Field(
        description="When the rule fires."
    )
    title: Line = Field(default="", description="What readers see above the alert.")
    owner: Line = Field(default="", description="Who answers for the rule.")
    severity: Severity = Field(default=Severity.NORMAL, description="How urgent a match is.")
    status: Status = Field(
        default=Status.STABLE, description="How far it is trusted: experimental goes to the digest."
    )
    review_by: Day = Field(default_factory=_absent, description="When to look at the rule again.")
    unless: Annotated[
        tuple[ConditionShape, ...],
        _Filled,
        _or_list(ConditionShape),
    ] = Field(default=(), description="Vetoes: if one holds, the rule is silent.")
    where: WhereShape = Field(
        default_factory=_absent, description="Filters on the article, not its words."
    )
    notify: Annotated[
        tuple[Annotated[str, AfterValidator(_destination)], ...],
        AfterValidator(_someone),
        _or_list(str),
    ] = Field(default_factory=_absent, description="Names of destinations; left out: every one.")
    min_relevance: Relevance = Field(
        default=rules.NORMAL, description="How much the article must be about it to alert at once."
    )
    tests: Annotated[tuple[RuleTestShape, ...], _Filled] = Field(
        default=(),
        description="Texts that the rule must pass before it is used.",
        json_schema_extra=_SOME,
    )


Terms = Annotated[tuple[TermText, ...], _Filled]


class TermListShape(Shape):
    """A concept: terms for each language (the keys that are none of these)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Terms]

    id: Id
    anywhere: Terms = Field(default=(), alias="any")
    masks: dict[Language, Terms] = Field(default_factory=dict, alias="except")
    use: Annotated[
        tuple[Annotated[str, AfterValidator(_concept)], ...],
        _Filled,
        _or_list(str),
    ] = ()


for _shape in (AllShape, AnyShape, NotShape, RuleShape):
    _shape.model_rebuild()

_BELOW: Mapping[str, type[Shape]] = {
    **{f"<{head}>": shape for head, shape in HEADS.items()},
    "where": WhereShape,
    "feeds": FeedsShape,
    "tests": RuleTestShape,
}


def known_keys(location: Path) -> Collection[str]:
    """The keys of the mapping at a location that pydantic names, in a rule file."""
    names = [part for part in location if isinstance(part, str)]
    shape = _BELOW[names[-1]] if names else RuleShape
    return [field.alias or name for name, field in shape.model_fields.items()]


def schema() -> dict[str, Any]:
    """The JSON Schema of a rule file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RuleShape.model_json_schema(),
    }
