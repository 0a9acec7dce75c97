"""From the text of `traceback.format_exception` to exceptions with frames."""

from __future__ import annotations

import re

from otel.exceptions._chain import CAUSE, CONTEXT, HEADER, TYPE, Expected, Node, read_chain
from otel.exceptions._model import MAX_EXCEPTIONS, MESSAGE_KEPT, UNKNOWN_TYPE, ExceptionInfo, Source

__all__ = ["parse_stacktrace"]

_BEGINNING = re.compile(rf'(?:Exception Group )?Traceback \(most|  \+ Exc|  \| |  File "|{TYPE}(?::|\n)')
_FIRST_HEADER = re.compile(rf"^{re.escape(HEADER)}", re.MULTILINE)


def parse_stacktrace(text: str, *, type_name: str = "", message: str = "") -> tuple[ExceptionInfo, ...]:
    """Parse the text that OpenTelemetry records as `exception.stacktrace`.

    A message of several lines cannot be told from what follows it by the text alone. For the outermost
    exception the event's other attributes tell it exactly.

    Args:
        text: as `traceback.format_exception` of any Python since 3.8 writes it, possibly cut; of anything
            else remains what the other arguments tell.
        type_name: the event's `exception.type`.
        message: the event's `exception.message`.
    """
    text = text.replace("\r\n", "\n").lstrip("\n")
    is_cut = not text.endswith("\n")
    source: Source = "context"
    if is_cut:
        text, source = _without_half_a_separator(text)
        text = f"{text}\n"
    expected = Expected.of(type_name, message)
    outermost = read_chain(_from_its_beginning(text), expected) if text.strip() else None
    return _flatten(_reconcile(outermost, expected, is_cut=is_cut, source=source))


def _from_its_beginning(text: str) -> str:
    """Leave out what a logger wrote before the traceback."""
    if _BEGINNING.match(text):
        return text
    header = _FIRST_HEADER.search(text)
    return text[header.start() :] if header else text


def _without_half_a_separator(text: str) -> tuple[str, Source]:
    """Return a cut text, and what the separator that it ends in says about the exception that is missing."""
    start = text.rfind("\n\n")
    half = text[start + 2 :]
    if start >= 0 and half:
        if CAUSE.startswith(half):
            return text[:start], "cause"
        if CONTEXT.startswith(half):
            return text[:start], "context"
    return text, "context"


def _reconcile(outermost: Node | None, expected: Expected, *, is_cut: bool, source: Source) -> Node | None:
    """Return the outermost exception as the event's attributes tell it."""
    if not expected.type_name:
        return expected.node() if outermost is None and expected.message else outermost
    told = expected.node()
    if outermost is None:
        return told
    if (
        not outermost.printed
        or outermost.message == expected.message
        # SyntaxError and its like print another message than their `str()`.
        or (outermost.printed == told.printed and (not is_cut or _agree(outermost.message, expected.message)))
    ):
        outermost.type_name, outermost.module, outermost.message = told.type_name, told.module, told.message
        return outermost
    # The text was cut before it came to the outermost exception, or is another one's.
    if is_cut and not outermost.message:  # perhaps within the name
        outermost.type_name, outermost.module = UNKNOWN_TYPE, ""
    told.inner, told.source = outermost, source
    return told


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _flatten(outermost: Node | None) -> tuple[ExceptionInfo, ...]:
    """Return the tree depth first: an exception, its cause or context, its group's members."""
    found: list[ExceptionInfo] = []
    waiting: list[tuple[Node, int | None, Source | None]] = [(outermost, None, None)] if outermost else []
    while waiting and len(found) < MAX_EXCEPTIONS:
        node, parent, source = waiting.pop()
        index = len(found)
        found.append(
            ExceptionInfo(
                node.type_name, node.module, node.message[:MESSAGE_KEPT], node.frames, parent, source
            )
        )
        waiting.extend((member, index, "member") for member in reversed(node.members))
        if node.inner is not None:
            waiting.append((node.inner, index, node.source))
    return tuple(found)
