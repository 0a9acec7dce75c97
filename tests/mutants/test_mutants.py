"""The mutants: what the operators change, and that the list of equivalent mutants is not stale."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from cosmic_ray.mutating import mutate_code

from tests.mutants import __main__ as mutants
from tests.mutants._operators import OPERATORS

ROOT = Path(__file__).parent.parent.parent
EQUIVALENT = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text())["equivalent"]


@pytest.mark.parametrize(
    ("operator", "line", "changed"),
    [
        ("DropStatement", "count(1)", "pass"),
        ("DropStatement", "return 1", "pass"),
        ("DropStatement", "self.n += 1", "pass"),
        ("DropStatement", "self.n = 1", "pass"),
        ("DropStatement", "n = 1", None),
        ("DropStatement", '"""A docstring."""', None),
        ("NegateFilter", "n = [x for x in y if x or z]", "n = [x for x in y if not (x or z)]"),
        ("NegateMembership", "n = x in y", "n = x not in y"),
        ("NegateMembership", "n = x not in y", "n = x in y"),
        ("NegateMembership", "n = x is y", None),
        ("ReplaceComparisonOperator_Gt_LtE", "n = x > y", "n = x <= y"),
        ("AddNot", "n = 1 if x else 2", "n = 1 if not x else 2"),
    ],
)
def test_an_operator_changes_one_place(operator: str, line: str, changed: str | None) -> None:
    source = "def f():\n    {}\n"
    expected = None if changed is None else source.format(changed)
    assert mutate_code(source.format(line), OPERATORS[operator], 0) == expected


def test_a_statement_outside_a_function_is_kept() -> None:
    assert mutate_code("register(1)\n", OPERATORS["DropStatement"], 0) is None


def test_annotations_decorators_arguments_and_stars_are_no_places(tmp_path: Path) -> None:
    (tmp_path / "otel" / "room").mkdir(parents=True)
    (tmp_path / "otel" / "room" / "file.py").write_text(
        "@cache(size=2, on=True)\ndef f(x: A | B, *, y: C | None = None) -> D | E:\n    z: F | G = {**x}\n"
    )
    places = mutants._mutants(tmp_path, "room")
    assert [[one.operator for one in place] for place in places] == [["RemoveDecorator"]]


@pytest.mark.parametrize("room", mutants.ROOMS)
def test_each_room_has_code_and_tests(room: str) -> None:
    assert mutants._mutants(ROOT, room)
    assert [name for name in mutants.ROOMS[room] if not (ROOT / "tests" / "otel" / name).exists()] == []


@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: str(entry["before"]))
def test_an_equivalent_mutant_is_of_a_line_that_is_there_and_has_a_reason(entry: dict[str, str]) -> None:
    lines = [line.strip() for line in (ROOT / entry["path"]).read_text().splitlines()]
    assert [line for line in entry["before"].splitlines() if line not in lines] == []
    assert entry["why"].endswith(".")
