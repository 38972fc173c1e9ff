"""Decides: what the files of concepts and of entities have in common, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePath
from typing import TypeVar

from monitor.errors import Mistake
from monitor.matching.conditions import listed_term
from monitor.matching.listshape import ListShape
from monitor.matching.rules import ANY_LANGUAGE, Term
from monitor.matching.ruleshape import keys_known
from monitor.matching.rulevalues import is_language
from monitor.matching.shapecheck import checked, placed
from monitor.matching.shapes import keys_of
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint, closest, did_you_mean, quoted

_S = TypeVar("_S", bound=ListShape)


def name_of(document: Document) -> str:
    """The id in a file, or what it probably is: a rule may name it though it is broken."""
    plain = document.root.plain if document.root else None
    name = plain.get("id") if isinstance(plain, dict) else None
    return name if isinstance(name, str) else PurePath(document.source.file).stem


def checked_list(
    document: Document, shape: type[_S], vocabulary: Vocabulary
) -> tuple[_S | None, list[Mistake]]:
    """The document as a shape, or every mistake in it."""
    keys = keys_of(shape)
    strangers = _strangers(document, keys)
    found, mistakes = checked(document, shape, vocabulary, keys_known(shape), leave_out=strangers)
    for key in strangers:
        is_typo = closest(key, keys) is not None
        hint = did_you_mean(key, keys) if is_typo else " (a language is written fr, en or ar)"
        message = f"unknown key{hint}"
        mistakes.append(placed(document, Complaint(path=(key,), message=message, is_key=True)))
    return (None if mistakes else found), mistakes


def _strangers(document: Document, keys: Collection[str]) -> list[str]:
    plain = document.root.plain if document.root else None
    found = plain if isinstance(plain, dict) else ()
    return [key for key in found if key not in keys and not is_language(key)]


def terms_in(shape: ListShape) -> Mapping[str, tuple[Term, ...]]:
    """The terms of a list, by language."""
    listed = {**shape.__pydantic_extra__, ANY_LANGUAGE: shape.anywhere}
    return {key: tuple(map(listed_term, terms)) for key, terms in listed.items() if terms}


def twice(document: Document, first: Document) -> Mistake:
    """The mistake of a file whose id another file has."""
    message = f"{quoted(name_of(document))} is already the id of {first.source.file}"
    return placed(document, Complaint(path=("id",), message=message))
