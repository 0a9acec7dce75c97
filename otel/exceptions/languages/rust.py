"""Stack traces of Rust: `std::backtrace` and what anyhow writes around it."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_rust"]

_FUNCTION = re.compile(r"\s*\d+: (?:\s*0x[0-9a-f]+ - )?(\S.*)$")
_PLACE = re.compile(r"\s+at (.+?):(\d+)(?::(\d+))?$")
_CAUSES = "Caused by:"
_CAUSE = re.compile(r"\s+(?:\d+: )?(\S.*)$")
# The frames that record or raise come first, and say nothing about the error.
_RECORDING = re.compile(
    r"(?:std::backtrace|backtrace::|core::panicking|std::panicking|rust_begin_unwind|anyhow::|eyre::"
    r"|core::option::|core::result::|<?core::|<?alloc::|opentelemetry|__rust|_?rust_)"
)
_FOREIGN = re.compile(
    r"^<?(?:std|core|alloc|tokio|hyper|tower|axum|tracing|futures\w*|__libc)\w*(?:::|$)|^_?_?(?:start|main|clone)$"
)
_FOREIGN_FILE = re.compile(r"/rustc/|/\.cargo/|/registry/src/|/library/(?:std|core|alloc)/")


def parse_rust(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace.

    Args:
        text: a backtrace, with or without the error's own text before it.
    """
    outermost = Section("")
    sections = [outermost]
    function = ""
    in_causes = False
    for line in lines_of(text):
        if line.startswith(_CAUSES):
            in_causes = True
        elif not line.strip() or line.startswith("Stack backtrace"):
            in_causes = in_causes and not line.strip()
        elif in_causes and not is_enough(sections) and (cause := _CAUSE.match(line)):
            sections.append(Section("", cause[1], sections[-1], "cause"))
        elif place := _PLACE.match(line):
            if function:
                outermost.frames.append(_frame(function, place[1], int(place[2]), int(place[3] or 0)))
                function = ""
        elif found := _FUNCTION.match(line):
            if function:
                outermost.frames.append(_frame(function, "", 0, 0))
            function = found[1]
        elif not outermost.frames:
            outermost.message = outermost.message or line
    if function:
        outermost.frames.append(_frame(function, "", 0, 0))
    own = [index for index, one in enumerate(outermost.frames) if not _RECORDING.match(one.function)]
    outermost.frames = outermost.frames[own[0] :] if own else outermost.frames
    return finished(sections) if outermost.frames else ()


def _frame(function: str, filename: str, lineno: int, colno: int) -> Frame:
    is_foreign = _FOREIGN.search(function) or _FOREIGN_FILE.search(filename)
    return new_frame(
        filename,
        lineno,
        function,
        function.rpartition("::")[0],
        platform="rust",
        lang="rust",
        colno=colno,
        in_app=not is_foreign,
    )
