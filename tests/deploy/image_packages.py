"""A restriction to the image's packages: a program that imports any other package fails."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.lifecycle.servers import ROOT

_LOCK = ROOT / "requirements.image.lock"
# Python loads this module at startup; it makes imports of other packages fail.
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
    """Return the environment of a program that can import only the image's packages.

    Args:
        folder: the folder for the module that restricts imports.
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
    """Return a normalized package name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
