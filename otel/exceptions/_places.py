"""Classification of source files: path and module from the import root, and whether the product owns them."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Place", "is_in_app", "place_of"]

# The stacks of a program run through a few thousand files.
_CACHED = 4096

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_STANDARD_LIBRARY = re.compile(
    r".*/(?:lib(?:64)?/python\d(?:\.\d+)?t?|Python\d{2,3}/Lib|python\d{2,3}\.zip)/"
)
# The script that an installer writes for an entry point, such as `.venv/bin/gunicorn`.
_SCRIPT = re.compile(r"(?:.*/)?(?:bin|Scripts)/[^/.]+(?:\.exe/__main__\.py)?")
_FROZEN = re.compile(r"<frozen ([\w.]+)>")
_MODULE_PATH = re.compile(r"(?:\w+/)*\w+")


class Place(NamedTuple):
    """A file's place in the program.

    Args:
        filename: the path from the import root, with forward slashes; the whole path if the root is unknown.
        module: the module's name from that root; empty if the path is not a valid module name.
        in_app: whether the file is neither installed nor part of the standard library.
    """

    filename: str
    module: str
    in_app: bool


@lru_cache(maxsize=_CACHED)
def place_of(filename: str, module: str = "") -> Place:
    """Return the place of a file.

    Args:
        filename: the file of a frame.
        module: the frame's `__name__`, if known: it identifies the root more reliably than `sys.path`.
    """
    if frozen := _FROZEN.fullmatch(filename):
        return Place(filename, module or frozen[1], in_app=False)
    if filename.startswith("<"):
        return Place(filename, module, in_app=True)
    path = filename.replace("\\", "/")
    for root in (_INSTALLED, _STANDARD_LIBRARY):
        if found := root.match(path):
            return _at(path, found.end(), module, in_app=False)
    in_app = not _SCRIPT.fullmatch(path)
    if module and (tail := _tail(path, module)):
        return Place(tail, module, in_app)
    return _at(path, _root_length(path), module, in_app=in_app)


def is_in_app(place: Place, prefixes: tuple[str, ...]) -> bool:
    """Whether a frame counts as the product's own.

    Args:
        place: the place of the frame's file.
        prefixes: prefixes of the product's modules; if empty, the location of the file decides.
    """
    if not prefixes:
        return place.in_app
    # The path replaces the module if the import root is on another machine.
    path = f"/{place.filename}"
    for prefix in prefixes:
        if place.module == prefix or place.module.startswith(f"{prefix}."):
            return True
        if not place.module and f"/{prefix.replace('.', '/')}/" in path:
            return True
    return False


def _at(path: str, root: int, module: str, *, in_app: bool) -> Place:
    if not root:
        return Place(path, module, in_app)
    relative = path[root:]
    stem = relative.removesuffix(".py").removesuffix("/__init__")
    return Place(relative, module or (stem.replace("/", ".") if _MODULE_PATH.fullmatch(stem) else ""), in_app)


def _tail(path: str, module: str) -> str:
    """Return the end of a path that corresponds to the module's name; empty if they do not match."""
    stem = f"/{module.replace('.', '/')}"
    for ending in (".py", "/__init__.py"):
        if path.endswith(stem + ending):
            return (stem + ending)[1:]
    return ""


def _root_length(path: str) -> int:
    roots = [root.replace("\\", "/").rstrip("/") + "/" for root in sys.path if root]
    return max((len(root) for root in roots if path.startswith(root)), default=0)
