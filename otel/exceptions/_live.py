"""Snapshots of live exceptions, taken in the request's thread while its span ends."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple

from otel.exceptions._model import (
    MAX_EXCEPTIONS,
    MESSAGE_KEPT,
    UNKNOWN_TYPE,
    ExceptionInfo,
    Foreign,
    Frame,
    Source,
    both_ends,
    first_own,
)
from otel.exceptions._names import is_carrier, qualified, quoted_traceback, with_notes
from otel.exceptions._parse import parse_stacktrace

__all__ = ["ExceptionSnapshot"]

# Modules that `traceback` omits.
_UNNAMED_MODULES = frozenset({"builtins", "__main__"})
# The limits of `traceback` (its `TracebackException`).
_MAX_GROUP_WIDTH, _MAX_GROUP_DEPTH = 15, 10
# More than a person adds; a loop may add any number.
_MAX_NOTES = 100


class ExceptionSnapshot(NamedTuple):
    """The names and numbers of an exception, without frame objects, local variables or exception objects.

    Args:
        exceptions: the exception with its causes, contexts and members, outermost first.
        type_name: the value that OpenTelemetry records as `exception.type`.
        message: the value that OpenTelemetry records as `exception.message`, at most `MESSAGE_KEPT`
            characters.
    """

    exceptions: tuple[ExceptionInfo, ...]
    type_name: str
    message: str

    @classmethod
    def of(cls, exc: BaseException) -> ExceptionSnapshot:
        """Take the snapshot.

        Args:
            exc: the exception, while it still has its traceback.
        """
        try:
            module, name = _type_of(exc)
            return cls(_walk(exc), qualified(module, name), _message(exc))
        except Exception:  # noqa: BLE001 - any attribute of a class can raise; the product continues
            name = type.__getattribute__(type(exc), "__name__")
            return cls((ExceptionInfo(name),), name, "")

    @classmethod
    def from_fields(cls, exceptions: list[Any], type_name: str, message: str) -> ExceptionSnapshot:
        """Return the snapshot that was written to JSON as nested lists.

        Args:
            exceptions: the fields of each exception.
            type_name: as in the snapshot.
            message: as in the snapshot.
        """
        return cls(tuple(_read(*fields) for fields in exceptions), type_name, message)


def _read(
    type_name: str, module: str, message: str, frames: list[Any], parent: int | None, source: Source | None
) -> ExceptionInfo:
    read = tuple(
        Frame(*fields[:5], *(None if one is None else Foreign(*one) for one in fields[5:]))
        for fields in frames
    )
    return ExceptionInfo(type_name, module, message, read, parent, source)


def _walk(exc: BaseException) -> tuple[ExceptionInfo, ...]:
    """Return the tree depth first: an exception, its cause or context, its group's members.

    It has the same exceptions as the text that `traceback` prints.
    """
    found: list[ExceptionInfo] = []
    seen: set[int] = set()
    waiting: list[tuple[BaseException, int | None, Source | None, int]] = [(exc, None, None, 0)]
    while waiting and len(found) < MAX_EXCEPTIONS:
        one, parent, source, depth = waiting.pop()
        is_group = isinstance(one, BaseExceptionGroup)
        if (id(one) in seen and source != "member") or (is_group and depth == _MAX_GROUP_DEPTH):
            continue
        seen.add(id(one))
        module, name = _type_of(one)
        if is_carrier(qualified(module, name)):
            carried = getattr(one, "exc", None)
            if isinstance(carried, BaseException) and carried.__traceback__ is not None:
                waiting.append((carried, parent, source, depth))
            else:
                _append_parsed(found, quoted_traceback(str(one)), parent, source)
            continue
        index = len(found)
        message = with_notes(_message(one), _notes(one))[:MESSAGE_KEPT]
        found.append(ExceptionInfo(name, module, message, _frames(one.__traceback__), parent, source))
        if isinstance(one, BaseExceptionGroup):
            members = one.exceptions[:_MAX_GROUP_WIDTH]
            waiting.extend((member, index, "member", depth + 1) for member in reversed(members))
        if one.__cause__ is not None:
            waiting.append((one.__cause__, index, "cause", depth))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append((one.__context__, index, "context", depth))
    return tuple(found)


def _append_parsed(found: list[ExceptionInfo], text: str, parent: int | None, source: Source | None) -> None:
    start = len(found)
    for one in parse_stacktrace(text)[: MAX_EXCEPTIONS - start]:
        if one.parent is None:
            found.append(one._replace(parent=parent, source=source))
        else:
            found.append(one._replace(parent=start + one.parent))


def _frames(traceback: TracebackType | None) -> tuple[Frame, ...]:
    stack = []
    while traceback is not None:
        stack.append(traceback)
        traceback = traceback.tb_next
    own = first_own([one.tb_frame.f_code.co_filename for one in stack])
    frames = []
    for one in both_ends(stack[own:]):
        code = one.tb_frame.f_code
        module = one.tb_frame.f_globals.get("__name__")
        # Code objects can lack line numbers, which typeshed does not know.
        lineno = one.tb_lineno or 0
        frames.append(
            Frame(code.co_filename, lineno, code.co_name, module if isinstance(module, str) else "")
        )
    return tuple(frames)


def _type_of(exc: BaseException) -> tuple[str, str]:
    cls = type(exc)
    module: object = cls.__module__
    name = cls.__qualname__ or UNKNOWN_TYPE
    return (module if isinstance(module, str) and module not in _UNNAMED_MODULES else ""), name


def _notes(exc: BaseException) -> str:
    """Return the notes of an exception (PEP 678), as `traceback` prints them."""
    notes = getattr(exc, "__notes__", None)
    if isinstance(notes, Sequence):
        return "\n".join(_text(note, "<note str() failed>") for note in notes[:_MAX_NOTES])
    if notes is None:
        return ""
    try:
        return repr(notes)
    except Exception:  # noqa: BLE001 - the product's own `__repr__`
        return "<__notes__ repr() failed>"


def _text(value: object, otherwise: str) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the product's own `__str__`
        return otherwise


def _message(exc: BaseException) -> str:
    return _text(exc, "<exception str() failed>")[:MESSAGE_KEPT]  # as `traceback` writes it
