"""Stack traces of .NET, which show inner exceptions before the frames of the outer one."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_dotnet"]

_HEADER = re.compile(
    r"(?:Unhandled exception\. )?([A-Za-z_][\w.+`]*)(?: \((?:0x)?[0-9A-Fa-f]+\))?(?:: (.*))?$"
)
# The words `at`, `in` and `line` are in the language of the machine.
_FRAME = re.compile(r"\s{2,}\S+ ([^\s()]\S*?)\((.*?)\)(?: \S+ (.+):\S+ (\d+))?\.?\s*(?:<---)?$")
_INNER = re.compile(r"\s*---> (?:\(Inner Exception #\d+\) )?(.*)$")
_MEMBER = re.compile(r"\s*---> \(Inner Exception #\d+\) ")
_END = re.compile(r"\s*--- .* ---\s*$")
_FOREIGN = ("System.", "Microsoft.", "OpenTelemetry.", "Interop.")


def parse_dotnet(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace as `Exception.ToString` writes it.

    Args:
        text: of the outermost exception, with the inner ones.
    """
    sections: list[Section] = []
    open_sections: list[Section] = []

    def begin(header: str, *, is_member: bool = False) -> None:
        # The older framework writes the whole chain in one line.
        first, _, inner = header.partition(" ---> ")
        outer = (sections[0] if is_member else open_sections[-1]) if open_sections else None
        found = _HEADER.match(first)
        section = Section(found[1], found[2] or "") if found else Section("", first)
        section.parent, section.source = outer, None if outer is None else "member" if is_member else "cause"
        sections.append(section)
        open_sections.append(section)
        if inner and not is_enough(sections):
            begin(inner)

    for line in lines_of(text):
        if is_enough(sections):
            break
        if inner := _INNER.match(line):
            is_member = _MEMBER.match(line) is not None
            if is_member:
                del open_sections[1:]
            begin(inner[1], is_member=is_member)
        elif (frame := _FRAME.match(line)) and open_sections:
            open_sections[-1].frames.append(_frame(frame))
        elif _END.match(line):
            # Of two such lines, this one ends an inner exception; the other one continues the same one.
            if "previous" not in line and len(open_sections) > 1:
                open_sections.pop()
        elif open_sections:
            open_sections[-1].add_text(line)
        elif line.strip():
            begin(line.strip())
    return finished(sections) if any(section.frames for section in sections) else ()


def _frame(found: re.Match[str]) -> Frame:
    function = found[1]
    return new_frame(
        found[3] or "",
        int(found[4] or 0),
        function,
        function.rpartition(".")[0],
        platform="custom",
        lang="csharp",
        in_app=not function.startswith(_FOREIGN),
    )
