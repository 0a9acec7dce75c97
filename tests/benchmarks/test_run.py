from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._goals import GOALS
from benchmarks._result import Row, at_least, at_most
from benchmarks._timing import Rounds, spread

_ROOT = Path(__file__).parents[2]


def _run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=_ROOT,
        env=os.environ | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_a_quick_run_of_one_benchmark_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    ran = _run("--quick", "--only", "record", "--json", str(target))
    assert ran.returncode == 0, ran.stderr
    written = json.loads(target.read_text())
    assert written["quick"] is True
    assert written["versions"]["posthog"].startswith("7.")
    assert [one["name"] for one in written["results"]] == ["record"]
    for row in written["results"][0]["rows"]:
        assert row["what"] in ran.stdout
        assert row["ours"] > 0
        assert row["theirs"] > 0
        low, high = row["ratio_quartiles"]
        assert low <= row["ratio"] <= high
        goal = GOALS.get(row["what"])
        assert row["reached"] is (None if goal is None else goal.is_reached(row["ratio"]))


@pytest.mark.slow
def test_help_names_the_benchmarks() -> None:
    ran = _run("--help")
    assert ran.returncode == 0
    for name in ("record", "request", "unsampled", "drain", "via", "growth", "memory"):
        assert name in ran.stdout


@pytest.mark.slow
def test_a_missing_program_is_reported_before_the_run_begins() -> None:
    ran = _run("--quick", PATH="/nowhere")
    assert ran.returncode == 1
    assert "browser: chromium is missing: apt-get install chromium" in ran.stderr.splitlines()
    assert "…" not in ran.stderr


def test_the_spread_of_one_value_is_that_value() -> None:
    assert (spread([3.0]).low, spread([3.0]).median, spread([3.0]).high) == (3.0, 3.0, 3.0)


def test_a_ratio_compares_neighbors_so_a_slowdown_of_both_does_not_change_it() -> None:
    rounds = Rounds({"ours": [1.0, 10.0, 2.0], "theirs": [2.0, 20.0, 4.0]})
    found = rounds.ratio("ours", to="theirs")
    assert (found.low, found.median, found.high) == (0.5, 0.5, 0.5)


def test_a_figure_reaches_its_target_on_the_right_side_of_the_bound() -> None:
    faster = spread([8.0])
    assert Row("x", "µs", 1, 8, faster, at_least(8, "")).is_reached is True
    assert Row("x", "µs", 1, 8, faster, at_most(7.9, "")).is_reached is False
    assert Row("x", "B", 5, wanted=at_most(8, "")).is_reached is True
    assert Row("x", "B", 5, wanted=at_most(8, ""), is_conclusive=False).is_reached is None
    assert Row("x", "µs", 1, 8, faster).is_reached is None


@pytest.mark.slow
def test_batches_hold_what_record_queues_and_spans_with_the_same_event() -> None:
    # In its own process: the benchmarks declare an event in the process's registry.
    program = """
from benchmarks._batches import QueuedEvents, ended_spans
items = QueuedEvents().batch(3)
(span,) = ended_spans(1)
print(*{type(item).__name__ for item in items}, len({id(item.span_attributes) for item in items}))
print(len(span.events[0].attributes))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.splitlines() == ["RecordedEvent 3", "9"]
