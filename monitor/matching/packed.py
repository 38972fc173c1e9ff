"""Mechanism: a set of rules as one run of bytes, to be handed from process to process.

Thousands of rules are millions of objects: taken apart once, where they were loaded, they cost those
who pass them on no time and little memory.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from monitor.matching.rules import RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRules:
    """Rules that have passed their tests, and what those who do not match need to know of them."""

    count: int
    version: str
    content: bytes

    @staticmethod
    def of(ruleset: RuleSet) -> PackedRules:
        """Pack them."""
        return PackedRules(
            count=len(ruleset.rules), version=ruleset.version, content=pickle.dumps(ruleset)
        )

    def unpack(self) -> RuleSet:
        """The rules, as they were; only for what came from this program or from its cache."""
        ruleset: RuleSet = pickle.loads(self.content)  # noqa: S301 - see caches
        return ruleset
