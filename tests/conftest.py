"""No property is timed. Before the tests, word forms are prepared; after them, what they have measured is said.

A test says it by ``record_property("measured", "kills 50, lost 0")``, from whichever process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None)  # a busy machine is no bug
settings.load_profile("suite")

# Wherever a test has its home: what takes a quarter of a minute is made once.
os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Prepare word forms in the first process, before daemons are started against the clock."""
    if not hasattr(session.config, "workerinput"):
        from monitor.matching import inflection, packs

        inflection.prepare(packs.languages(), lambda said: print(said, file=sys.stderr))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    measured = [
        (report.nodeid, text)
        for report in terminalreporter.stats.get("passed", [])
        for name, text in report.user_properties
        if name == "measured"
    ]
    if measured:
        terminalreporter.section("measured")
        for test, text in sorted(measured):
            terminalreporter.write_line(f"{test}: {text}")
