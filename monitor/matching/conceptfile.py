"""Decides: which term lists the concept files hold, and all that is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from monitor.errors import Mistake
from monitor.matching.conditionshape import Vocabulary
from monitor.matching.rules import ANY_LANGUAGE, TermList
from monitor.matching.ruleshape import TermListShape
from monitor.matching.rulevalues import is_language
from monitor.matching.shapecheck import checked, place_of, placed
from monitor.matching.versions import concepts_used
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint, closest, did_you_mean, quoted

_KEYS = tuple(field.alias or name for name, field in TermListShape.model_fields.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Concepts:
    """What concept files and the concepts that were there before come to."""

    usable: Mapping[str, TermList]
    names: frozenset[str]
    """With those that cannot be used: a rule that names one is not itself mistaken."""
    mistakes: tuple[Mistake, ...]


def read_concepts(documents: Iterable[Document], before: Mapping[str, TermList]) -> Concepts:
    """Read concept files; one that has the id of a concept in ``before`` replaces it."""
    named = [(_name(document), document) for document in documents]
    names = frozenset(before) | {name for name, _ in named}
    mistakes: list[Mistake] = []
    seen: dict[str, Document] = {}
    lists = dict(before)
    for name, document in named:
        terms, wrong = _term_list(document, names)
        if first := seen.setdefault(name, document) if document.root else None:
            wrong += _twice(name, document, first)
        mistakes += [*document.mistakes, *wrong]
        if terms is None or wrong or document.mistakes:
            lists.pop(name, None)
        else:
            lists[name] = terms
    mistakes += _circles(lists, seen)
    usable = {name: terms for name, terms in lists.items() if _is_usable(name, lists)}
    return Concepts(usable=usable, names=names, mistakes=tuple(mistakes))


def _name(document: Document) -> str:
    """The id of a concept, or what it probably is: a rule may name it though it is broken."""
    plain = document.root.plain if document.root else None
    name = plain.get("id") if isinstance(plain, dict) else None
    return name if isinstance(name, str) else PurePath(document.source.file).stem


def _term_list(document: Document, names: frozenset[str]) -> tuple[TermList | None, list[Mistake]]:
    strangers = _strangers(document)
    vocabulary = Vocabulary(countries=(), concepts=names)
    shape, mistakes = checked(
        document, TermListShape, vocabulary, lambda _: _KEYS, leave_out=strangers
    )
    for key in strangers:
        is_typo = closest(key, _KEYS) is not None
        hint = did_you_mean(key, _KEYS) if is_typo else " (a language is written fr, en or ar)"
        message = f"unknown key{hint}"
        mistakes.append(placed(document, Complaint(path=(key,), message=message, is_key=True)))
    if shape is None or mistakes:
        return None, mistakes
    terms = dict(shape.__pydantic_extra__)
    if shape.anywhere:
        terms[ANY_LANGUAGE] = shape.anywhere
    if not terms and not shape.use:
        return None, [placed(document, Complaint(path=(), message="the concept has no terms"))]
    place = place_of(document, "id")
    return TermList(id=shape.id, terms=terms, masks=shape.masks, use=shape.use, place=place), []


def _strangers(document: Document) -> list[str]:
    plain = document.root.plain if document.root else None
    keys = plain if isinstance(plain, dict) else ()
    return [key for key in keys if key not in _KEYS and not is_language(key)]


def _twice(name: str, document: Document, first: Document) -> list[Mistake]:
    if first is document:
        return []
    message = f"{quoted(name)} is already the id of {first.source.file}"
    return [placed(document, Complaint(path=("id",), message=message))]


def _circles(lists: Mapping[str, TermList], seen: Mapping[str, Document]) -> list[Mistake]:
    """A mistake for every circle of concepts that use each other, at the first file in it."""
    mistakes: list[Mistake] = []
    told: set[str] = set()
    for name, document in seen.items():
        if name in told or not (circle := _circle(name, lists)):
            continue
        told.update(circle)
        message = f"goes in a circle: {' → '.join([*circle, name])}"
        mistakes.append(placed(document, Complaint(path=("use",), message=message)))
    return mistakes


def _circle(name: str, lists: Mapping[str, TermList]) -> list[str]:
    """The shortest way along ``use`` from a concept to itself; empty if there is none."""
    ways = [[name]]
    visited: set[str] = set()
    for way in ways:
        uses = lists[way[-1]].use if way[-1] in lists else ()
        for used in uses:
            if used == name:
                return way
            if used not in visited:
                visited.add(used)
                ways.append([*way, used])
    return []


def _is_usable(name: str, lists: Mapping[str, TermList]) -> bool:
    used = concepts_used([name], lists)
    return used <= lists.keys() and not any(_circle(one, lists) for one in used)
