"""Parser for one level of a traceback's text: a chain of exceptions with stacks, messages and members."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from otel.exceptions._groups import Unfolded, region_at, unfold
from otel.exceptions._model import MAX_FRAMES, UNKNOWN_TYPE, Frame, Source, both_ends, first_own
from otel.exceptions._names import is_carrier, quoted_traceback, split_type, with_notes

__all__ = ["CAUSE", "CONTEXT", "HEADER", "TYPE", "Expected", "Node", "read_chain"]

CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
HEADER = "Traceback (most recent call last):\n"

# `traceback` prints ten levels of groups, and workers do not nest: deeper text is hostile.
_MAX_NESTING = 14

# Linux's PATH_MAX: a longer path cannot name a file.
_MAX_PATH = 4096
# The name of a class, including one made by `type()`. Prose and punctuation do not match.
TYPE = r"[^\s:\"'(){}\[\]/\\|]{1,200}"
_TYPE = re.compile(TYPE)
_MAX_TYPE = 200
_HEADER = re.compile(rf"(?:Exception Group )?{re.escape(HEADER)}")
# One frame: its source line, the lines that follow it (carets; more source since 3.13), its repetition.
_FRAME = re.compile(
    r'  File "([^\n]*)", line (\d{1,9}|None), in ([^\n]*)\n'
    r"(?:    ([^\n]*)\n(?:    [^\n]*\n)*+)?"
    r"(?:  \[Previous line repeated (\d{1,9}) more times?\]\n)?"
)
# The location of a SyntaxError: like a frame, but without a function.
_SYNTAX_ERROR = re.compile(r'  File "([^\n]*)", line (\d{1,9})\n(?:    [^\n]*\n)*+')
_SEPARATOR = re.compile(rf"\n(?:({re.escape(CAUSE)})|{re.escape(CONTEXT)})\n\n")
# The end of a message: before a separator, if the text after it can begin an exception. A message may quote
# a separator.
_END = re.compile(
    rf"\n(?=\n(?:{re.escape(CAUSE)}|{re.escape(CONTEXT)})\n\n"
    rf'(?:(?:Exception Group )?Traceback \(most|  \+ Exc|  \| |  File "|{TYPE}(?::|\n)|\Z))'
)


@dataclass(slots=True)
class Node:
    """An exception with its cause or context, and its members if it is a group.

    Args:
        type_name: the qualified name of the class within its module.
        module: the module of the class; empty for builtins.
        message: the text after the type.
        frames: the stack, outermost call first.
        printed: the type as the text prints it; empty if the text was truncated before it, or has no type.
        inner: the cause or context.
        source: how `inner` belongs to this exception.
        members: the exceptions that a group contains.
    """

    type_name: str
    module: str
    message: str
    frames: tuple[Frame, ...] = ()
    printed: str = ""
    inner: Node | None = None
    source: Source | None = None
    members: list[Node] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Expected:
    """The outermost exception according to the span event, and the line that the text prints for it.

    `traceback` omits `__main__`, and omits a message that is empty or the word None.

    Args:
        type_name: the event's `exception.type`.
        message: the event's `exception.message`.
        final: the last lines of the traceback, as `traceback` prints them.
        is_cut: whether the text was truncated, so that they may be missing.
    """

    type_name: str = ""
    message: str = ""
    final: str = ""
    is_cut: bool = False

    @classmethod
    def of(cls, type_name: str, message: str, *, is_cut: bool = False) -> Expected:
        """Return the expected exception; nothing for a carrier, because the exception it carries replaces it.

        Args:
            type_name: the event's `exception.type`.
            message: the event's `exception.message`.
            is_cut: whether the text was truncated.
        """
        if is_carrier(type_name):
            return cls()
        printed = type_name.removeprefix("__main__.")
        shown = message.replace("\r\n", "\n")
        final = f"{printed}: {shown}" if shown not in ("", "None") else printed
        return cls(type_name, message, final, is_cut)

    def node(self) -> Node:
        """Return the exception, without a stack."""
        module, name = split_type(self.type_name or UNKNOWN_TYPE)
        return Node(name, module, self.message, printed=self.type_name.removeprefix("__main__."))


_NOTHING = Expected()


def read_chain(text: str, expected: Expected) -> Node | None:
    """Return the last exception of a chain, which is the outermost, with the earlier ones nested inside it.

    Args:
        text: a traceback that ends with a line feed.
        expected: the outermost exception according to the span event.
    """
    return _chain(Unfolded(text, {}), expected, depth=0, nesting=0)


def _chain(level: Unfolded, expected: Expected, *, depth: int, nesting: int) -> Node | None:
    outermost: Node | None = None
    source: Source | None = None
    position = 0
    while position < len(level.text):
        region = region_at(level.text, position) if depth == 0 else ""
        if region:
            group = unfold(region.splitlines(keepends=True), 1)
            node, _ = _exception(group, 0, expected, depth=1, nesting=nesting + 1)
            position += len(region)
        else:
            node, position = _exception(level, position, expected, depth=depth, nesting=nesting)
        if node is not None:
            root = node
            while root.inner is not None:  # a carried exception brings its own chain
                root = root.inner
            root.inner, root.source = outermost, source
            outermost = node
        separator = _SEPARATOR.match(level.text, position)
        if separator is None:
            break
        source = "cause" if separator[1] else "context"
        position = separator.end()
    return outermost


def _exception(
    level: Unfolded, position: int, expected: Expected, *, depth: int, nesting: int
) -> tuple[Node | None, int]:
    """Return the exception that begins at a position, and where it ends."""
    text = level.text
    if header := _HEADER.match(text, position):
        position = header.end()
    frames, position = _stack(text, position)
    if place := _SYNTAX_ERROR.match(text, position):
        position = place.end()
    limit = level.end_of_group(position)
    final = expected.final
    if final and text.startswith(final, position) and text.startswith("\n", position + len(final)):
        # The event gives the message exactly, whatever it quotes; notes may follow, and quote as well.
        node = expected.node()
        position += len(final)
        is_last = not expected.is_cut and text.find(f"\n{final}\n", position, limit) < 0
        end = limit if is_last else _end(text, position, limit)
        node.message = with_notes(node.message, text[position + 1 : end - 1])
    else:
        end = _end(text, position, limit)
        printed = text[position : end - 1]
        if final and end == len(text) and final.startswith(printed):  # truncated
            node = expected.node()
        elif is_carrier(printed.partition(":")[0]) and nesting < _MAX_NESTING:
            end = _end_of_quote(text, position, end, limit)
            quoted = quoted_traceback(text[position:end])
            return _chain(Unfolded(quoted, {}), _NOTHING, depth=0, nesting=nesting + 1), end
        else:
            node = _named(printed, place, is_certain=bool(header or frames))
            if not (header or frames or node.printed or node.message):
                return None, end
    node.frames = frames
    if nesting < _MAX_NESTING:
        for lines in level.members.get(end, ()):
            inner = unfold(lines, depth + 1)
            member = _chain(inner, _NOTHING, depth=depth + 1, nesting=nesting + 1)
            if member is not None:
                node.members.append(member)
    return node, end


def _stack(text: str, position: int) -> tuple[tuple[Frame, ...], int]:
    frames: list[Frame] = []
    while found := _FRAME.match(text, position):
        filename, lineno, function, line, repeated = found.groups()
        frame = Frame(
            filename[:_MAX_PATH],
            0 if lineno == "None" else int(lineno),
            function,
            "",
            line.strip() if line else "",
        )
        frames.append(frame)
        if repeated:
            frames.extend([frame] * min(int(repeated), MAX_FRAMES))  # more would be dropped from the middle
        position = found.end()
    own = first_own([frame.filename for frame in frames])
    return tuple(both_ends(frames[own:])), position


def _end(text: str, position: int, limit: int) -> int:
    found = _END.search(text, position, limit)
    return found.end() if found else limit


def _end_of_quote(text: str, position: int, end: int, limit: int) -> int:
    """Return where a carrier's message ends: its quote may contain a chain of its own."""
    opening = text.find('\n"""\n', position, limit)
    closing = text.find('\n"""\n', opening + 1, limit)
    return end if opening < 0 or closing < 0 else _end(text, closing + len('\n"""'), limit)


def _named(printed: str, place: re.Match[str] | None, *, is_certain: bool) -> Node:
    """Return the exception that the last lines of a text name; after a stack, they certainly name one."""
    if printed.startswith(("  ", "... (max_group_depth")) or HEADER.startswith(printed):
        return Node(UNKNOWN_TYPE, "", "")  # half a line of the stack, or a group too deep to print
    first, feed, rest = printed.partition("\n")
    head, colon, message = first.partition(": ")
    if not colon:
        head = head.removesuffix(":")
    if not _TYPE.fullmatch(head) and not (is_certain and colon and len(head) <= _MAX_TYPE):
        return Node(UNKNOWN_TYPE, "", printed)
    message += (feed if colon else "") + rest
    if place is not None:  # as `str()` of a SyntaxError writes it
        message += f" ({place[1].rpartition('/')[2]}, line {place[2]})"
    module, name = split_type(head)
    return Node(name, module, message, printed=head)
