"""Parser from the text of `traceback.format_exception` to exceptions with frames."""

from __future__ import annotations

import re

from otel.exceptions._chain import CAUSE, CONTEXT, HEADER, TYPE, Expected, Node, read_chain
from otel.exceptions._model import MAX_EXCEPTIONS, MESSAGE_KEPT, UNKNOWN_TYPE, ExceptionInfo, Source
from otel.exceptions._names import split_type
from otel.exceptions.languages import has_modules, parse_foreign

__all__ = ["parse_stacktrace"]

_BEGINNING = re.compile(rf'(?:Exception Group )?Traceback \(most|  \+ Exc|  \| |  File "|{TYPE}(?::|\n)')
_FIRST_HEADER = re.compile(rf"^{re.escape(HEADER)}", re.MULTILINE)


def parse_stacktrace(
    text: str, *, type_name: str = "", message: str = "", language: str = ""
) -> tuple[ExceptionInfo, ...]:
    """Parse the text that OpenTelemetry records as `exception.stacktrace`.

    The text alone does not show where a message of several lines ends. For the outermost exception, the
    event's other attributes contain the exact message.

    Args:
        text: the output of `traceback.format_exception` in any Python since 3.8, or of another language's
            counterpart, possibly truncated. For any other text, the result contains only what the other
            arguments provide.
        type_name: the event's `exception.type`.
        message: the event's `exception.message`.
        language: the resource's `telemetry.sdk.language`; if empty, the text's shape decides.
    """
    if language not in ("", "python") or (not language and HEADER not in text):
        foreign = parse_foreign(text, language)
        if foreign:
            return (_outermost(foreign[0], type_name, message, language), *foreign[1:])
        if language:
            return _stated(type_name, message, language)
    text = text.replace("\r\n", "\n").lstrip("\n")
    is_cut = not text.endswith("\n")
    source: Source = "context"
    if is_cut:
        text, source = _without_half_a_separator(text)
        text = f"{text}\n"
    expected = Expected.of(type_name, message, is_cut=is_cut)
    outermost = read_chain(_from_its_beginning(text), expected) if text.strip() else None
    return _flatten(_reconcile(outermost, expected, is_cut=is_cut, source=source))


def _stated(type_name: str, message: str, language: str) -> tuple[ExceptionInfo, ...]:
    """Return an exception without frames; none if nothing is known of it."""
    if not type_name and not message:
        return ()
    return (_outermost(ExceptionInfo(UNKNOWN_TYPE), type_name, message, language),)


def _outermost(one: ExceptionInfo, type_name: str, message: str, language: str) -> ExceptionInfo:
    """Return the outermost exception with the type and message that the event states."""
    name = (type_name or one.type_name).removeprefix("Elixir.")
    module, name = split_type(name) if has_modules(language) else ("", name)
    return one._replace(type_name=name, module=module, message=(message or one.message)[:MESSAGE_KEPT])


def _from_its_beginning(text: str) -> str:
    """Return the text without what a logger wrote before the traceback."""
    if _BEGINNING.match(text):
        return text
    header = _FIRST_HEADER.search(text)
    return text[header.start() :] if header else text


def _without_half_a_separator(text: str) -> tuple[str, Source]:
    """Return truncated text without a partial separator at its end, and the link that the separator names."""
    start = text.rfind("\n\n")
    half = text[start + 2 :]
    if start >= 0 and half:
        if CAUSE.startswith(half):
            return text[:start], "cause"
        if CONTEXT.startswith(half):
            return text[:start], "context"
    return text, "context"


def _reconcile(outermost: Node | None, expected: Expected, *, is_cut: bool, source: Source) -> Node | None:
    """Return the outermost exception, corrected by the event's attributes."""
    if not expected.type_name:
        return expected.node() if outermost is None and expected.message else outermost
    stated = expected.node()
    if outermost is None:
        return stated
    if (
        not outermost.printed
        or outermost.message == expected.message
        # A SyntaxError prints a different message than its `str()`.
        or (
            outermost.printed == stated.printed
            and (not is_cut or _agree(outermost.message, expected.message))
        )
    ):
        outermost.type_name, outermost.module = stated.type_name, stated.module
        if not outermost.message.startswith(stated.message):  # notes may follow
            outermost.message = stated.message
        return outermost
    # The text was truncated before the outermost exception, or belongs to another exception.
    if is_cut and not outermost.message:  # perhaps truncated within the name
        outermost.type_name, outermost.module = UNKNOWN_TYPE, ""
    stated.inner, stated.source = outermost, source
    return stated


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
