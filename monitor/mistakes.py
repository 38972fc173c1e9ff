"""Decides: how what is wrong in a text file is worded, and where in the file it points.

Shared by the two loaders, ``config`` and ``matching.rulefile``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from monitor.errors import Mistake

MAX_BYTES = 1_000_000
"""A larger file is refused before it is read."""
MAX_MISTAKES = 100
"""Of one file; a broken megabyte would otherwise make a report that nobody can read."""
_MAX_QUOTE = 160
_MAX_FOUND = 60
_MAX_OPTIONS = 8
_MAX_NUMBER = 1e40
_LINE_BREAK = re.compile(r"\r\n|\n|\r")

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file: ``("match", "all", 1, "country")``."""


# --- places --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text file as its author sees it; lines and columns count from 1."""

    file: str
    lines: tuple[str, ...] = ()

    def quote(self, line: int) -> str:
        """The line as written, made safe for a terminal; long ones are cut."""
        if not 1 <= line <= len(self.lines):
            return ""
        text = self.lines[line - 1]
        cut = text[:_MAX_QUOTE] + "…" * (len(text) > _MAX_QUOTE)
        if cut.isprintable():
            return cut
        return "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in cut)

    def mistake(self, line: int, column: int, message: str) -> Mistake:
        """The mistake at this place, with its line quoted where the place is in sight."""
        return Mistake(
            file=self.file,
            line=line,
            column=column,
            message=message,
            quote=self.quote(line) if column <= _MAX_QUOTE else "",
        )


def source(file: str, text: str) -> Source:
    """The text of a file, in lines."""
    return Source(file=file, lines=tuple(_LINE_BREAK.split(text)))


def decoded(file: str, data: bytes) -> str | Mistake:
    """The bytes of a file as text, a byte order mark left out; or why they are none."""
    if len(data) > MAX_BYTES:
        return Mistake(file=file, message="is larger than 1 MB")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        lines = _LINE_BREAK.split(before)
        message = f"is not UTF-8: found the byte 0x{data[error.start]:02X}; save the file as UTF-8"
        all_lines = source(file, data.decode(errors="replace"))
        return all_lines.mistake(len(lines), len(lines[-1]) + 1, message)


# --- words ---------------------------------------------------------------------------


def closest(word: str, options: Collection[str]) -> str | None:
    """The option that was probably meant, if one is close; letter case does not matter."""
    folded = {option.casefold(): option for option in sorted(options, reverse=True)}
    close = get_close_matches(word[:_MAX_FOUND].casefold(), folded, n=1)
    return folded[close[0]] if close else None


def did_you_mean(word: str, options: Collection[str]) -> str:
    """`` (did you mean "country"?)``; where no option is close, what there is to choose from."""
    if (meant := closest(word, options)) is not None:
        return f" (did you mean {quoted(meant)}?)"
    shown = ", ".join(map(quoted, sorted(options)[:_MAX_OPTIONS]))
    more = ", …" * (len(options) > _MAX_OPTIONS)
    return f" (there are {shown}{more})" if options else " (there are none)"


def quoted(text: str) -> str:
    """The text in double quotes, in one line, cut where it is long."""
    cut = text[:_MAX_FOUND] + "…" * (len(text) > _MAX_FOUND)
    return json.dumps(cut, ensure_ascii=False)


def found(value: object, mapping: str = "a mapping") -> str:
    """What stands there instead of what was expected; ``mapping``: the format's word for one."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float() if abs(value) < _MAX_NUMBER:
            return f"the number {value}"
        case int() | float():
            return "a number"
        case str():
            return quoted(value)
        case Mapping():
            return mapping
        case Sequence():
            return "a list"
        case _:
            return f"a {type(value).__name__}"


def not_text(value: object) -> str:
    """What stands there instead of text."""
    is_scalar = isinstance(value, bool | int | float)
    return found(value) + ": put it in quotes" * is_scalar


def listed(options: Sequence[str]) -> str:
    """``a, b or c``."""
    return " or ".join(filter(None, [", ".join(options[:-1]), *options[-1:]]))


def spelled(path: Path) -> str:
    """``match.all[1].country``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


# --- what pydantic says --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing that is wrong with a tree of plain values, in our words."""

    path: Path
    message: str
    is_key: bool = False
    """The key at the end of ``path`` is wrong, not its value."""


def refuse(say: Callable[[], str], *, key: str | None = None) -> NoReturn:
    """Make a pydantic validator fail.

    Args:
        say: words the mistake. It is called only for mistakes that are shown: looking for a
            close word takes a while.
        key: the key of the validated mapping that is wrong, where it is not the mapping itself.
    """
    raise PydanticCustomError("refused", "refused", {"say": say, "key": key})


def complaints(
    error: ValidationError,
    *,
    keys: Callable[[Path], Collection[str]],
    unready: Collection[str] = (),
    mapping: str = "a mapping",
    is_secret: Callable[[Path], bool] = lambda _: False,
) -> Iterator[Complaint]:
    """What pydantic found, at most ``MAX_MISTAKES``, each in one clear sentence.

    Args:
        error: as pydantic raised it.
        keys: the keys that are known to the mapping at a location (pydantic's own ``loc``).
        unready: keys that will be known one day.
        mapping: what the file's format calls one.
        is_secret: whether a value at a location must not be shown.
    """
    every = error.errors(include_url=False)
    mistyped = {
        (*details["loc"][:-1], closest(str(details["loc"][-1]), keys(details["loc"][:-1])))
        for details in every[:MAX_MISTAKES]
        if details["type"] == "extra_forbidden"
    }
    for details in every[:MAX_MISTAKES]:
        path: Path = details["loc"]
        context = details.get("ctx", {})
        if details["type"] == "missing" and path in mistyped:
            continue
        if details["type"] == "refused":
            extra = () if context["key"] is None else (context["key"],)
            yield Complaint(path=(*path, *extra), message=context["say"](), is_key=bool(extra))
        elif details["type"] == "extra_forbidden":
            name = str(path[-1])
            message = f"unknown key{did_you_mean(name, keys(path[:-1]))}"
            if name in unready:
                message = "is not supported yet"
            yield Complaint(path=path, message=message, is_key=True)
        elif path and path[-1] == "[key]":
            yield Complaint(path=path[:-1], message=_worded(details, mapping, ""), is_key=True)
        else:
            show = _kind if is_secret(path) else partial(_instead, details["type"], mapping)
            instead = show(details["input"])
            yield Complaint(path=path, message=_worded(details, mapping, instead))


def _kind(value: object) -> str:
    """What kind of value it is, for one that may be a secret."""
    return found(value) if isinstance(value, Mapping | list | bool) else "something else"


def _instead(error_type: str, mapping: str, value: object) -> str:
    return not_text(value) if error_type == "string_type" else found(value, mapping)


def _worded(details: ErrorDetails, mapping: str, instead: str) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return "is required"
        case "string_type":
            return f"expected text, found {instead}"
        case "list_type" | "tuple_type":
            return f"expected a list, found {instead}"
        case "dict_type" | "model_type" | "model_attributes_type" | "dataclass_type":
            return f"expected {mapping}, found {instead}"
        case "too_short":
            return "must not be empty"
        case "enum" | "literal_error":
            options = re.findall(r"'([^']*)'", str(context["expected"]))
            meant = closest(str(details["input"]), options)
            hint = f" (did you mean {quoted(meant)}?)" if meant else ""
            return f"expected {listed(options)}, found {instead}{hint}"
        case _:
            return details["msg"][:1].lower() + details["msg"][1:]
