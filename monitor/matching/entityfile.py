"""Decides: which person or organisation an entity file is about, and all that is wrong in it."""

from __future__ import annotations

from monitor.errors import Mistake
from monitor.matching.listfile import checked_list, terms_in
from monitor.matching.listshape import EntityNamesShape
from monitor.matching.rules import EntityNames
from monitor.matching.shapecheck import place_of, placed
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint


def read_entity(
    document: Document, vocabulary: Vocabulary
) -> tuple[EntityNames | None, list[Mistake]]:
    """The entity of a file, or every mistake in it."""
    shape, mistakes = checked_list(document, EntityNamesShape, vocabulary)
    if shape is None:
        return None, mistakes
    names = terms_in(shape)
    if not names:
        return None, [placed(document, Complaint(path=(), message="the entity has no names"))]
    place = place_of(document, "id")
    return EntityNames(
        id=shape.id, kind=shape.kind, names=names, masks=shape.masks, place=place
    ), []
