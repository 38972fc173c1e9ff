"""As much of JSON Schema as our schema uses, for tests: what is wrong with a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from monitor.matching import rulefile

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
KNOWN = frozenset(
    [
        *("$ref", "$defs", "$schema", "type", "enum", "const", "not", "oneOf", "anyOf"),
        *("properties", "required", "additionalProperties", "items", "minItems", "pattern"),
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "format"),
        *("title", "description", "default"),
    ]
)


@cache
def rule_schema() -> dict[str, Any]:
    return rulefile.schema()


def complaints(value: object, root: Mapping[str, Any]) -> list[str]:
    return list(_wrong(value, root, root, "$"))


def _wrong(
    value: object, schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from _wrong(value, root["$defs"][name], root, at)
    if "type" in schema and not _is_type(value, schema["type"]):
        yield f"{at}: not of type {schema['type']}"
        return
    yield from _wrong_choice(value, schema, root, at)
    match value:
        case dict():
            yield from _wrong_mapping(value, schema, root, at)
        case list():
            if len(value) < schema.get("minItems", 0):
                yield f"{at}: too few"
            for number, item in enumerate(value):
                yield from _wrong(item, schema.get("items", {}), root, f"{at}[{number}]")
        case str():
            yield from _wrong_text(value, schema, at)
        case int() | float() if not isinstance(value, bool):
            low, high = schema.get("minimum", value), schema.get("maximum", value)
            if not low <= value <= high or value <= schema.get("exclusiveMinimum", value - 1):
                yield f"{at}: out of range"


def _wrong_choice(
    value: object, schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: not one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: not {schema['const']!r}"
    if "not" in schema and not list(_wrong(value, schema["not"], root, at)):
        yield f"{at}: {schema['not']} is refused"
    for key, enough in (("oneOf", (1,)), ("anyOf", range(1, 99))):
        found = [list(_wrong(value, one, root, at)) for one in schema.get(key, ())]
        if found and sum(not one for one in found) not in enough:
            yield f"{at}: {key}: {found}"


def _wrong_text(value: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at}: too short or too long"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: not {schema['pattern']}"


def _wrong_mapping(
    value: Mapping[str, object], schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{at}: lacks {key}" for key in schema.get("required", ()) if key not in value)
    for key, item in value.items():
        if key in known:
            yield from _wrong(item, known[key], root, f"{at}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: unknown key {key}"


def _is_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])
