"""Data: the shape of a condition, whichever it is, for pydantic to check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag
from typing_extensions import TypeAliasType

from monitor.matching import combinationshape, leafshape
from monitor.matching.combinationshape import (
    AllShape,
    AnyShape,
    AtLeastShape,
    CountShape,
    ListedTermShape,
    NearShape,
    NotNearShape,
    NotShape,
    SameShape,
    ScoreShape,
    TermShape,
)
from monitor.matching.leafshape import (
    ConceptShape,
    CountryShape,
    EntityShape,
    GroupShape,
    NamedShape,
    RegexShape,
    Scoped,
)
from monitor.matching.rules import Term
from monitor.matching.rulevalues import TermText
from monitor.matching.shapes import Shape, keys_of
from monitor.mistakes import did_you_mean, listed, refuse

HEADS: Mapping[str, type[Shape]] = {
    "term": TermShape,
    "country": CountryShape,
    "group": GroupShape,
    "concept": ConceptShape,
    "entity": EntityShape,
    "named": NamedShape,
    "regex": RegexShape,
    "all": AllShape,
    "any": AnyShape,
    "not": NotShape,
    "at_least": AtLeastShape,
    "near": NearShape,
    "same": SameShape,
    "not_near": NotNearShape,
    "count": CountShape,
    "score": ScoreShape,
}
"""The key that says what a condition is; each has exactly one."""

UNREADY = frozenset({"corroborated", "over_time", "spike", "silent_for", "sequence"})
"""Keys of the rule language that this version does not know yet."""

BODIES: Mapping[str, type[Shape]] = {"named": leafshape.NamedBody, **combinationshape.BODIES}
"""The shapes of the mappings below some of these keys."""


_WITH_A_WEIGHT = "goes with a condition below score:"
_STRAYS: Mapping[str, frozenset[str]] = {
    head: frozenset(
        keys_of(BODIES[head]) if head in BODIES else keys_of(combinationshape.WeightShape)
    ).difference(keys_of(shape))
    for head, shape in HEADS.items()
}
"""Keys that belong below the one that they stand beside, or into a score."""


def _one_head(value: object) -> object:
    """Refuse what is no condition at all; the shapes check the rest of it."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            refuse(lambda: "expected one condition, found a list: put it below all: or any:")
        return value
    heads = [key for key in value if key in HEADS]
    if len(heads) > 1:
        second = f"{heads[1]} is a condition of its own: begin a new one with a dash"
        refuse(lambda: second, key=heads[1])
    if not value:
        refuse(lambda: f"expected a condition: {_a_condition()}")
    if not heads:
        key = next((key for key in value if key in UNREADY), next(iter(value)))
        refuse(partial(_no_head, key), key=key)
    if stray := next(filter(_STRAYS[heads[0]].__contains__, value), None):
        refuse(partial(_misplaced, heads[0], stray), key=stray)
    return value


def _misplaced(head: str, key: str) -> str:
    is_below = head in BODIES and key in keys_of(BODIES[head])
    return f"goes below {head}:" if is_below else _WITH_A_WEIGHT


def _a_condition() -> str:
    return f"a term, or one of {listed([head for head in HEADS if head != 'term'])}"


def _no_head(key: str) -> str:
    if key in UNREADY:
        return "is not supported yet"
    if key in keys_of(Scoped):
        return f"goes with a condition: {_a_condition()}"
    if beside := [head for head, shape in HEADS.items() if key in keys_of(shape)]:
        return f"goes beside {listed([f'{head}:' for head in beside])}"
    if above := [head for head, shape in BODIES.items() if key in keys_of(shape)]:
        return f"goes below {listed([f'{head}:' for head in above])}"
    if key in keys_of(combinationshape.WeightShape):
        return _WITH_A_WEIGHT
    return f"unknown key{did_you_mean(key, HEADS)}"


def _tag(value: object) -> str:
    """Which shape to check a condition against; in brackets, no key can be mistaken for it."""
    if not isinstance(value, dict):
        return "<text>"
    return f"<{next((key for key in value if key in HEADS), '')}>"


ConditionShape = TypeAliasType(
    "ConditionShape",
    Annotated[
        Annotated[TermText, Tag("<text>")]
        | Annotated[TermShape, Tag("<term>")]
        | Annotated[CountryShape, Tag("<country>")]
        | Annotated[GroupShape, Tag("<group>")]
        | Annotated[ConceptShape, Tag("<concept>")]
        | Annotated[EntityShape, Tag("<entity>")]
        | Annotated[NamedShape, Tag("<named>")]
        | Annotated[RegexShape, Tag("<regex>")]
        | Annotated[AllShape, Tag("<all>")]
        | Annotated[AnyShape, Tag("<any>")]
        | Annotated[NotShape, Tag("<not>")]
        | Annotated[AtLeastShape, Tag("<at_least>")]
        | Annotated[NearShape, Tag("<near>")]
        | Annotated[SameShape, Tag("<same>")]
        | Annotated[NotNearShape, Tag("<not_near>")]
        | Annotated[CountShape, Tag("<count>")]
        | Annotated[ScoreShape, Tag("<score>")],
        Discriminator(_tag),
        BeforeValidator(_one_head),
    ],
)


def can_be_found(shape: Term | Shape) -> bool:
    """Whether some word must stand in a text for the condition to hold."""
    match shape:
        case NotShape():
            return False
        case AllShape(of=of):
            return any(map(can_be_found, of))
        case AnyShape(of=of):
            return all(map(can_be_found, of))
        case NearShape() | SameShape():
            return any(map(can_be_found, shape.body.of))
        case AtLeastShape():
            absent = sum(not can_be_found(one) for one in shape.body.of)
            return absent < shape.body.n
        case NotNearShape() | CountShape():
            return can_be_found(shape.body.of)
        case ScoreShape():
            for_nothing = sum(
                min(part.weight, part.most)
                for part in shape.body.of
                if part.weight > 0 and not can_be_found(part.of)
            )
            return for_nothing < shape.body.threshold
        case _:
            return True


def _not_only_not(shape: Term | Shape) -> Term | Shape:
    if not can_be_found(shape):
        raise ValueError("needs a condition that is not a `not` (each branch of an `any` does)")
    return shape


FoundShape: TypeAlias = Annotated[ConditionShape, AfterValidator(_not_only_not)]
"""A condition that does not hold of a text in which nothing stands."""


def _listed_tag(value: object) -> str:
    return "<listed>" if isinstance(value, dict) else "<text>"


ListedTerm: TypeAlias = Annotated[
    Annotated[TermText, Tag("<text>")] | Annotated[ListedTermShape, Tag("<listed>")],
    Discriminator(_listed_tag),
]
"""A term in a concept file or an entity file."""

# Their annotations name these; pydantic looks them up there when the first file is checked.
vars(combinationshape).update(ConditionShape=ConditionShape, FoundShape=FoundShape)
