"""What an exception is once it is neither text nor object: types, messages, frames and their order."""

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
    "Frame",
    "Source",
    "both_ends",
    "first_own",
]

Source = Literal["cause", "context", "member"]

# PostHog's bound for one `$exception_list` (`wire.md` section 2.1).
MAX_EXCEPTIONS = 50
# A recursion fills a stack with a thousand equal frames. What tells it apart is how it was entered and where
# it gave up, so both ends are kept; fifty frames at each are more than Django's middleware and view together.
MAX_FRAMES = 100
# Twice what leaves (`_scrub.MAX_MESSAGE`): a secret that begins before that cut is seen whole.
MESSAGE_KEPT = 8_000
# `type` is required on the wire; what a cut or a foreign text does not tell is at least an exception.
UNKNOWN_TYPE = "Exception"

_OPENTELEMETRY = re.compile(r"[/\\]opentelemetry[/\\](?:trace|sdk|util|instrumentation)[/\\]")

T = TypeVar("T")


class Frame(NamedTuple):
    """Be one call on a stack.

    Args:
        filename: as the interpreter names it, `<string>` and the like included.
        lineno: from 1; 0 if unknown.
        function: the code's name.
        module: `__name__` where the code ran; empty if only text tells of the frame.
        line: the source line that the text shows, without indentation; empty for a live frame.
    """

    filename: str
    lineno: int
    function: str
    module: str = ""
    line: str = ""


class ExceptionInfo(NamedTuple):
    """Be one exception of a chain or group; a chain is a tuple of them, outermost first.

    Args:
        type_name: the class's qualified name within its module.
        module: the class's module; empty for builtins.
        message: `str()` of the exception, at most `MESSAGE_KEPT` characters.
        frames: outermost call first, at most `MAX_FRAMES`.
        parent: the index of the exception that it caused, accompanied or belongs to; None for the outermost.
        source: how it belongs to its parent.
    """

    type_name: str
    module: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    parent: int | None = None
    source: Source | None = None


def first_own(filenames: Sequence[str]) -> int:
    """Return the index of the first frame that is not OpenTelemetry's, which wraps what it traces.

    The raise site is never skipped: an error inside of OpenTelemetry keeps it.

    Args:
        filenames: of a stack, outermost call first.
    """
    for index, filename in enumerate(filenames):
        if "opentelemetry" not in filename or not _OPENTELEMETRY.search(filename):
            return index
    return max(len(filenames) - 1, 0)


def both_ends(items: list[T]) -> list[T]:
    """Return at most `MAX_FRAMES` items, from both ends.

    Args:
        items: a stack.
    """
    if len(items) <= MAX_FRAMES:
        return items
    return items[: MAX_FRAMES // 2] + items[-MAX_FRAMES // 2 :]
