"""Data: the shape of rule files and concept files, for pydantic to check.

The same classes write the JSON Schema by which editors complete and check a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, model_validator

from monitor.matching import rules
from monitor.matching.conditionshape import (
    HEADS,
    SOME,
    ConditionShape,
    Filled,
    Shape,
    absent,
    can_be_found,
    concept_name,
    keys_of,
    look_up,
    or_list,
    vocabulary_of,
)
from monitor.matching.rules import Status, Term
from monitor.matching.rulevalues import Day, Duration, Id, Language, Line, Relevance, TermText, Text
from monitor.mistakes import Path
from monitor.models import Severity

# --- names that are looked up --------------------------------------------------------


def _destination(name: str, info: ValidationInfo) -> str:
    return look_up("destination", name, vocabulary_of(info).destinations)


def _feed_tag(name: str, info: ValidationInfo) -> str:
    return look_up("feed tag", name, vocabulary_of(info).feed_tags)


def _someone(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Nobody to notify is allowed only where nobody is notified: ``match``."""
    if not names and vocabulary_of(info).destinations is not None:
        raise ValueError("must not be empty: leave it out for every destination")
    return names


def _not_only_not(shape: Term | Shape) -> Term | Shape:
    if not can_be_found(shape):
        raise ValueError("needs a condition that is not a `not` (each branch of an `any` does)")
    return shape


# --- files ---------------------------------------------------------------------------


class FeedsShape(Shape):
    """Which feeds an article may come from."""

    tags: Annotated[
        tuple[Annotated[str, AfterValidator(_feed_tag)], ...],
        Filled,
        or_list(str),
    ] = Field(description="Feeds that have one of these tags.")


class WhereShape(Shape):
    """Filters on the article, not on its words."""

    languages: Annotated[tuple[Language, ...], Filled, or_list(Language)] = Field(
        default=(), alias="language", description="Languages of the text: [fr, ar]."
    )
    feeds: FeedsShape = Field(default_factory=absent, description="Which feeds it may come from.")
    max_age: Duration = Field(
        default_factory=absent, description='Published at most so long ago: "72h".'
    )


class RuleTestShape(Shape):
    """A text, and whether the rule must fire on it."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["fire"]}, {"required": ["silent"]}]}
    )

    fire: Text = Field(default_factory=absent, description="A text on which the rule must fire.")
    silent: Text = Field(
        default_factory=absent, description="A text on which the rule must not fire."
    )
    language: Language = Field(
        default_factory=absent,
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
    review_by: Day = Field(default_factory=absent, description="When to look at the rule again.")
    unless: Annotated[
        tuple[ConditionShape, ...],
        Filled,
        or_list(ConditionShape),
    ] = Field(default=(), description="Vetoes: if one holds, the rule is silent.")
    where: WhereShape = Field(
        default_factory=absent, description="Filters on the article, not its words."
    )
    notify: Annotated[
        tuple[Annotated[str, AfterValidator(_destination)], ...],
        AfterValidator(_someone),
        or_list(str),
    ] = Field(default_factory=absent, description="Names of destinations; left out: every one.")
    min_relevance: Relevance = Field(
        default=rules.NORMAL, description="How much the article must be about it to alert at once."
    )
    tests: Annotated[tuple[RuleTestShape, ...], Filled] = Field(
        default=(),
        description="Texts that the rule must pass before it is used.",
        json_schema_extra=SOME,
    )


Terms = Annotated[tuple[TermText, ...], Filled]


class TermListShape(Shape):
    """A concept: terms for each language (the keys that are none of these)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Terms]

    id: Id
    anywhere: Terms = Field(default=(), alias="any")
    masks: dict[Language, Terms] = Field(default_factory=dict, alias="except")
    use: Annotated[
        tuple[Annotated[str, AfterValidator(concept_name)], ...],
        Filled,
        or_list(str),
    ] = ()


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
    return keys_of(shape)


def schema() -> dict[str, Any]:
    """The JSON Schema of a rule file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RuleShape.model_json_schema(),
    }
