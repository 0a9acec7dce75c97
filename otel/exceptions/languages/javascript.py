"""Stack traces of JavaScript: V8 (Node and Chromium), Firefox and Safari."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame, Source
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_node", "parse_web"]

# PostHog's own SDKs name a function without a name like this.
_UNNAMED = "?"

_HEADER = re.compile(r"(?:Uncaught )?([A-Za-z_$][\w$.]*)(?: \[[\w]+\])?(?:: (.*))?$")
# `at f (place)`, `at async f (place)` or `at place`.
_V8 = re.compile(r"\s*at (?:async )?(?:(.*?) \()?([^()]*(?:\([^()]*\)[^()]*)*?)\)?(?: \{|,)?$")
_EVAL = re.compile(r"\(([^()]+:\d+:\d+)\)")
_GECKO = re.compile(r"([^@]*)@(.+)$")
_PLACE = re.compile(r"(.*?)(?::(\d+))?(?::(\d+))?$")
# `file:///srv/shop.mjs` and, on Windows, `file:///C:/shop.mjs`.
_FILE_URL = re.compile(r"file://(?:/(?=[A-Za-z]:))?")
_CAUSE = re.compile(r"(\s*)(?:\{\s*)?(?:\[cause\]|Caused by): (.+)$")
_ERRORS = re.compile(r"(\s*)(?:\{\s*)?\[errors\]: \[$")

_FOREIGN = re.compile(
    r"(?:^|[/\\])node_modules[/\\]|^node:|^internal/|^native$|^<anonymous>$|^index \d|^\[native code\]$"
    r"|^(?:chrome|moz|safari-web)-extension:"
)


def parse_node(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace of Node.

    Args:
        text: `error.stack`, or the output of `util.inspect`.
    """
    return _parse(text, "node:javascript")


def parse_web(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace of a browser.

    Args:
        text: `error.stack`.
    """
    return _parse(text, "web:javascript")


def _parse(text: str, platform: str) -> tuple[ExceptionInfo, ...]:
    sections: list[Section] = []
    group: Section | None = None
    for line in lines_of(text):
        if is_enough(sections):
            break
        frame = _frame(line, platform)
        if frame is not None:
            if not sections:
                sections.append(Section(""))
            sections[-1].frames.append(frame)
        elif _ERRORS.match(line):
            group = sections[-1] if sections else None
        elif cause := _CAUSE.match(line):
            sections.append(_cause(sections, len(cause[1]), cause[2]))
        elif not sections:
            sections.append(_section(line))
        elif group is not None and line.strip() and _is_header(line):
            sections.append(_section(line.strip(), group, len(line) - len(line.lstrip())))
        elif line.strip() == "]":
            group = None
        else:
            sections[-1].add_text(line)
    return finished(sections) if any(section.frames for section in sections) else ()


def _is_header(line: str) -> bool:
    header = _HEADER.match(line.strip())
    return header is not None and header[1].rpartition(".")[2][:1].isupper()


def _section(header: str, group: Section | None = None, indent: int = 0) -> Section:
    found = _HEADER.match(header)
    source: Source | None = None if group is None else "member"
    if found is None:
        return Section("", header, group, source, indent)
    return Section(found[1], found[2] or "", group, source, indent)


def _cause(sections: list[Section], indent: int, header: str) -> Section:
    """Return the cause of the last exception that is shown less deep."""
    section = _section(header)
    outer = [one for one in sections if one.indent <= indent]
    section.parent = outer[-1] if outer else None
    section.source = "cause"
    section.indent = indent + 1
    return section


def _frame(line: str, platform: str) -> Frame | None:
    if found := _V8.match(line):
        function, place = found[1] or "", found[2]
        if " (eval at " in line or line.lstrip().startswith("at eval "):
            inner = _EVAL.findall(line)
            place = inner[-1] if inner else place
            function = function or "eval"
    elif platform == "web:javascript" and (found := _GECKO.match(line)):
        function, place = found[1].rpartition("/")[2].rstrip("<"), found[2]
    else:
        return None
    where = _PLACE.match(place)
    # Prose may begin with the word `at`: a place without a function has a line.
    if where is None or not (function or where[2]):
        return None
    address = where[1].removeprefix("async ")
    url = _FILE_URL.match(address)
    filename = (address if url is None else address[url.end() :]) or "<anonymous>"
    return new_frame(
        filename,
        int(where[2] or 0),
        function.removeprefix("async ") or _UNNAMED,
        platform=platform,
        colno=int(where[3] or 0),
        in_app=not _FOREIGN.search(filename),
    )
