"""The wire shape of exceptions: PostHog's `$exception_list` (`wire.md` section 2.1)."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from typing import Any

import orjson

from otel.exceptions._foreign_frame import foreign_frame
from otel.exceptions._model import MAX_EXCEPTIONS, MAX_FRAMES, UNKNOWN_TYPE, ExceptionInfo, Frame
from otel.exceptions._places import is_in_app, place_of
from otel.text.scrubbing import MAX_MESSAGE, scrub
from otel.text.unicode import first_bytes, replace_surrogates

__all__ = ["exception_list"]

# The length of a source line that PostHog keeps (`wire.md` sections 2.1 and 2.3).
_MAX_LINE = 300
# Real paths and function names are shorter.
_MAX_NAME = 300
# PostHog truncates a longer type or message itself and appends a marker (EX-12).
_MAX_TYPE_BYTES, _MAX_MESSAGE_BYTES = 255, 10_000
_MAX_LINENO = 2**32 - 1
# PostHog requires a file and a function for each frame.
_UNNAMED = "<unknown>"

# PostHog discards an event over 1 MB (`wire.md` section 1.3); most of that is left to the other properties.
_MAX_BYTES = 400 * 1024
# Number of exceptions, frames per exception, lines on each side of a frame's line; the first that fits is
# used. With the last one, even hostile text that JSON escapes sixfold stays below 600 KiB.
_BUDGETS = ((MAX_EXCEPTIONS, MAX_FRAMES, 5), (MAX_EXCEPTIONS, 20, 0), (10, 4, 0))


def exception_list(
    exceptions: Sequence[ExceptionInfo],
    *,
    handled: bool | None,
    mechanism: str = "generic",
    in_app: tuple[str, ...] = (),
    send_messages: bool = True,
) -> list[dict[str, Any]]:
    """Return the value of `$exception_list` for a chain of exceptions.

    Args:
        exceptions: a chain, outermost first.
        handled: whether the program continued after the exception; None if unknown.
        mechanism: PostHog's name for the mechanism that caught the outermost exception.
        in_app: prefixes of the product's own modules; if empty, every module that is not installed counts.
        send_messages: whether to send scrubbed messages, or only types.
    """
    messages = [
        first_bytes(_truncate(scrub(one.message), MAX_MESSAGE), _MAX_MESSAGE_BYTES) if send_messages else ""
        for one in exceptions[:MAX_EXCEPTIONS]
    ]
    entries: list[dict[str, Any]] = []
    for most, frames, lines in _BUDGETS:
        entries = [
            _entry(index, one, message, _both_ends(one.frames, frames), lines, in_app)
            for index, (one, message) in enumerate(zip(exceptions[:most], messages[:most], strict=True))
        ]
        if entries:
            entries[0]["mechanism"]["type"] = mechanism
            if handled is not None:
                entries[0]["mechanism"]["handled"] = handled
        if len(orjson.dumps(entries)) <= _MAX_BYTES:
            break
    return entries


def _entry(
    index: int,
    one: ExceptionInfo,
    message: str,
    frames: Sequence[Frame],
    lines: int,
    in_app: tuple[str, ...],
) -> dict[str, Any]:
    mechanism: dict[str, Any] = {"type": "generic", "synthetic": False, "exception_id": index}
    if one.parent is not None:
        mechanism |= {"type": "chained", "parent_id": one.parent, "source": one.source}
    entry = {
        "type": first_bytes(_truncate(one.type_name, _MAX_TYPE_BYTES), _MAX_TYPE_BYTES) or UNKNOWN_TYPE,
        "value": message,
        "module": _truncate(one.module, _MAX_NAME) or None,
        "mechanism": mechanism,
    }
    if frames:
        entry["stacktrace"] = {"type": "raw", "frames": [_frame(frame, lines, in_app) for frame in frames]}
    return entry


def _frame(frame: Frame, lines: int, in_app: tuple[str, ...]) -> dict[str, Any]:
    if frame.foreign is not None:
        return foreign_frame(frame, frame.foreign, in_app)
    place = place_of(frame.filename, frame.module)
    before, line, after = _context(frame, lines)
    return {
        "platform": "python",
        "filename": _truncate(place.filename, _MAX_NAME) or _UNNAMED,
        "abs_path": _truncate(frame.filename, _MAX_NAME),
        "function": _truncate(frame.function, _MAX_NAME) or _UNNAMED,
        "module": _truncate(place.module, _MAX_NAME) or None,
        "lineno": min(frame.lineno, _MAX_LINENO),
        "pre_context": before,
        "context_line": line,
        "post_context": after,
        "in_app": is_in_app(place, in_app),
    }


def _context(frame: Frame, lines: int) -> tuple[list[str], str | None, list[str]]:
    """Return the lines before a frame's line, that line (None if unknown, as in PostHog's SDK), the next."""
    source = _source(frame)
    at = frame.lineno - 1
    if not source or not 0 <= at < len(source):
        return [], _truncate(frame.line, _MAX_LINE) or None, []
    shown = [
        _truncate(line.rstrip("\r\n"), _MAX_LINE) for line in source[max(at - lines, 0) : at + lines + 1]
    ]
    own = min(at, lines)
    return shown[:own], shown[own], shown[own + 1 :]


def _source(frame: Frame) -> list[str]:
    """Return the file's lines, if the frame ran this version of the file.

    A live frame ran on this machine. Text can come from another machine or version, or be forged: unless a
    Python file contains the exact line that the text shows, it is a different file and its content must not
    be sent.
    """
    if not frame.module and not (frame.line and frame.filename.endswith(".py")):
        return []
    try:
        source = linecache.getlines(frame.filename)
    except (OSError, ValueError):  # a null byte in the name
        return []
    at = frame.lineno - 1
    if frame.module or (0 <= at < len(source) and source[at].strip() == frame.line):
        return source
    return []


def _both_ends(frames: Sequence[Frame], most: int) -> Sequence[Frame]:
    return frames if len(frames) <= most else [*frames[: most // 2], *frames[-(most // 2) :]]


def _truncate(text: str, length: int) -> str:
    # Paths in other encodings contain lone surrogates, which JSON cannot represent.
    return replace_surrogates(text[:length])
