"""Data model of an exception, independent of its source: types, messages, frames and their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeVar

__all__ = [
    "MAX_EXCEPTIONS",
    "MAX_FRAMES",
    "MESSAGE_KEPT",
    "UNKNOWN_TYPE",
    "ExceptionInfo",
    "Foreign",
    "Frame",
    "Source",
    "both_ends",
    "first_own",
]

Source = Literal["cause", "context", "member", "suppressed"]

# PostHog's limit for one `$exception_list` (`wire.md` section 2.1).
MAX_EXCEPTIONS = 50
# A recursion fills a stack with a thousand equal frames. The entry and the failing end identify it, so both
# ends are kept; fifty frames at each end are more than Django's middleware and view together.
MAX_FRAMES = 100
# Twice the length that is sent (`otel.text.scrubbing.MAX_MESSAGE`): a secret that begins before that cut is
# still seen whole.
MESSAGE_KEPT = 8_000
# The type to send when truncated or foreign text does not contain it: PostHog requires `type`.
UNKNOWN_TYPE = "Exception"

_OPENTELEMETRY = re.compile(r"[/\\]opentelemetry[/\\](?:trace|sdk|util|instrumentation)[/\\]")

T = TypeVar("T")


class Foreign(NamedTuple):
    """What a frame of another language has in addition.

    Args:
        platform: PostHog's name for the format of the frame (`wire.md` section 2.1).
        in_app: whether the code is the program's own, by the layout of the language's ecosystem.
        lang: the language, for the platforms that contain several.
        colno: the column, from 1; 0 if unknown.
    """

    platform: str
    in_app: bool
    lang: str = ""
    colno: int = 0


class Frame(NamedTuple):
    """One call on a stack.

    Args:
        filename: the file as the interpreter names it, including names such as `<string>`.
        lineno: the line number, from 1; 0 if unknown.
        function: the name of the code object.
        module: `__name__` where the code ran; empty for a frame of Python that was parsed from text.
        line: the source line that the text shows, without indentation; empty for a live frame.
        foreign: further facts about a frame of another language; None for Python.
    """

    filename: str
    lineno: int
    function: str
    module: str = ""
    line: str = ""
    foreign: Foreign | None = None


class ExceptionInfo(NamedTuple):
    """One exception of a chain or group; a chain is a tuple of them, outermost first.

    Args:
        type_name: the class's qualified name within its module.
        module: the class's module; empty for builtins.
        message: `str()` of the exception, at most `MESSAGE_KEPT` characters.
        frames: outermost call first, at most `MAX_FRAMES`.
        parent: the index of the exception that this one caused, was the context of, or is a member of; None
            for the outermost.
        source: how this exception belongs to its parent.
    """

    type_name: str
    module: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    parent: int | None = None
    source: Source | None = None


def first_own(filenames: Sequence[str]) -> int:
    """Return the index of the first frame outside OpenTelemetry, which wraps the code that it traces.

    The raise site is never skipped: an error inside OpenTelemetry keeps it.

    Args:
        filenames: the files of a stack's frames, outermost call first.
    """
    for index, filename in enumerate(filenames):
        if "opentelemetry" not in filename or not _OPENTELEMETRY.search(filename):
            return index
    return max(len(filenames) - 1, 0)


def both_ends(items: list[T]) -> list[T]:
    """Return at most `MAX_FRAMES` items, half from each end.

    Args:
        items: the items of a stack.
    """
    if len(items) <= MAX_FRAMES:
        return items
    return items[: MAX_FRAMES // 2] + items[-MAX_FRAMES // 2 :]
