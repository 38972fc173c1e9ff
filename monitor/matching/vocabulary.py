"""Decides: whether what a rule names is there, and what was probably meant if it is not.

What may be named is not the shapes' to know: it comes as pydantic's validation context.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pydantic import ValidationInfo

from monitor.mistakes import closest, did_you_mean, quoted, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a rule may name; ``None``: anything."""

    countries: Collection[str]
    """ISO 3166 codes; in a mapping, each with its English name."""
    groups: Collection[str] = ()
    concepts: Collection[str] | None = None
    entities: Collection[str] | None = None
    destinations: Collection[str] | None = None
    feed_tags: Collection[str] | None = None


def vocabulary_of(info: ValidationInfo) -> Vocabulary:
    """What the validation in hand lets a rule name."""
    assert isinstance(info.context, Vocabulary)
    return info.context


def look_up(kind: str, name: str, options: Collection[str] | None) -> str:
    """Refuse a name that is none of the options; ``kind`` says what it should be the name of."""
    if options is not None and name not in options:
        refuse(lambda: f"unknown {kind} {quoted(name)}{did_you_mean(name, options)}")
    return name


def concept(name: str, info: ValidationInfo) -> str:
    """Refuse the name of a concept that is not there."""
    return look_up("concept", name, vocabulary_of(info).concepts)


def entity(name: str, info: ValidationInfo) -> str:
    """Refuse the name of an entity that is not there."""
    return look_up("entity", name, vocabulary_of(info).entities)


def destination(name: str, info: ValidationInfo) -> str:
    """Refuse the name of a destination that is not configured."""
    return look_up("destination", name, vocabulary_of(info).destinations)


def feed_tag(name: str, info: ValidationInfo) -> str:
    """Refuse a tag that no feed has."""
    return look_up("feed tag", name, vocabulary_of(info).feed_tags)


# --- countries and groups ------------------------------------------------------------

_WRONG_CODES = {"UK": "GB", "USA": "US", "UAE": "AE", "KSA": "SA"}
_CODE_LENGTH = 2


def country(code: str, info: ValidationInfo) -> str:
    """Refuse what is no country's code."""
    known = vocabulary_of(info)
    if code not in known.countries:
        refuse(lambda: f"unknown country {quoted(code)}{_meant_country(code, known)}")
    return code


def group(name: str, info: ValidationInfo) -> str:
    """Refuse a group that is not there."""
    known = vocabulary_of(info)
    if name not in known.groups:
        refuse(lambda: f"unknown group {quoted(name)}{_meant_group(name, known)}")
    return name


def _meant_country(code: str, known: Vocabulary) -> str:
    countries = known.countries
    upper = code.strip().upper()
    if (likely := _WRONG_CODES.get(upper, upper)) in countries:
        return f" (did you mean {likely}?)"
    if code in known.groups:
        return f" (did you mean group: {code}?)"
    if "," in code:
        return " (write several as [DZ, MA])"
    names = {name: code for code, name in countries.items()} if _is_named(countries) else {}
    if len(code) > _CODE_LENGTH and (name := closest(code, names)):
        return f" (did you mean {names[name]}, {name}?)"
    return " (write the two-letter ISO code, such as DZ)"


def _meant_group(name: str, known: Vocabulary) -> str:
    if name in known.countries:
        return f" (did you mean country: {name}?)"
    if "," in name:
        return " (write several as [EU, NATO])"
    return did_you_mean(name, known.groups)


def _is_named(countries: Collection[str]) -> TypeGuard[Mapping[str, str]]:
    return isinstance(countries, Mapping)
