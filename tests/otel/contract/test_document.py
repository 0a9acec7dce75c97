"""The table in `docs/posthog-contract.md` matches the tests in this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.otel.contract import test_both, test_v0, test_v1, test_v1_results

PAGE = (Path(__file__).parents[3] / "docs" / "posthog-contract.md").read_text()
V0, V1 = (test_both, test_v0), (test_both, test_v1, test_v1_results)


def verdicts(*modules: ModuleType) -> dict[str, str]:
    """Return each check of the modules with its verdict, `pass` or `deviation`."""
    found: dict[str, str] = {}
    for module in modules:
        for name, function in vars(module).items():
            if name.startswith("test_"):
                verdict = "deviation" if name.startswith("test_deviation_") else "pass"
                found |= dict.fromkeys(checks(name, function), verdict)
    return found


def checks(name: str, function: object) -> Iterator[str]:
    """Yield the checks of a test: the ids of its parameters, or its own name."""
    marks: list[pytest.Mark] = getattr(function, "pytestmark", [])
    ids = [one for mark in marks if mark.name == "parametrize" for one in mark.kwargs["ids"]]
    yield from ids or [re.sub(r"^test_(deviation_)?", "", name)]


def rows() -> list[str]:
    """Return the expected rows of the table."""
    v0, v1 = verdicts(*V0), verdicts(*V1)
    return [f"| `{check}` | {v0.get(check, '')} | {v1.get(check, '')} |" for check in sorted(v0 | v1)]


def test_the_table_matches_the_tests() -> None:
    table = re.findall(r"^\| `.*\|$", PAGE, re.MULTILINE)
    assert table == rows(), "\n".join(["put this into docs/posthog-contract.md:", *rows()])


def test_each_deviation_has_its_reason() -> None:
    text = PAGE.partition("## Deviations")[2].partition("\n## ")[0]
    explained = {
        name for line in re.findall(r"^- (.*?):", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    }
    assert explained == {
        check
        for modules in (V0, V1)
        for check, verdict in verdicts(*modules).items()
        if verdict == "deviation"
    }
