"""Decides: which words for a country a user's pack adds, and all that is wrong in it.

It is written as the packs that ship with the program (see ``packs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.errors import Mistake
from monitor.matching.listshape import PackShape
from monitor.matching.rules import ANY_LANGUAGE, Alias, Names, Term
from monitor.matching.ruleshape import keys_known
from monitor.matching.shapecheck import checked, placed
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.words import fold_term
from monitor.matching.yamlnodes import Document
from monitor.mistakes import Complaint, quoted


def read_packs(
    documents: Iterable[Document], vocabulary: Vocabulary
) -> tuple[tuple[Alias, ...], list[Mistake]]:
    """The words of all packs without a mistake, each once; and all mistakes."""
    found: dict[Alias, None] = {}
    mistakes: list[Mistake] = []
    for document in documents:
        shape, wrong = checked(document, PackShape, vocabulary, keys_known(PackShape))
        if shape:
            wrong += _unknown_marks(shape, document)
        if shape and not wrong and not document.mistakes:
            found.update(dict.fromkeys(_aliases(shape)))
        mistakes += [*document.mistakes, *wrong]
    return tuple(found), mistakes


def _kinds(shape: PackShape) -> Iterator[tuple[Names, bool, str, tuple[Term, ...]]]:
    """Kind, exactness, language and words."""
    for kind, is_exact, words in (
        (Names.NAME, False, shape.names),
        (Names.DEMONYM, False, shape.demonyms),
        (Names.CAPITAL, False, shape.capitals),
        (Names.GOVERNMENT, False, shape.government),
        (Names.NAME, True, shape.acronyms),
    ):
        for language, terms in words.items():
            yield kind, is_exact, language, terms


def _aliases(shape: PackShape) -> Iterator[Alias]:
    marked = {language: _folded(terms) for language, terms in shape.ambiguous.items()}
    nowhere: frozenset[str] = frozenset()
    for kind, is_exact, language, terms in _kinds(shape):
        doubtful = marked.get(language, nowhere) | marked.get(ANY_LANGUAGE, nowhere)
        for term in terms:
            yield Alias(
                country=shape.code,
                language=language,
                text=term.text + "*" * term.is_prefix,
                kind=kind,
                is_exact=is_exact or term.is_exact,
                is_ambiguous=fold_term(term.text) in doubtful,
            )
    for language, terms in shape.masks.items():
        for term in terms:
            yield Alias(
                country=shape.code,
                language=language,
                text=term.text + "*" * term.is_prefix,
                kind=Names.NAME,
                is_exact=term.is_exact,
                is_mask=True,
            )


def _unknown_marks(shape: PackShape, document: Document) -> Iterator[Mistake]:
    """What is called ambiguous must be a word of the same file: others cannot be marked."""
    words: dict[str, frozenset[str]] = {}
    for _, _, language, terms in _kinds(shape):
        for key in (language, ANY_LANGUAGE):
            words[key] = words.get(key, frozenset()) | _folded(terms)
    for language, terms in shape.ambiguous.items():
        for number, term in enumerate(terms):
            if fold_term(term.text) not in words.get(language, ()):
                message = f"{quoted(term.text)} is not among the words of this file"
                path = ("ambiguous", language, number)
                yield placed(document, Complaint(path=path, message=message))


def _folded(terms: Iterable[Term]) -> frozenset[str]:
    return frozenset(fold_term(term.text) for term in terms)
