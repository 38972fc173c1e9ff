"""Decides: what a strict YAML 1.2 text says, and on which line and column it says it.

YAML as people read it: ``NO``, ``on`` and ``12:30`` are text, as the core schema of YAML 1.2
has it (https://yaml.org/spec/1.2.2/#103-core-schema). Whatever can mean something else than
it looks like is refused: a key twice, anchors, aliases, merge keys, tags, a second document.
Nodes are built from the parser's events without recursion, so that depth is only a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from monitor.errors import Mistake, RulesError
from monitor.mistakes import MAX_MISTAKES, Source, decoded, quoted, source

MAX_DEPTH = 20
"""Of lists and mappings inside each other."""
MAX_VALUES = 50_000
"""Keys and values of one file. More is no rule, and would hold up a reload for seconds."""

# PyYAML without its C part is ten times slower, and understands the same.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
Spot: TypeAlias = tuple[int, int]
"""Line and column, from 1."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands, with what is inside it."""

    plain: Plain
    spot: Spot
    spots: Mapping[str | int, Spot] = field(default_factory=dict)
    """Where each value of a list or of a mapping stands."""
    children: Mapping[str | int, Node] = field(default_factory=dict)
    """Those of them that are lists and mappings."""
    keys: Mapping[str, Spot] = field(default_factory=dict)
    """Where each key of a mapping stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file: its tree, if there is one, and what is wrong with it as YAML."""

    source: Source
    root: Node | None = None
    mistakes: tuple[Mistake, ...] = ()


def compose(file: str, data: bytes) -> Document:
    """Read the bytes of one file.

    A document whose only mistakes are keys given twice still has its tree (with the first of
    the values), so that the rest of it can be checked.
    """
    text = decoded(file, data)
    if isinstance(text, Mistake):
        return Document(source=Source(file=file), mistakes=(text,))
    lines = source(file, text)
    if bad := _FORBIDDEN.search(text):
        before = source(file, text[: bad.start()]).lines
        place = (len(before), len(before[-1]) + 1)
        return Document(source=lines, mistakes=(lines.mistake(*place, _forbidden(bad.group())),))
    builder = _Builder(lines)
    try:
        root = builder.build(_events(text))
    except _Refused as refused:
        root = None
        builder.complain(refused.spot, refused.message)
    except yaml.MarkedYAMLError as error:
        root = None
        builder.complain(*_reworded(error, lines))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        root = None
        builder.complain((1, 1), f"cannot be read as YAML: {str(error).partition(chr(10))[0]}")
    return Document(
        source=lines,
        root=None if builder.is_unusable else root,
        mistakes=tuple(builder.mistakes),
    )


def _events(text: str) -> Iterator[Event]:
    """What the parser sees; ``yaml.parse`` asks it twice for each."""
    loader = _LOADER(text)
    return iter(loader.get_event, None)


def plain_yaml(text: str, file: str = "<text>") -> dict[str, Plain]:
    """The mapping that a text holds, without places: for data files of our own.

    Raises:
        RulesError: it is not strict YAML, or not a mapping.
    """
    document = compose(file, text.encode())
    plain = document.root.plain if document.root else None
    if document.mistakes or not isinstance(plain, dict):
        raise RulesError(document.mistakes or [Mistake(file=file, message="expected a mapping")])
    return plain


# --- from events to nodes ------------------------------------------------------------


class _Refused(Exception):
    """The rest of the document cannot be trusted."""

    def __init__(self, spot: Spot, message: str) -> None:
        self.spot = spot
        self.message = message
        super().__init__(message)


_CHILDLESS: Mapping[str | int, Node] = MappingProxyType({})


class _Open:
    """A list or mapping whose end has not come yet."""

    __slots__ = ("children", "is_mapping", "key", "keys", "plain", "spot", "spots")

    def __init__(self, spot: Spot, *, is_mapping: bool) -> None:
        self.is_mapping = is_mapping
        self.spot = spot
        self.plain: list[Plain] | dict[str, Plain] = {} if is_mapping else []
        self.spots: dict[str | int, Spot] = {}
        self.children: dict[str | int, Node] | None = None
        self.keys: dict[str, Spot] = {}
        self.key: str | None = None
        """The key whose value comes next."""

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and self.key is None

    def closed(self) -> Node:
        return Node(self.plain, self.spot, self.spots, self.children or _CHILDLESS, self.keys)


class _Builder:
    """Puts nodes together, and remembers what was wrong on the way."""

    def __init__(self, lines: Source) -> None:
        self.lines = lines
        self.mistakes: list[Mistake] = []
        self.is_unusable = False

    def complain(self, spot: Spot, message: str, *, is_fatal: bool = True) -> None:
        self.is_unusable |= is_fatal
        if len(self.mistakes) < MAX_MISTAKES:
            self.mistakes.append(self.lines.mistake(*spot, message))

    def build(self, events: Iterator[Event]) -> Node:
        """The tree of the only document.

        Raises:
            _Refused: it is empty, too large, nested too deeply, or not the only one.
        """
        stack: list[_Open] = []
        root: Node | None = None
        for number, event in enumerate(events):
            if number > MAX_VALUES:
                raise _Refused(_spot(event), f"more than {MAX_VALUES:,} values in one file")
            node: Node | None = None
            if isinstance(event, ScalarEvent):
                spot = _spot(event)
                is_key = bool(stack) and stack[-1].awaits_key
                plain = self._scalar(event, spot, is_key=is_key)
            elif isinstance(event, CollectionStartEvent):
                self._check_node(event)
                stack.append(_opened(event, len(stack)))
                continue
            elif isinstance(event, CollectionEndEvent):
                node = stack.pop().closed()
                plain, spot = node.plain, node.spot
            elif isinstance(event, AliasEvent):
                self._refuse_alias(event)
                plain, spot = "", _spot(event)
            else:
                if isinstance(event, DocumentStartEvent):
                    self._check_document(event, is_second=root is not None)
                continue
            if stack:
                self._put(stack[-1], plain, spot, node)
            else:
                root = node or Node(plain, spot)
        if root is None:
            raise _Refused((1, 1), "the file is empty")
        if root.plain is None:
            raise _Refused(root.spot, "the file is empty")
        return root

    def _check_document(self, event: DocumentStartEvent, *, is_second: bool) -> None:
        if is_second:
            raise _Refused(_spot(event), "a second document begins here; write it to its own file")
        if event.version not in (None, (1, 2)):
            self.complain(_spot(event), "only YAML 1.2 is understood")
        if event.tags:
            self.complain(_spot(event), "tags are refused")

    def _refuse_alias(self, event: AliasEvent) -> None:
        message = f"aliases are refused: *{event.anchor} (put text that begins with * in quotes)"
        self.complain(_spot(event), message)

    def _check_node(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor is not None:
            message = (
                f"anchors are refused: &{event.anchor} (put text that begins with & in quotes)"
            )
            self.complain(_spot(event), message)
        elif event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"tags are refused: {quoted(tag)} (put text that begins with ! in quotes)"
            self.complain(_spot(event), message)

    def _scalar(self, event: ScalarEvent, spot: Spot, *, is_key: bool) -> Plain:
        self._check_node(event)
        text: str = event.value
        if not event.implicit[0]:
            if bad := _FORBIDDEN_WRITTEN.search(text):
                self.complain(spot, _forbidden(bad.group()))
            return text
        if is_key and text == "<<":
            self.complain(spot, "merge keys are refused: <<")
        try:
            return _resolved(text)
        except ValueError:
            self.complain(spot, f"too long for a number: {quoted(text)}; put it in quotes")
            return text

    def _put(self, parent: _Open, plain: Plain, spot: Spot, node: Node | None) -> None:
        into = parent.plain
        key: str | int
        if isinstance(into, list):
            key = len(into)
            into.append(plain)
        elif parent.key is None:
            parent.key = self._key(parent, plain, spot)
            return
        else:
            key, parent.key = parent.key, None
            if key in into:
                return
            into[key] = plain
        parent.spots[key] = spot
        if node is not None:
            if parent.children is None:
                parent.children = {}
            parent.children[key] = node

    def _key(self, parent: _Open, key: Plain, spot: Spot) -> str:
        if not isinstance(key, str):
            what = "a key" if isinstance(key, (list, dict)) or key is None else f"the key {key}"
            self.complain(spot, f"{what} must be text; put it in quotes")
            key = str(key)
        if key in parent.keys:
            first = parent.keys[key][0]
            message = f"{quoted(key)} is given twice, first on line {first}"
            self.complain(spot, message, is_fatal=False)
        else:
            parent.keys[key] = spot
        return key


def _opened(event: CollectionStartEvent, depth: int) -> _Open:
    if depth >= MAX_DEPTH:
        raise _Refused(_spot(event), f"nested more than {MAX_DEPTH} deep")
    return _Open(_spot(event), is_mapping=isinstance(event, MappingStartEvent))


def _spot(event: Event) -> Spot:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


# --- scalars of the core schema ------------------------------------------------------

_WORDS: Mapping[str, bool | None] = MappingProxyType(
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_MAX_DIGITS = 40
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda text: float(text.replace(".", "")),
    ),
)
_NUMBER_BEGINS = frozenset("+-.0123456789")


def _resolved(text: str) -> Plain:
    """The value of a plain scalar.

    Raises:
        ValueError: a number of so many digits that Python would not print it again.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    for pattern, number in _NUMBERS:
        if pattern.fullmatch(text):
            if len(text) > _MAX_DIGITS:
                raise ValueError
            return number(text)
    return text


# --- characters ----------------------------------------------------------------------

# YAML 1.1 breaks lines at NEL, LS and PS and no editor does: lines would be miscounted.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# Written as escapes in double quotes they reach us all the same.
_FORBIDDEN_WRITTEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _forbidden(character: str) -> str:
    return f"the invisible character U+{ord(character):04X} is refused"


# --- the parser's words --------------------------------------------------------------

_REWORDED = (
    (
        "mapping values are not allowed",
        'unexpected ":": text that holds ": " needs quotes, and keys side by side one indentation',
    ),
    ("sequence entries are not allowed", 'a list begins on its own line, with "- "'),
    ("did not find expected '-'", 'expected "- ": is it indented as the items above it?'),
    ("did not find expected key", "expected a key: is it indented as the keys above it?"),
    ("could not find expected ':'", 'expected ":" after a key'),
    ("did not find expected node content", "expected a value"),
    ("did not find expected <document start>", "text after the end of the document"),
    ("unknown escape character", r"unknown escape: write \\ for a backslash, or use single quotes"),
)
_BRACKETS = {"while parsing a flow sequence": "[]", "while parsing a flow mapping": "{}"}


def _reworded(error: yaml.MarkedYAMLError, lines: Source) -> tuple[Spot, str]:
    """The parser's error in words for people who write rules."""
    problem = error.problem or "cannot be read as YAML"
    context = error.context or ""
    mark = error.problem_mark or error.context_mark
    spot = _in_sight((mark.line + 1, mark.column + 1), lines) if mark else (1, 1)
    begun = error.context_mark
    if begun and (brackets := _BRACKETS.get(context)):
        is_here = spot[0] == begun.line + 1
        place = f"column {spot[1]}" if is_here else f"line {spot[0]}"
        message = f'this "{brackets[0]}" needs a "," or a "{brackets[1]}" before {place}'
        return (begun.line + 1, begun.column + 1), message
    if begun and "quoted scalar" in context and "end of stream" in problem:
        return (begun.line + 1, begun.column + 1), "these quotes are never closed"
    if "cannot start any token" in problem or "found a tab" in problem:
        return spot, _bad_start(lines, spot)
    for words, ours in _REWORDED:
        if words in problem:
            return spot, ours
    return spot, problem


def _in_sight(spot: Spot, lines: Source) -> Spot:
    """The end of the last line with something on it, for what only ends after that."""
    last = next((n for n in range(len(lines.lines), 0, -1) if lines.lines[n - 1].strip()), 1)
    return min(spot, (last, len(lines.lines[last - 1]) + 1))


def _bad_start(lines: Source, spot: Spot) -> str:
    line = lines.lines[spot[0] - 1] if spot[0] <= len(lines.lines) else ""
    character = line[spot[1] - 1 : spot[1]]
    if character == "\t":
        return "a tab cannot indent: use spaces"
    return f"put text that begins with {character} in quotes"
