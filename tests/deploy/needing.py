"""The marks of tests that need a program of the deployment: skipped without it, saying how to get it."""

from __future__ import annotations

import shutil

import pytest

__all__ = ["needs_caddy", "needs_go", "needs_promtool"]


def _needs(program: str, how: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is missing: {how}")


needs_caddy = _needs("caddy", "apt-get install caddy")
needs_go = _needs("go", "https://go.dev/doc/install")
needs_promtool = _needs("promtool", "apt-get install prometheus")
