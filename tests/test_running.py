"""Properties of the test runner that an update of a tool could silently break."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TESTS = """
import os, pathlib, pytest

@pytest.mark.xdist_group("sharing")
@pytest.mark.parametrize("number", range(6))
def test_one(number):
    with pathlib.Path("workers").open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


@pytest.mark.slow
def test_tests_of_a_group_run_on_one_worker_and_share_their_fixtures(tmp_path: Path) -> None:
    # pytest-xdist #1386: nothing failed, but shared fixtures were set up once for each worker.
    (tmp_path / "test_group.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "no:django"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout
    workers = (tmp_path / "workers").read_text().split()
    assert (len(workers), len(set(workers))) == (6, 1)
