"""Data: the shape of rule files, for pydantic to check.

The same classes write the JSON Schema by which editors complete and check a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, model_validator

from monitor.matching import rules, vocabulary
from monitor.matching.combinationshape import ListedTermShape, ShortShape, WeightShape
from monitor.matching.conditionshape import BODIES, HEADS, ConditionShape, FoundShape
from monitor.matching.rules import Status
from monitor.matching.rulevalues import (
    Day,
    DigestDue,
    Duration,
    Id,
    Language,
    Line,
    Rate,
    Relevance,
    Text,
)
from monitor.matching.shapes import SOME, Filled, Shape, absent, keys_of, or_list
from monitor.mistakes import Path
from monitor.models import Severity


def _someone(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Nobody to notify is allowed only where nobody is notified: ``match``."""
    if not names and vocabulary.vocabulary_of(info).destinations is not None:
        raise ValueError("must not be empty: leave it out for every destination")
    return names


class FeedsShape(Shape):
    """Which feeds an article may come from."""

    tags: Annotated[
        tuple[Annotated[str, AfterValidator(vocabulary.feed_tag)], ...],
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
    match: FoundShape = Field(description="When the rule fires.")
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
        tuple[Annotated[str, AfterValidator(vocabulary.destination)], ...],
        AfterValidator(_someone),
        or_list(str),
    ] = Field(default_factory=absent, description="Names of destinations; left out: every one.")
    min_relevance: Relevance = Field(
        default=rules.NORMAL, description="How much the article must be about it to alert at once."
    )
    digest: DigestDue = Field(
        default_factory=absent,
        description='Its matches are told together, not at once: "hourly", "daily 07:00".',
    )
    throttle: Rate = Field(
        default_factory=absent,
        description='How many alerts at most, before the rest waits for the digest: "5 an hour".',
    )
    tests: Annotated[tuple[RuleTestShape, ...], Filled] = Field(
        default=(),
        description="Texts that the rule must pass before it is used.",
        json_schema_extra=SOME,
    )


_BELOW: Mapping[str, type[Shape]] = {
    **{f"<{head}>": shape for head, shape in HEADS.items()},
    **BODIES,
    "short": ShortShape,
    "<of>": WeightShape,
    "<listed>": ListedTermShape,
    "where": WhereShape,
    "feeds": FeedsShape,
    "tests": RuleTestShape,
}


_WEIGHTS = ("weight", "max")
"""The keys that a condition below ``score:`` has beside its own."""


def keys_known(top: type[Shape]) -> Callable[[Path], Collection[str]]:
    """Tells the keys of the mapping at a location that pydantic names, in a file of this shape."""

    def known(location: Path) -> Collection[str]:
        names = [part for part in location if isinstance(part, str)]
        keys = keys_of(_BELOW[names[-1]] if names else top)
        is_weighted = names[-2:-1] == ["<of>"]
        return [*keys, *_WEIGHTS] if is_weighted else keys

    return known


def schema() -> dict[str, Any]:
    """The JSON Schema of a rule file, for editors."""
    found = RuleShape.model_json_schema()
    shapes = found["$defs"]
    weighted = _with_weights(shapes, shapes.pop("WeightShape")["properties"])
    shapes["ScoreBody"]["properties"]["of"]["items"] = {
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in weighted]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found,
        "$defs": shapes | weighted,
    }


def _with_weights(
    shapes: Mapping[str, dict[str, Any]], weights: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Every condition that is a mapping, once more: with a weight beside it."""
    options = {key: weights[key] for key in _WEIGHTS}
    return {
        f"Weighted{name}": {
            **shapes[name],
            "properties": {**shapes[name]["properties"], **options},
            "required": [*shapes[name]["required"], "weight"],
            "title": f"Weighted{name}",
        }
        for name in (shape.__name__ for shape in HEADS.values())
    }
