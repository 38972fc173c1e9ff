"""Decides: which term list a concept file holds, and all that is wrong in it."""

from __future__ import annotations

from monitor.errors import Mistake
from monitor.matching.listfile import checked_list, terms_in
from monitor.matching.listshape import TermListShape
from monitor.matching.rules import TermList
from monitor.matching.shapecheck import place_of, placed
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint


def read_concept(
    document: Document, vocabulary: Vocabulary
) -> tuple[TermList | None, list[Mistake]]:
    """The term list of a file, or every mistake in it."""
    shape, mistakes = checked_list(document, TermListShape, vocabulary)
    if shape is None:
        return None, mistakes
    terms = terms_in(shape)
    if not terms and not shape.use:
        return None, [placed(document, Complaint(path=(), message="the concept has no terms"))]
    place = place_of(document, "id")
    return TermList(id=shape.id, terms=terms, masks=shape.masks, use=shape.use, place=place), []
