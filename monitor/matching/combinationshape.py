"""Data: the shapes of the conditions that have conditions inside, for pydantic to check.

``ConditionShape``, any condition, is ``conditionshape``'s, which completes them.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from monitor.matching import rules
from monitor.matching.leafshape import Scoped
from monitor.matching.rulevalues import (
    Conditions,
    Language,
    Mentions,
    Points,
    TermText,
    Threshold,
    Window,
    Words,
    YesNo,
)
from monitor.matching.shapes import SOME, Filled, Shape, absent, mapping_like, or_list
from monitor.mistakes import refuse

if TYPE_CHECKING:
    from monitor.matching.conditionshape import ConditionShape, FoundShape


# --- all, any, not -------------------------------------------------------------------


class AllShape(Scoped):
    """Every one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        alias="all", description="Conditions that must all hold.", json_schema_extra=SOME
    )
    within: Window = Field(
        default_factory=absent, description='All inside one window of so many words: "60 words".'
    )


class AnyShape(Scoped):
    """At least one of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        alias="any", description="Conditions of which one must hold.", json_schema_extra=SOME
    )


class NotShape(Scoped):
    """The condition does not hold anywhere."""

    of: ConditionShape = Field(alias="not", description="A condition that must not hold.")


# --- a term and what stands around it ------------------------------------------------

_PHRASES = "Phrases inside which it does not count."


class ListedTermShape(Shape):
    """A term of a list, with options."""

    term: TermText = Field(description="The term itself.")
    accents: Literal["exact"] = Field(
        default_factory=absent, description="Its accents are compared too."
    )
    only_near: Annotated[tuple[FoundShape, ...], Filled, or_list(FoundShape)] = Field(
        default=(), description="It counts only if one of these stands nearby."
    )
    unless_near: Annotated[tuple[FoundShape, ...], Filled, or_list(FoundShape)] = Field(
        default=(), description="It does not count if one of these stands nearby."
    )
    masks: Annotated[tuple[TermText, ...], Filled, or_list(TermText)] = Field(
        default=(), alias="except", description=_PHRASES
    )


class TermShape(ListedTermShape, Scoped):
    """A term with options; without any, its words are enough."""

    language: Language = Field(
        default_factory=absent, alias="lang", description="Only in texts of this language."
    )


# --- bodies: what stands below the key of a condition --------------------------------


def _some_of_them(n: int, info: ValidationInfo) -> int:
    of = info.data.get("of")
    if of is not None and n > len(of):
        raise ValueError(f"there are only {len(of)} conditions, found the number {n}")
    return n


def _two(of: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(of) < 2:
        raise ValueError("needs two conditions or more")
    return of


class AtLeastBody(Shape):
    """So many of the conditions."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        description="Conditions of which so many must hold.", json_schema_extra=SOME
    )
    n: Annotated[Conditions, AfterValidator(_some_of_them)] = Field(description="How many.")


class AtLeastShape(Scoped):
    """So many of the conditions."""

    body: Annotated[AtLeastBody, mapping_like("{n: 2, of: [a, b, c]}")] = Field(
        alias="at_least", description="How many of which: {n: 2, of: [a, b, c]}."
    )


class NearBody(Shape):
    """All inside one window."""

    of: Annotated[tuple[ConditionShape, ...], AfterValidator(_two)] = Field(
        description="Conditions that stand close together.", json_schema_extra={"minItems": 2}
    )
    words: Words = Field(description="How many words the window has.")
    ordered: YesNo = Field(default=False, description="One after another as they are written.")


class NearShape(Scoped):
    """All inside one window of so many words."""

    body: Annotated[NearBody, mapping_like("{words: 12, of: [a, b]}")] = Field(
        alias="near", description="How close what stands: {words: 12, of: [a, b]}."
    )


class SameBody(Shape):
    """All inside one stretch of text."""

    of: Annotated[tuple[ConditionShape, ...], Filled] = Field(
        description="Conditions that stand together.", json_schema_extra=SOME
    )
    unit: rules.Unit = Field(description="In what.")


class SameShape(Scoped):
    """All inside one sentence, or one paragraph."""

    body: Annotated[SameBody, mapping_like("{unit: sentence, of: [a, b]}")] = Field(
        alias="same", description="What stands together: {unit: sentence, of: [a, b]}."
    )


class NotNearBody(Shape):
    """One, but not close to the other."""

    of: ConditionShape = Field(description="What is to stand somewhere.")
    to: FoundShape = Field(description="What is not to stand close to it.")
    words: Words = Field(description="How many words are close.")


class NotNearShape(Scoped):
    """A condition, but not where another holds close by."""

    body: Annotated[NotNearBody, mapping_like("{words: 5, of: a, to: b}")] = Field(
        alias="not_near", description="What, but not close to what: {words: 5, of: a, to: b}."
    )


# --- mentions and weights ------------------------------------------------------------


class ShortShape(Shape):
    """What is asked of short articles."""

    words: Words = Field(description="Articles of up to so many words are short.")
    min: Mentions = Field(description="How many mentions are enough in them.")


def _as_many(least: int, info: ValidationInfo) -> int:
    short = info.data.get("short")
    if short and short.min > least:
        raise ValueError(f"asks less than of short articles ({short.min}), found {least}")
    return least


class CountBody(Shape):
    """So many mentions."""

    of: FoundShape = Field(description="What is counted.")
    short: Annotated[ShortShape, mapping_like("{words: 150, min: 1}")] = Field(
        default_factory=absent, description="Fewer are enough in short articles."
    )
    min: Annotated[Mentions, AfterValidator(_as_many)] = Field(
        description="How many mentions there must be."
    )


class CountShape(Scoped):
    """At least so many mentions of a condition."""

    body: Annotated[CountBody, mapping_like("{of: a, min: 3}")] = Field(
        alias="count", description="How many mentions of what: {of: a, min: 3}."
    )


class WeightShape(Shape):
    """A condition, and what each of its mentions adds to a score."""

    of: ConditionShape = Field(alias="<of>", description="The condition.")
    weight: Points = Field(description="What each mention adds; below 0, takes away.")
    max: Threshold = Field(
        default_factory=absent, description="The most that all its mentions add or take away."
    )

    @property
    def most(self) -> float:
        """What its mentions can come to."""
        return self.max or inf


def _parted(value: object) -> object:
    """``{concept: arms, weight: 6}`` is a condition and its weight."""
    if not isinstance(value, dict):
        refuse(lambda: 'expected a condition with a weight such as {term: "gas", weight: 2}')
    options = {key: value[key] for key in ("weight", "max") if key in value}
    return {"<of>": {key: value[key] for key in value if key not in options}, **options}


Weighted = Annotated[WeightShape, BeforeValidator(_parted)]


def _reachable(threshold: float, info: ValidationInfo) -> float:
    of = info.data.get("of")
    if of is not None and sum(part.most for part in of if part.weight > 0) < threshold:
        raise ValueError("the weights cannot reach it")
    return threshold


class ScoreBody(Shape):
    """A weighted sum."""

    of: Annotated[tuple[Weighted, ...], Filled] = Field(
        description="Conditions with their weights.", json_schema_extra=SOME
    )
    threshold: Annotated[Threshold, AfterValidator(_reachable)] = Field(
        description="What the sum must reach."
    )


class ScoreShape(Scoped):
    """A weighted sum of mentions that reaches a threshold."""

    body: Annotated[
        ScoreBody, mapping_like("{threshold: 10, of: [{concept: arms, weight: 6}]}")
    ] = Field(alias="score", description="Weights, and what their sum must reach.")


CombinationShape: TypeAlias = (
    AllShape
    | AnyShape
    | NotShape
    | AtLeastShape
    | NearShape
    | SameShape
    | NotNearShape
    | CountShape
    | ScoreShape
)
BODIES: dict[str, type[Shape]] = {
    "at_least": AtLeastBody,
    "near": NearBody,
    "same": SameBody,
    "not_near": NotNearBody,
    "count": CountBody,
    "score": ScoreBody,
}
"""By the key of the condition."""
