"""Rule files: what they say, and every mistake in them, word for word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Mistake, RulesError
from monitor.matching import rulefile, rules, yamlnodes
from monitor.matching.rulefile import Known, files_in, plain_yaml, read
from monitor.matching.rules import (
    All,
    Any,
    Concept,
    Condition,
    Country,
    Field,
    Names,
    Not,
    Rule,
    RuleSet,
    Status,
    Term,
    TermList,
    Where,
)
from monitor.models import Severity

BAD = Path(__file__).parent / "rules" / "bad"
COUNTRIES = {
    "DZ": "Algeria",
    "FR": "France",
    "GB": "United Kingdom",
    "MA": "Morocco",
    "US": "United States",
}
KNOWN = Known(
    destinations=frozenset({"desk-mail", "intel-slack"}),
    feed_tags=frozenset({"maghreb", "defence"}),
)
CONCEPTS = {
    name: TermList(id=name, terms={"en": (Term(text=name),)})
    for name in ("arms", "sport", "weapons")
}


def read_bad(name: str, data: bytes) -> tuple[Mistake, ...]:
    """The mistakes of one file among good ones."""
    files = {f"rules/{name}.yaml": data, "rules/good.yaml": b"id: good\nmatch: oil\n"}
    ruleset, mistakes = read(files, countries=COUNTRIES, concepts=CONCEPTS, known=KNOWN)
    assert [rule.id for rule in ruleset.rules] == ["good"]
    return mistakes
