"""Stack traces of Ruby: `Exception#full_message` in both orders, and plain backtraces."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_ruby"]

_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
# `file:12:in 'Cart#load': message (Type)`; a backtick begins the name before Ruby 3.4.
_PLACE = r"(?P<file>[^\s:][^:]*|[A-Za-z]:[^:]+|<internal:[^>]*>):(?P<line>\d+)(?::in [`'](?P<function>.*?)')?"
_FIRST = re.compile(rf"{_PLACE}: (?P<message>.*?)(?: \((?P<type>[A-Z][\w:]*)\))?$")
_FROM = re.compile(rf"\s*(?:\d+: )?(?P<from>from )?{_PLACE}$")
_TYPE_AT_END = re.compile(r"(.*) \(([A-Z][\w:]*)\)$")
_REVERSED = "Traceback (most recent call last)"
_FOREIGN = re.compile(r"/gems/|/lib/ruby/|^<internal:|/rubygems/|/bundle(?:r)?/")


def parse_ruby(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace; a cause follows in the same form.

    Args:
        text: with or without highlighting.
    """
    lines = lines_of(_ESCAPES.sub("", text))
    is_reversed = bool(lines) and lines[0].startswith(_REVERSED)
    sections: list[Section] = []
    early: list[Frame] = []
    for line in lines:
        if is_enough(sections):
            break
        if found := _FROM.match(line):
            if is_reversed and not sections:
                early.append(_frame(found))
            else:
                if not sections:
                    sections.append(Section(""))
                sections[-1].frames.append(_frame(found))
        elif first := _FIRST.match(line):
            outer = sections[-1] if sections else None
            section = Section(first["type"] or "", first["message"], outer, "cause" if outer else None)
            sections.append(section)
            section.frames.append(_frame(first))
            section.frames += early[::-1]
            early = []
        elif sections and not is_reversed and len(sections[-1].frames) == 1:
            _continue(sections[-1], line)
    return finished(sections) if sections else ()


def _continue(section: Section, line: str) -> None:
    """Add a further line of a message; the type ends the first or the last one."""
    found = None if section.type_name else _TYPE_AT_END.match(line)
    if found is not None:
        section.type_name, line = found[2], found[1]
    section.message = f"{section.message}\n{line}"


def _frame(found: re.Match[str]) -> Frame:
    filename = found["file"]
    return new_frame(
        filename,
        int(found["line"]),
        found["function"] or "<main>",
        platform="ruby",
        in_app=not _FOREIGN.search(filename),
    )
