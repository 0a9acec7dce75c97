"""The built assets, which are rebuilt if a source is newer, as in `make`."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.inspector.browser import MissingError
from tests.lifecycle.servers import ROOT

_MANIFEST = ROOT / "assets/dist/manifest.json"
_VITE = ROOT / "node_modules/.bin/vite"
# Templates are sources, too: Tailwind generates styles for the classes that they contain.
_SOURCES = (("assets", (".ts", ".css", ".svg")), ("templates", (".html",)), ("apps", (".html",)))


@cache
def built() -> Path:
    """Return the folder of the built assets, after rebuilding them if needed."""
    if not _VITE.exists():
        msg = f"{_VITE} is missing: `make setup` installs it (npm ci)"
        raise MissingError(msg)
    if not _MANIFEST.exists() or _MANIFEST.stat().st_mtime < max(map(_changed, _sources())):
        subprocess.run([_VITE, "build", "--logLevel", "warn"], cwd=ROOT, check=True)
    return _MANIFEST.parent


def manifest() -> dict[str, Any]:
    """Return Vite's manifest: the file name and the imports of each chunk, after rebuilding if needed."""
    found: dict[str, Any] = json.loads((built() / _MANIFEST.name).read_text())
    return found


def _sources() -> list[Path]:
    found = [
        path
        for folder, kinds in _SOURCES
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds and _MANIFEST.parent not in path.parents
    ]
    return [*found, ROOT / "vite.config.ts"]


def _changed(path: Path) -> float:
    return path.stat().st_mtime
