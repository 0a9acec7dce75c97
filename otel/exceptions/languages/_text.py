"""What the parsers of all languages share: bounded lines, and exceptions under construction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from otel.exceptions._model import (
    MAX_EXCEPTIONS,
    MESSAGE_KEPT,
    UNKNOWN_TYPE,
    ExceptionInfo,
    Foreign,
    Frame,
    Source,
    both_ends,
)

__all__ = ["Section", "finished", "is_enough", "lines_of", "new_frame"]

# A stack trace comes from another program and may be anything. No real one is longer, and no real line.
_MAX_TEXT = 250_000
_MAX_LINES = 20_000
_MAX_LINE = 1_000


@dataclass(eq=False)
class Section:
    """One exception of a stack trace, while its text is read.

    Args:
        type_name: the type, as the text shows it.
        message: the first line of the message.
        parent: the exception that this one belongs to.
        source: how it belongs to it.
        indent: the depth at which the text shows it.
        frames: in the order of the text.
    """

    type_name: str
    message: str = ""
    parent: Section | None = None
    source: Source | None = None
    indent: int = 0
    frames: list[Frame] = field(default_factory=list)

    def add_text(self, line: str) -> None:
        """Add a line that is not a frame: the message goes on until the first frame.

        Args:
            line: without its end.
        """
        if not self.frames and len(self.message) < MESSAGE_KEPT:
            self.message = f"{self.message}\n{line}"


def lines_of(text: str) -> list[str]:
    """Return the lines of a stack trace, each of a bounded length.

    Args:
        text: of any length.
    """
    return [line[:_MAX_LINE] for line in text[:_MAX_TEXT].splitlines()[:_MAX_LINES]]


def is_enough(sections: list[Section]) -> bool:
    """Whether a stack trace has as many exceptions as can be sent.

    Args:
        sections: those that were read.
    """
    return len(sections) >= MAX_EXCEPTIONS


def new_frame(
    filename: str,
    lineno: int,
    function: str,
    module: str = "",
    *,
    platform: str,
    in_app: bool,
    lang: str = "",
    colno: int = 0,
) -> Frame:
    """Return a frame of another language than Python.

    Args:
        filename: as the text shows it.
        lineno: from 1; 0 if unknown.
        function: with its class, as the text shows it.
        module: the class or module that contains the function.
        platform: PostHog's name for the format.
        in_app: whether the code is the program's own.
        lang: the language, for the platforms that contain several.
        colno: from 1; 0 if unknown.
    """
    return Frame(filename, lineno, function, module, "", Foreign(platform, in_app, lang, colno))


def finished(sections: Iterable[Section], *, newest_first: bool = True) -> tuple[ExceptionInfo, ...]:
    """Return exceptions with frames in the order of calls, outermost exception first.

    Args:
        sections: each after its parent.
        newest_first: whether the text shows the place where it broke first.
    """
    index: dict[int, int] = {}
    found: list[ExceptionInfo] = []
    for section in sections:
        if len(found) == MAX_EXCEPTIONS:
            break
        parent = None if section.parent is None else index.get(id(section.parent))
        index[id(section)] = len(found)
        frames = section.frames[::-1] if newest_first else section.frames
        found.append(
            ExceptionInfo(
                section.type_name or UNKNOWN_TYPE,
                "",
                section.message.strip()[:MESSAGE_KEPT],
                tuple(both_ends(frames)),
                parent,
                section.source if parent is not None else None,
            )
        )
    return tuple(found)
