"""Decides: what a TOML text says, and which line to show for what is wrong in it.

Lines that may hold a secret are shown in part, or not at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.config.tomlplaces import Entry, Spot, locate, places
from monitor.errors import ConfigError, Mistake
from monitor.mistakes import Path, Source, source

_DISCREET = "destination"
_HEADER = re.compile(r"\s*\[\[?[\w.\-\"' ]*\]?\]?\s*")
_WITH_USER = re.compile(r"://.*@.*")
_URL = re.compile(r"(\w*)://([^\s\"]*)")
_REWORDED = (
    ("Illegal character '\\n'", "these quotes are not closed on their line"),
    ("Unterminated string", "these quotes are never closed"),
    ("Cannot overwrite a value", "this key is given twice"),
    ("Cannot declare", "this table is given twice"),
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A TOML text as plain values, with what is needed to point into it."""

    source: Source
    tables: Mapping[str, Any]
    entries: Mapping[Path, Entry] = field(repr=False)

    def mistake(self, path: Path, message: str, *, is_key: bool = False) -> Mistake:
        """What is wrong with the value (or the key) at a path."""
        return mistake_at(self.source, locate(self.entries, path, is_key=is_key), message)


def read_toml(file: str, text: str) -> TomlFile:
    """Read a whole file.

    Raises:
        ConfigError: it is not TOML.
    """
    lines = source(file, text)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        wrong = _syntax(lines, str(error))
    except RecursionError:
        wrong = Mistake(file=file, message="is nested too deeply")
    except ValueError:  # thousands of digits are no TOMLDecodeError
        wrong = Mistake(file=file, message="holds a number that is too long")
    else:
        return TomlFile(source=lines, tables=tables, entries=places(text))
    raise ConfigError([wrong])


def mistake_at(lines: Source, spot: Spot, message: str) -> Mistake:
    """The mistake at a place, with its line quoted as far as no secret can be in it."""
    made = lines.mistake(*spot, _discreet(message))
    return replace(made, quote="" if _is_secret(lines, spot[0]) else _discreet(made.quote))


def _discreet(text: str) -> str:
    """The text, with no more of a URL than the host of a web address; the rest may be secret."""
    return _URL.sub(_host_only, _WITH_USER.sub("://…", text))


def _host_only(url: re.Match[str]) -> str:
    scheme, rest = url.groups()
    host = re.split("[/?#]", rest)[0] if scheme in {"http", "https"} else ""
    return f"{scheme}://{host}{'…' if rest != host else ''}"


def _is_secret(lines: Source, line: int) -> bool:
    """Whether the line may stand in a table of destinations, or name them itself.

    The text may not even be TOML: rather a line too few is shown than one too many.
    """
    *before, text = lines.lines[:line] or ("",)
    if _HEADER.fullmatch(text):
        return False
    headers = [one for one in before if one.lstrip().startswith("[")]
    return any(_DISCREET in one for one in (*headers[-1:], text))


def _syntax(lines: Source, message: str) -> Mistake:
    found = _PLACE.search(message)
    if found is None:
        return Mistake(file=lines.file, message=message)
    said = message[: found.start()]
    said = next((ours for words, ours in _REWORDED if words in said), said)
    last = len(lines.lines)
    spot = (int(found[1]), int(found[2])) if found[1] else (last, len(lines.lines[-1]) + 1)
    return mistake_at(lines, spot, said[:1].lower() + said[1:])
