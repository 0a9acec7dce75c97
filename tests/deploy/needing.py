"""Marks for tests that need a program of the deployment: skip them without it, and say how to install it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

__all__ = ["missing_go", "needs_caddy", "needs_go", "needs_promtool"]


def missing_go() -> str:
    """Return what to install if Go cannot build the Collector, else an empty text; as in the Makefile."""
    found = shutil.which("go")
    version = subprocess.run([found, "version"], capture_output=True, text=True).stdout if found else ""
    is_enough = re.search(r"go1\.(2[6-9]|[3-9]\d)\b", version)
    return "" if is_enough else "Go is missing, 1.26 or newer: https://go.dev/doc/install"


def _needs(program: str, how: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is missing: {how}")


needs_caddy = _needs("caddy", "apt-get install caddy")
needs_go = pytest.mark.skipif(bool(missing_go()), reason=missing_go() or "nothing is missing")
needs_promtool = _needs("promtool", "apt-get install prometheus")
