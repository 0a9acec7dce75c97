"""Stack traces of the Java virtual machine: Java, Kotlin, Scala, Groovy."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, is_enough, lines_of, new_frame

__all__ = ["parse_java"]

_HEADER = re.compile(r'(?:Exception in thread "[^"]*" )?([\w.$]+)(?:: ?(.*))?$')
_FRAME = re.compile(r"\s*at ([^\s()]+)\(([^()]*)\)")
# A class loader and a module precede the class, as in `app//shop.Cart` and `java.base@21/java.lang.Thread`.
_MODULE = re.compile(r"(?:[\w.@-]*/)+(?=[\w$])")
_NESTED = re.compile(r"(\s*)(Caused by|Suppressed): (.*)$")
_MORE = re.compile(r"\s*\.\.\. (\d{1,6}) (?:more|common frames omitted)")

# The packages of the platform, its languages and its common servers: a trace has no paths.
_FOREIGN = re.compile(
    r"(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|org\.springframework|org\.apache"
    r"|org\.hibernate|org\.eclipse\.jetty|io\.netty|io\.vertx|io\.opentelemetry|reactor|io\.micronaut|io\.quarkus"
    r"|com\.google\.common|com\.fasterxml|com\.zaxxer|okhttp3|akka|play)\."
)


def parse_java(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace as `Throwable.printStackTrace` writes it.

    Args:
        text: of the outermost exception, with causes and suppressed ones.
    """
    sections: list[Section] = []
    for line in lines_of(text):
        if is_enough(sections):
            break
        if found := _FRAME.match(line):
            if not sections:
                sections.append(Section(""))
            sections[-1].frames.append(_frame(found[1], found[2]))
        elif (nested := _NESTED.match(line)) and nested[3].startswith("[CIRCULAR REFERENCE"):
            continue
        elif nested:
            sections.append(_nested(sections, len(nested[1].expandtabs(8)), nested[2], nested[3]))
        elif more := _MORE.match(line):
            _share(sections, int(more[1]))
        elif not sections:
            if line.strip():
                sections.append(_section(line.strip()))
        else:
            sections[-1].add_text(line)
    return finished(sections) if any(section.frames for section in sections) else ()


def _section(header: str) -> Section:
    found = _HEADER.match(header)
    return Section("", header) if found is None else Section(found[1].replace("$", "."), found[2] or "")


def _nested(sections: list[Section], indent: int, how: str, header: str) -> Section:
    """Return an exception that belongs to one that is shown at the same depth, or less deep if suppressed."""
    section = _section(header)
    section.indent = indent
    is_cause = how == "Caused by"
    outer = [one for one in sections if one.indent < indent or (is_cause and one.indent == indent)]
    section.parent = outer[-1] if outer else None
    section.source = "cause" if is_cause else "suppressed"
    return section


def _share(sections: list[Section], count: int) -> None:
    """Add the frames that an exception has in common with the one that it belongs to."""
    if sections and sections[-1].parent is not None:
        sections[-1].frames += sections[-1].parent.frames[-count:] if count else []


def _frame(qualified: str, place: str) -> Frame:
    module = _MODULE.match(qualified.partition("$$Lambda/")[0])
    class_name, _, method = (qualified[module.end() :] if module else qualified).rpartition(".")
    filename, _, lineno = place.partition(":")
    is_file = filename not in ("Native Method", "Unknown Source")
    return new_frame(
        filename if is_file else "",
        int(lineno) if lineno.isascii() and lineno.isdecimal() else 0,
        method,
        class_name or "<unknown>",
        platform="java",
        in_app=not _FOREIGN.match(class_name + "."),
    )
