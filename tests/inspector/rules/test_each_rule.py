"""Each rule does what its row says, and without the rule the same input ends otherwise."""

from __future__ import annotations

import pytest

from otel.inspector.rules import RULES, edge
from tests.inspector.rules import cases_events, cases_exceptions, cases_people
from tests.inspector.rules.case import Case, send
from tests.inspector.rules.conftest import House

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
# Applied at the door, which knows no project: see tests/inspector/test_edge.py and test_outcomes.py (PP-7).
AT_THE_DOOR = {rule.id for rule in edge.RULES} | {"PP-7"}
IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_happens_as_the_row_says_and_not_without_the_rule(house: House, case: Case) -> None:
    house.project.settings = case.settings
    send(house.sender, case)
    assert case.look(house.inspector) == case.sees
    assert house.project.applied[case.rule] >= 1

    house.inspector.reset()
    house.project.disabled.add(case.rule)
    send(house.sender, case)
    assert _look(house, case) != case.sees
    assert house.project.applied[case.rule] == 0


def _look(house: House, case: Case) -> object:
    try:
        return case.look(house.inspector)
    except LookupError as error:  # such as the first of no issues
        return error


def test_every_rule_has_a_case() -> None:
    assert set(RULES) - AT_THE_DOOR == {case.rule for case in CASES}


def test_every_row_names_its_source_with_a_commit() -> None:
    assert [rule.id for rule in RULES.values() if "@" not in rule.source] == []
    assert len({rule.looks_at for rule in RULES.values()}) == len(RULES)
