"""A Go that is too old for the Collector counts as missing, and `make test` names the skipped tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.needing import missing_go
from tests.lifecycle.servers import ROOT

versions = pytest.mark.parametrize(
    ("version", "is_enough"), [("1.19.8", False), ("1.25.11", False), ("1.26.0", True), ("1.30", True)]
)


@pytest.fixture
def path(tmp_path: Path, version: str) -> str:
    """Return a PATH with a Go of a version."""
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\necho go version go{version} linux/amd64\n")
    go.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


@versions
def test_make_builds_the_collector_only_with_a_recent_go(path: str, is_enough: bool) -> None:
    command, env = ["make", "--dry-run", "test"], os.environ | {"PATH": path}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert ("collector/build/otelcol" in ran.stdout) is is_enough


@versions
def test_tests_that_need_go_are_skipped_with_an_older_one(
    path: str, is_enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path)
    assert missing_go() == ("" if is_enough else "Go is missing, 1.26 or newer: https://go.dev/doc/install")


def test_tests_that_need_go_are_skipped_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert missing_go()
