"""Finding a server's programs on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["MissingServiceError", "built", "installed"]

# Debian keeps PostgreSQL's servers out of PATH, a folder for each version.
_FOLDERS = "usr/lib/postgresql/*/bin"

# Where `make collector` puts what it builds.
_BUILT = Path(__file__).parents[2] / "collector/build"


class MissingServiceError(Exception):
    """Raised if a server is not installed; the message says what to install."""


def installed(program: str, package: str) -> Path:
    """Return where a program is.

    Args:
        program: its name.
        package: what to install where it is missing.

    Raises:
        MissingServiceError: if it is not installed.
    """
    found = shutil.which(program) or max(map(str, Path("/").glob(f"{_FOLDERS}/{program}")), default=None)
    if found is None:
        msg = f"{program} is missing: apt-get install {package}"
        raise MissingServiceError(msg)
    return Path(found)


def built(program: str) -> Path:
    """Return where a program is that `make collector` builds.

    Args:
        program: its name.

    Raises:
        MissingServiceError: if it is not built.
    """
    found = _BUILT / program
    if not found.is_file():
        msg = f"{program} is missing: make collector (it takes Go)"
        raise MissingServiceError(msg)
    return found
