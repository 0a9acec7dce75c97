"""The packages that the image has, in an environment that has more: a program that wants another fails."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.lifecycle.servers import ROOT

_LOCK = ROOT / "requirements.image.lock"
# What Python reads at its start; whatever imports a package from elsewhere is told that there is none.
_SITECUSTOMIZE = """
import sys


class OnlyTheImages:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is None and name in {others!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}: the image has none", name=name)


sys.meta_path.insert(0, OnlyTheImages)
"""


def with_the_images_packages(folder: Path) -> dict[str, str]:
    """Return the environment of a program that finds what the image has, and nothing else.

    Args:
        folder: keeps what says so.
    """
    locked = {
        _plain(name) for name in re.findall(r"^([\w.-]+)(?:\[\S+\])?==", _LOCK.read_text(), re.MULTILINE)
    }
    others = {
        module
        for module, owners in packages_distributions().items()
        if not any(_plain(owner) in locked | {"tformance-otel", "pip", "setuptools"} for owner in owners)
    }
    assert "pytest" in others
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE.format(others=others))
    return {"PYTHONPATH": str(folder)}


def _plain(name: str) -> str:
    """A name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
