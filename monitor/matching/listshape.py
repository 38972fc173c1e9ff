"""Data: the shapes of the files that rules name: concepts, entities, packs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from monitor.matching import vocabulary
from monitor.matching.conditionshape import ListedTerm
from monitor.matching.rules import EntityKind
from monitor.matching.rulevalues import Id, Language, TermText
from monitor.matching.shapes import Filled, Shape, or_list

Terms = Annotated[tuple[ListedTerm, ...], Filled]
Phrases = Annotated[tuple[TermText, ...], Filled]


Words = dict[Language, Phrases]
"""By language, or ``any``."""


class ListShape(Shape):
    """A name, and terms for each language (the keys that are none of these)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Terms]

    id: Id
    anywhere: Terms = Field(default=(), alias="any")
    masks: Words = Field(default_factory=dict, alias="except")


class TermListShape(ListShape):
    """A concept."""

    use: Annotated[
        tuple[Annotated[str, AfterValidator(vocabulary.concept)], ...],
        Filled,
        or_list(str),
    ] = ()


class EntityNamesShape(ListShape):
    """An entity: the names and aliases of a person or an organisation."""

    kind: EntityKind


class PackShape(Shape):
    """A user's own words for a country."""

    code: Annotated[str, AfterValidator(vocabulary.country)]
    names: Words = Field(default_factory=dict)
    demonyms: Words = Field(default_factory=dict)
    capitals: Words = Field(default_factory=dict)
    government: Words = Field(default_factory=dict)
    acronyms: Words = Field(default_factory=dict)
    ambiguous: Words = Field(default_factory=dict)
    masks: Words = Field(default_factory=dict, alias="except")
