"""The wire shape of exceptions: PostHog's `$exception_list` (`wire.md` section 2.1)."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from typing import Any

import orjson

from otel.exceptions._model import MAX_EXCEPTIONS, MAX_FRAMES, UNKNOWN_TYPE, ExceptionInfo, Frame
from otel.exceptions._places import is_in_app, place_of
from otel.mapping.limit import first_bytes
from otel.scrubbing import MAX_MESSAGE, scrub

__all__ = ["exception_list"]

# What PostHog shows around a line, and how much of a line it keeps (`wire.md` sections 2.1 and 2.3).
_MAX_LINE = 300
# A path or a function's name is not longer, unless somebody made it so.
_MAX_NAME = 300
# PostHog shortens a longer type or message itself, to an end of its own (EX-12).
_MAX_TYPE_BYTES, _MAX_MESSAGE_BYTES = 255, 10_000
_MAX_LINENO = 2**32 - 1
# PostHog requires a file and a function of each frame.
_UNNAMED = "<unknown>"

# An event over 1 MB is discarded (`wire.md` section 1.3); most of this is left to its other properties.
_MAX_BYTES = 400 * 1024
# Exceptions, frames of each, lines on each side: the first that fits. Of the last, hostile text that JSON
# escapes sixfold remains below 600 KiB.
_BUDGETS = ((MAX_EXCEPTIONS, MAX_FRAMES, 5), (MAX_EXCEPTIONS, 20, 0), (10, 4, 0))


def exception_list(
    exceptions: Sequence[ExceptionInfo],
    *,
    handled: bool | None,
    mechanism: str = "generic",
    in_app: tuple[str, ...] = (),
    send_messages: bool = True,
) -> list[dict[str, Any]]:
    """Return exceptions as `$exception_list` takes them, outermost first.

    Args:
        exceptions: a chain, outermost first.
        handled: whether the program went on; None if unknown.
        mechanism: what caught the outermost one, as PostHog calls it.
        in_app: prefixes of the modules that are the product's own; empty: what is not installed.
        send_messages: whether messages leave, scrubbed, or only types.
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
    """Return the lines before a frame's, its own (None if unknown, as in PostHog's SDK), those after."""
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
    """Return the file's lines, if they are those that the frame ran.

    A live frame ran here. Text can come from another machine, version or hand: unless a Python file has the
    very line that the text shows, it is another one, and nothing of it may leave.
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
    text = text[:length]
    # Paths of other encodings hold lone surrogates, which JSON cannot.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
