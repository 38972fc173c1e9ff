"""Data: the shapes of a condition, for pydantic to check.

What a condition may name is not theirs to know: it comes as the validation context, a
``Vocabulary``.
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
)
from pydantic.config import JsonDict

from monitor.matching import rules
from monitor.matching.rules import Term
from monitor.matching.rulevalues import TermText, Window
from monitor.mistakes import closest, did_you_mean, listed, quoted, refuse

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


def vocabulary_of(info: ValidationInfo) -> Vocabulary:
    """What the validation in hand lets a rule name."""
    assert isinstance(info.context, Vocabulary)
    return info.context


def absent() -> Any:
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
Filled = AfterValidator(_filled)
SOME: JsonDict = {"minItems": 1}


def or_list(of: Any) -> BeforeValidator:
    """For a tuple's type: one item may be written without the list."""
    return BeforeValidator(_in_list, of | Annotated[list[of], Field(min_length=1)])


# --- names that are looked up --------------------------------------------------------

_WRONG_CODES = {"UK": "GB", "USA": "US", "UAE": "AE", "KSA": "SA"}
_CODE_LENGTH = 2


def _country(code: str, info: ValidationInfo) -> str:
    countries = vocabulary_of(info).countries
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


def look_up(kind: str, name: str, options: Collection[str] | None) -> str:
    """Refuse a name that is none of the options; ``kind`` says what it should be the name of."""
    if options is not None and name not in options:
        refuse(lambda: f"unknown {kind} {quoted(name)}{did_you_mean(name, options)}")
    return name


def concept_name(name: str, info: ValidationInfo) -> str:
    """Refuse the name of a concept that is not there."""
    return look_up("concept", name, vocabulary_of(info).concepts)


# --- conditions ----------------------------------------------------------------------

Fields = Annotated[tuple[rules.Field, ...], Filled, or_list(rules.Field)]


_Code = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""For the schema; in a file, any other gets a better message than that."""


class CountryShape(Shape):
    """Any name, demonym, capital or seat of government of a country, in any language."""

    codes: Annotated[
        tuple[Annotated[str, AfterValidator(_country)], ...],
        Filled,
        or_list(_Code),
    ] = Field(alias="country", description="An ISO 3166 code, or a list of them: DZ, [DZ, MA].")
    by: Annotated[tuple[rules.Names, ...], Filled, or_list(rules.Names)] = Field(
        default=tuple(rules.Names), description="Which words for it count; left out: all."
    )
    fields: Fields = Field(default=(), alias="in", description="Where it is to stand.")


class ConceptShape(Shape):
    """Any term of a term list, a file in the folder `concepts`."""

    id: Annotated[str, AfterValidator(concept_name)] = Field(
        alias="concept", description="The id of a concept file."
    )
    fields: Fields = Field(default=(), alias="in", description="Where it is to stand.")


class AllShape(Shape):
    """Every one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        alias="all", description="Conditions that must all hold.", json_schema_extra=SOME
    )
    within: Window = Field(
        default_factory=absent, description='All inside one window of so many words: "60 words".'
    )
    fields: Fields = Field(default=(), alias="in", description="Where they are to stand.")


class AnyShape(Shape):
    """At least one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        alias="any", description="Conditions of which one must hold.", json_schema_extra=SOME
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


def keys_of(shape: type[Shape]) -> list[str]:
    """As they are written in a file."""
    return [field.alias or name for name, field in shape.model_fields.items()]


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
    if any(key in keys_of(shape) for shape in HEADS.values()):
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


for _shape in (AllShape, AnyShape, NotShape):
    _shape.model_rebuild()
