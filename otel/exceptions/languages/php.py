"""Stack traces of PHP: its own, and those of OpenTelemetry's SDK, which look like Java's."""

from __future__ import annotations

import re
from itertools import pairwise

from otel.exceptions._model import ExceptionInfo, Frame, Source
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_php"]

_FRAME = re.compile(r"\s*at ([^\s()]+(?:\([^()]*\))?)\(([^()]*)\)$")
_MORE = re.compile(r"\s*\.\.\. (\d{1,6}) more")
_HEADER = re.compile(r"([\w\\.]+)(?:: (.*))?$")
# `#0 /srv/shop.php(40): Cart->load()`: the place is where the function was called.
_NUMBERED = re.compile(r"#\d+ (?:(.+?)\((\d+)\): |\[internal function\]: |)(.*)$")
_THROWN = re.compile(
    r"(?:PHP )?(?:Fatal error: +)?(?:Uncaught |Next )?([\w\\]+)(?:: (.*))? in (.+?)(?::(\d+)|\((\d+)\))$"
)
_FOREIGN = re.compile(r"/vendor/")
_INTERNAL = "[internal]"


def parse_php(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace.

    Args:
        text: the string of a `Throwable` or of its trace alone, or what OpenTelemetry's SDK records.
    """
    lines = lines_of(text)
    if any(line.startswith(("#0 ", "#1 ")) for line in lines):
        return _parse_own(lines)
    sections: list[Section] = []
    for line in lines:
        if is_enough(sections):
            break
        if found := _FRAME.match(line):
            if not sections:
                sections.append(Section(""))
            sections[-1].frames.append(_dotted(found[1], found[2]))
        elif line.startswith("Caused by: "):
            outer = sections[-1] if sections else None
            sections.append(_section(line.removeprefix("Caused by: "), outer))
        elif more := _MORE.match(line):
            if sections and sections[-1].parent is not None:
                sections[-1].frames += sections[-1].parent.frames[-int(more[1]) :]
        elif sections:
            sections[-1].add_text(line)
        elif line.strip():
            sections.append(_section(line, None))
    return finished(sections) if any(section.frames for section in sections) else ()


def _section(header: str, outer: Section | None) -> Section:
    found = _HEADER.match(header)
    source: Source | None = None if outer is None else "cause"
    if found is None:
        return Section("", header, outer, source)
    return Section(found[1], found[2] or "", outer, source)


def _dotted(function: str, place: str) -> Frame:
    filename, _, lineno = place.rpartition(":")
    if not lineno.isdecimal():
        filename, lineno = place, "0"
    return _frame(filename or _INTERNAL, int(lineno), function)


def _parse_own(lines: list[str]) -> tuple[ExceptionInfo, ...]:
    """Read PHP's own form, which shows the first exception first and the outermost last."""
    sections: list[Section] = []
    places: list[tuple[str, int]] = []
    message: list[str] = []
    for line in lines:
        if is_enough(sections):
            break
        numbered = _NUMBERED.match(line)
        if numbered is not None:
            if not sections:  # `Throwable.getTraceAsString`, which does not say where it broke
                sections.append(Section(""))
                places.append(("", 0))
            function = numbered[3].partition("(")[0] or "{main}"
            sections[-1].frames.append(_frame(*places[-1], function))
            places.append((numbered[1] or _INTERNAL, int(numbered[2] or 0)))
        elif thrown := _THROWN.match("\n".join([*message, line]) if message else line):
            sections.append(Section(thrown[1], thrown[2] or ""))
            places.append((thrown[3], int(thrown[4] or thrown[5])))
            message = []
        elif line.strip() and not line.startswith("Stack trace:") and len(message) < 20:
            message.append(line)
    outermost_first = sections[::-1]
    for outer, inner in pairwise(outermost_first):
        inner.parent, inner.source = outer, "cause"
    return finished(outermost_first) if any(section.frames for section in sections) else ()


def _frame(filename: str, lineno: int, function: str) -> Frame:
    is_foreign = filename == _INTERNAL or _FOREIGN.search(filename)
    return new_frame(filename, lineno, function, platform="php", in_app=not is_foreign)
