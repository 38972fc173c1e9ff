"""Data: the shapes of the conditions that have no conditions inside, for pydantic to check."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from monitor.matching import rules, vocabulary
from monitor.matching.rulevalues import Expression, Label, NamedText, Words
from monitor.matching.shapes import Filled, Shape, absent, mapping_like, or_list

Fields = Annotated[tuple[rules.Field, ...], Filled, or_list(rules.Field)]


def _of_the_lead(words: int, info: ValidationInfo) -> int:
    """``info.data`` lacks ``in:`` where that is mistaken itself."""
    if (fields := info.data.get("fields")) and rules.Field.LEAD not in fields:
        raise ValueError("says how long the lead is, and `in` has no lead")
    return words


class Scoped(Shape):
    """What every condition may say: where it is to stand."""

    fields: Fields = Field(default=(), alias="in", description="Where it is to stand.")
    first_words: Annotated[Words, AfterValidator(_of_the_lead)] = Field(
        default_factory=absent,
        description="How many words of the body belong to the lead; alone it means in: lead.",
    )


Kinds = Annotated[tuple[rules.Names, ...], Filled, or_list(rules.Names)]
EVERY_KIND = tuple(rules.Names)

_Code = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""For the schema; in a file, any other gets a better message than that."""


class CountryShape(Scoped):
    """Any name, demonym, capital or seat of government of a country, in any language."""

    codes: Annotated[
        tuple[Annotated[str, AfterValidator(vocabulary.country)], ...],
        Filled,
        or_list(_Code),
    ] = Field(alias="country", description="An ISO 3166 code, or a list of them: DZ, [DZ, MA].")
    by: Kinds = Field(default=EVERY_KIND, description="Which words for it count; left out: all.")


class GroupShape(Scoped):
    """A group of countries by its own name, or any of its members."""

    ids: Annotated[
        tuple[Annotated[str, AfterValidator(vocabulary.group)], ...],
        Filled,
        or_list(str),
    ] = Field(alias="group", description="A group, or a list of them: EU, [EU, NATO], maghreb.")
    by: Kinds = Field(
        default=EVERY_KIND, description="Which words for its members count; left out: all."
    )


class ConceptShape(Scoped):
    """Any term of a term list, a file in the folder `concepts`."""

    id: Annotated[str, AfterValidator(vocabulary.concept)] = Field(
        alias="concept", description="The id of a concept file."
    )


class EntityShape(Scoped):
    """A person or an organisation by any of its names, a file in the folder `entities`."""

    id: Annotated[str, AfterValidator(vocabulary.entity)] = Field(
        alias="entity", description="The id of an entity file."
    )


class NamedBody(Shape):
    """What the recogniser found."""

    label: Label = Field(description="A person, an organisation, a place, or something else.")
    text: NamedText = Field(default="", description="Words in it; left out: any.")


class NamedShape(Scoped):
    """What the statistical recogniser of the text's language found, where there is one."""

    body: Annotated[NamedBody, mapping_like("{label: ORG, text: Sonatrach}")] = Field(
        alias="named", description='What was found: {label: ORG, text: "Sonatrach"}.'
    )


class RegexShape(Scoped):
    """A regular expression; letter case and accents count unless it says otherwise."""

    pattern: Expression = Field(
        alias="regex", description="A Unicode-aware regular expression, in single quotes."
    )
