"""Lookup of installed server programs."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["MissingServiceError", "built", "installed"]

# Debian keeps PostgreSQL's servers out of PATH, in a folder for each version.
_FOLDERS = "usr/lib/postgresql/*/bin"

# The output folder of `make collector`.
_BUILT = Path(__file__).parents[2] / "collector/build"


class MissingServiceError(Exception):
    """Raised if a server is not installed; the message says how to install it."""


def installed(program: str, package: str) -> Path:
    """Return the path of a program.

    Args:
        program: the program's name.
        package: the Debian package that contains the program.

    Raises:
        MissingServiceError: if the program is not installed.
    """
    found = shutil.which(program) or max(map(str, Path("/").glob(f"{_FOLDERS}/{program}")), default=None)
    if found is None:
        msg = f"{program} is missing: apt-get install {package}"
        raise MissingServiceError(msg)
    return Path(found)


def built(program: str) -> Path:
    """Return the path of a program that `make collector` builds.

    Args:
        program: the program's name.

    Raises:
        MissingServiceError: if the program is not built.
    """
    found = _BUILT / program
    if not found.is_file():
        msg = f"{program} is missing: make collector (requires Go)"
        raise MissingServiceError(msg)
    return found
