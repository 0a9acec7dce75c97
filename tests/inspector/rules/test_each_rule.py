"""Each rule has the effect that its row describes, and without the rule the same input has another result."""

from __future__ import annotations

import pytest

from otel.inspector.rules import RULES, edge
from tests.inspector.rules import cases_events, cases_exceptions, cases_people
from tests.inspector.rules.case import Case, send
from tests.inspector.rules.conftest import Harness

CASES = [
    *cases_people.PERSONLESS,
    *cases_people.MERGING,
    *cases_people.PERSONS,
    *cases_events.GROUPS,
    *cases_events.ENVELOPE,
    *cases_events.DEFINITIONS,
    *cases_exceptions.UNREAD,
    *cases_exceptions.READ,
]
# Rules of the capture service, which has no project. Tests: tests/inspector/test_edge.py, for PP-7
# test_outcomes.py.
AT_THE_EDGE = {rule.id for rule in edge.RULES} | {"PP-7"}
IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_rule_has_the_effect_that_its_row_describes(harness: Harness, case: Case) -> None:
    harness.project.settings = case.settings
    send(harness.sender, case)
    assert case.look(harness.inspector) == case.sees
    assert harness.project.applied[case.rule] >= 1

    harness.inspector.reset()
    harness.project.disabled.add(case.rule)
    send(harness.sender, case)
    assert _look(harness, case) != case.sees
    assert harness.project.applied[case.rule] == 0


def _look(harness: Harness, case: Case) -> object:
    try:
        return case.look(harness.inspector)
    except LookupError as error:  # for example, the list of issues is empty
        return error


def test_every_rule_has_a_case() -> None:
    assert set(RULES) - AT_THE_EDGE == {case.rule for case in CASES}


def test_every_row_names_its_source_with_a_commit() -> None:
    assert [rule.id for rule in RULES.values() if "@" not in rule.source] == []
    assert len({rule.looks_at for rule in RULES.values()}) == len(RULES)
