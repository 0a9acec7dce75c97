"""Finding a server's programs on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["MissingServiceError", "installed"]

# Debian keeps PostgreSQL's servers out of PATH, a folder for each version.
_FOLDERS = "usr/lib/postgresql/*/bin"


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
