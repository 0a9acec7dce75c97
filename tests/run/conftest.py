"""A report on how much of the taxonomy the journey covered, at the end of a test run."""

from __future__ import annotations

import pytest

__all__ = ["TAXONOMY"]

TAXONOMY = "taxonomy"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table if the test passed; pytest shows it if the test failed."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == f"Captured {TAXONOMY} call":
                terminalreporter.line(text)
