"""What tests have measured is said at the end, from whichever process they ran in.

A test says it by ``record_property("measured", "kills 50, lost 0")``.
"""

from __future__ import annotations

import pytest


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
