"""Snapshots of live exceptions, taken in the request's thread while its span ends."""

from __future__ import annotations

from types import TracebackType
from typing import NamedTuple

from otel.exceptions._model import (
    MAX_EXCEPTIONS,
    MESSAGE_KEPT,
    UNKNOWN_TYPE,
    ExceptionInfo,
    Frame,
    Source,
    both_ends,
    first_own,
)
from otel.exceptions._names import is_carrier, qualified, quoted_traceback
from otel.exceptions._parse import parse_stacktrace

__all__ = ["ExceptionSnapshot"]

# A shorter message is unlikely to be a longer one truncated by `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`; it
# belongs to another exception.
_SHORTEST_CUT = 32


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

    def matches(self, type_name: str, message: str) -> bool:
        """Whether a span event describes this exception.

        Args:
            type_name: the event's `exception.type`.
            message: the event's `exception.message`, possibly truncated by an attribute limit.
        """
        if type_name != self.type_name:
            return False
        if message[:MESSAGE_KEPT] == self.message:
            return True
        return len(message) >= _SHORTEST_CUT and self.message.startswith(message)


def _walk(exc: BaseException) -> tuple[ExceptionInfo, ...]:
    """Return the tree depth first: an exception, its cause or context, its group's members."""
    found: list[ExceptionInfo] = []
    seen: set[int] = set()
    waiting: list[tuple[BaseException, int | None, Source | None]] = [(exc, None, None)]
    while waiting and len(found) < MAX_EXCEPTIONS:
        one, parent, source = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        module, name = _type_of(one)
        if is_carrier(qualified(module, name)):
            carried = getattr(one, "exc", None)
            if isinstance(carried, BaseException) and carried.__traceback__ is not None:
                waiting.append((carried, parent, source))
            else:
                _append_parsed(found, quoted_traceback(str(one)), parent, source)
            continue
        index = len(found)
        found.append(ExceptionInfo(name, module, _message(one), _frames(one.__traceback__), parent, source))
        if isinstance(one, BaseExceptionGroup):
            members = one.exceptions[:MAX_EXCEPTIONS]
            waiting.extend((member, index, "member") for member in reversed(members))
        if one.__cause__ is not None:
            waiting.append((one.__cause__, index, "cause"))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append((one.__context__, index, "context"))
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
    return (module if isinstance(module, str) and module != "builtins" else ""), name


def _message(exc: BaseException) -> str:
    try:
        return str(exc)[:MESSAGE_KEPT]
    except Exception:  # noqa: BLE001 - the product's own `__str__`
        return "<exception str() failed>"  # as `traceback` writes it, so that both sources agree
