"""Data: what the shapes of all files have in common, for pydantic to check."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from monitor.mistakes import found, refuse


class Shape(BaseModel):
    """No unknown keys, and no change once checked."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # only the shapes of whole files are checked against
    )


def keys_of(shape: type[Shape]) -> list[str]:
    """As they are written in a file."""
    return [field.alias or name for name, field in shape.model_fields.items()]


def absent() -> Any:
    """The value of what was left out. A default of ``None`` would let a file say null."""
    return None


def _in_list(value: object) -> object:
    """One value is as good as a list of one."""
    return value if isinstance(value, list) else [value]


def _filled(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise ValueError("must not be empty")
    return value


# Not ``min_length``: that counts the items which are right, and complains of empty lists.
Filled = AfterValidator(_filled)
SOME: JsonDict = {"minItems": 1}


def or_list(of: Any) -> BeforeValidator:
    """For a tuple's type: one item may be written without the list."""
    return BeforeValidator(_in_list, of | Annotated[list[of], Field(min_length=1)])


def mapping_like(example: str) -> BeforeValidator:
    """For a mapping below a condition's key; says what it looks like where it is none."""

    def check(value: object) -> object:
        if not isinstance(value, dict):
            refuse(lambda: f"expected a mapping such as {example}, found {found(value)}")
        return value

    return BeforeValidator(check)
