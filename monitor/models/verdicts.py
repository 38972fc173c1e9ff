"""Data: what the rules said of an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from monitor.models.quick import quick


class Severity(StrEnum):
    """How urgent a rule's author says its matches are, least first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One mention that satisfied a condition, with where it stands.

    ``start`` and ``end`` count characters of the article's field; ``sentence`` begins at
    ``sentence_start`` of the same field.
    """

    condition: str
    field: str
    start: int
    end: int
    text: str
    kind: str
    """Why it counts: ``name``, ``demonym``, ``capital``, ``government``, ``acronym``, ``term`` …"""
    sentence: str = ""
    sentence_start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTime:
    """When digests are due: every full hour, or once a day."""

    at: time | None = None
    """By the clock on the destination's wall, every day; ``None``: every full hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """At most so many alerts in any such span; what is more waits for the digest."""

    count: int
    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a rule's author says of how its matches are told."""

    is_experimental: bool = False
    """It is on trial: never told at once."""
    digest: DigestTime | None = None
    """Its matches wait for a digest at these times."""
    throttle: Throttle | None = None


AT_ONCE = Handling()


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule held on one article."""

    rule_id: str
    rule_version: str
    rule_title: str
    severity: Severity
    relevance: float
    """0 to 1."""
    is_weak: bool
    """Below the rule's ``min_relevance``: stored, never alerted at once."""
    notify: tuple[str, ...] | None
    """Destinations; ``None`` means every one."""
    evidence: tuple[Evidence, ...]
    handling: Handling = field(default=AT_ONCE, compare=False)
    """For planning; it is not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrouble:
    """A rule that could not judge an article, and why."""

    rule_id: str
    why: str


@quick
@dataclass(frozen=True, slots=True)
class Judged:
    """Every match of every rule on an article, weak ones included, and the rules that failed."""

    matches: tuple[Match, ...] = ()
    troubles: tuple[RuleTrouble, ...] = ()
    language: str | None = None
    """The article's, which its lists of words were chosen by."""
