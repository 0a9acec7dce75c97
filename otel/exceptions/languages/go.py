"""Stack traces of Go: a goroutine's stack, and the `%+v` form of pkg/errors."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, lines_of, new_frame

__all__ = ["parse_go"]

_GOROUTINE = re.compile(r"goroutine \d+ \[")
_PLACE = re.compile(r"\s+(\S.*?):(\d+)(?: \+0x[0-9a-f]+)?$")
_CREATED_BY = re.compile(r"created by (\S+)(?: in goroutine \d+)?$")
# The frames that record the stack or unwind it come first, and say nothing about the error.
_RECORDING = ("go.opentelemetry.io/otel/", "runtime/debug.", "runtime.", "panic")
# Modules that are downloaded or vendored, and the standard library.
_FOREIGN = re.compile(r"/pkg/mod/|/vendor/|/go[\d.]*/src/|/libexec/src/")


def parse_go(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exception of the first goroutine's stack.

    Args:
        text: as `runtime/debug.Stack` writes it.
    """
    section = Section("")
    function = ""
    for line in lines_of(text):
        if _GOROUTINE.match(line):
            if section.frames:
                break
            continue
        place = _PLACE.match(line)
        if place is not None and function:
            section.frames.append(_frame(function, place[1], int(place[2])))
            function = ""
        elif created := _CREATED_BY.match(line):
            function = created[1]
        else:
            function = _function(line.strip())
    own = [index for index, one in enumerate(section.frames) if not one.function.startswith(_RECORDING)]
    section.frames = section.frames[own[0] :] if own else section.frames
    return finished([section]) if section.frames else ()


def _function(line: str) -> str:
    """Return a call's function: `shop.(*Cart).load` of `shop.(*Cart).load(0x1, {0x2})`."""
    if not line.endswith(")"):
        return "" if " " in line else line
    depth = 0
    for at in range(len(line) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(line[at], 0)
        if not depth:
            return line[:at]
    return ""


def _frame(function: str, filename: str, lineno: int) -> Frame:
    is_foreign = function.startswith(_RECORDING) or _FOREIGN.search(filename)
    return new_frame(filename, lineno, function, platform="go", in_app=not is_foreign)
