"""Decides: whether a document has the shape that it should, and where in it that is not so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from pydantic import ValidationError

from monitor.errors import Mistake
from monitor.matching.conditionshape import UNREADY
from monitor.matching.rules import Place
from monitor.matching.shapes import Shape
from monitor.matching.vocabulary import Vocabulary
from monitor.matching.yamlnodes import Document, Node
from monitor.mistakes import Complaint, Path, complaints, spelled

_S = TypeVar("_S", bound=Shape)


def checked(
    document: Document,
    shape: type[_S],
    vocabulary: Vocabulary,
    keys: Callable[[Path], Collection[str]],
    *,
    leave_out: Collection[str] = (),
) -> tuple[_S | None, list[Mistake]]:
    """The document as a shape, or every mistake in it.

    Args:
        document: what was composed of a file.
        shape: what it should be.
        vocabulary: what it may name.
        keys: the keys known at a place, for "did you mean".
        leave_out: keys of the top that were dealt with already.
    """
    if document.root is None:
        return None, []
    plain = document.root.plain
    if leave_out and isinstance(plain, Mapping):
        plain = {key: value for key, value in plain.items() if key not in leave_out}
    try:
        return shape.model_validate(plain, context=vocabulary), []
    except ValidationError as error:
        found = complaints(error, keys=keys, unready=UNREADY)
        return None, [placed(document, complaint) for complaint in found]


def placed(document: Document, complaint: Complaint) -> Mistake:
    """The complaint as a mistake, where it stands in the file.

    Pydantic's locations also name the shape of a condition (``<country>``), and the first item
    of what its author wrote without a list; neither is in the file.
    """
    assert document.root is not None
    node: Node | None = document.root
    spot = document.root.spot
    path: list[str | int] = []
    for number, part in enumerate(complaint.path, start=1):
        if node is not None and part in node.spots:
            is_wrong = complaint.is_key and number == len(complaint.path)
            spot = node.keys[str(part)] if is_wrong else node.spots[part]
            node = node.children.get(part)
            path.append(part)
        elif isinstance(part, str) and not part.startswith("<"):
            path.append(part)
    message = f"{spelled(tuple(path))}: {complaint.message}".removeprefix(": ")
    return document.source.mistake(*spot, message)


def place_of(document: Document, *path: str | int) -> Place:
    """Where a value stands; for the value of a key, where the key does."""
    assert document.root is not None
    node, spot = document.root, document.root.spot
    for part in path:
        spot = node.keys[part] if isinstance(part, str) else node.spots[part]
        node = node.children.get(part, node)
    line, column = spot
    source = document.source
    return Place(file=source.file, line=line, column=column, quote=source.quote(line))
