"""Showing how much of the taxonomy the journey reached, at the end of a test run."""

from __future__ import annotations

import pytest

__all__ = ["TAXONOMY"]

TAXONOMY = "taxonomy"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the test that passed; one that fails shows its own."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == f"Captured {TAXONOMY} call":
                terminalreporter.line(text)
