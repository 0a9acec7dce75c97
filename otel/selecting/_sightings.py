"""What is known of an exception that is recorded on a span, beside the text of its span event."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import time
import traceback
from collections.abc import Hashable
from enum import Enum
from types import FrameType
from typing import NamedTuple
from weakref import WeakKeyDictionary

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import use_span
from opentelemetry.util.types import Attributes

from otel._guard import suppress_internal_errors
from otel.attributes import EXCEPTION_EVENT
from otel.exceptions import ExceptionSnapshot, parse_stacktrace, raise_site

__all__ = ["RecordedBy", "Sighting", "number_of", "observe_exceptions", "sighting_of", "synthesize"]

# The number of an exception object is kept on the object itself: an `id()` may belong to another exception
# later, and a reference would keep the frames alive. It is random, because a pickled exception takes it along
# to other processes.
_NUMBER = "__otel_number__"

# Marks an exception whose `__str__` raises. `use_span` calls it again, and then the second exception leaves
# the span instead of the first.
_HAS_NO_TEXT = "__otel_has_no_text__"

# The callers that record an exception because it passes through their span.
_PASSING = frozenset({Span.__exit__.__code__, inspect.unwrap(use_span).__code__})
_INSTRUMENTATION = "opentelemetry.instrumentation."

_ESCAPED = "exception.escaped"


class RecordedBy(Enum):
    """Who recorded an exception on a span."""

    SPAN = "the span itself, because the exception passed through it"
    INSTRUMENTATION = "an instrumentation, which caught it"
    DEVELOPER = "other code, deliberately"
    LOGGER = "a log record, which says nothing about its handling"


class Sighting(NamedTuple):
    """An exception at the moment when it was recorded on a span.

    Args:
        number: identifies the exception object among those of this process.
        live: its frames and messages.
        by: who recorded it.
    """

    number: Hashable
    live: ExceptionSnapshot | None
    by: RecordedBy


_sightings: WeakKeyDictionary[Event, Sighting] = WeakKeyDictionary()


def observe_exceptions() -> None:
    """Observe the exceptions that are recorded on spans; a second call has no effect.

    `Span.record_exception` is the one place of OpenTelemetry's API that gets the exception object. It also
    raises if the exception's `__str__` does, inside the product's request; the observed one does not.
    """
    original = Span.record_exception
    if hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def record_exception(
        self: Span,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        if not self.is_recording():
            return
        timestamp = time.time_ns() if timestamp is None else timestamp
        exception = _described_by(exception)
        try:
            original(self, exception, attributes, timestamp, escaped)
        except Exception:  # noqa: BLE001 - the product's own `__str__`
            exception.__dict__[_HAS_NO_TEXT] = True
            described = {**_described(exception), _ESCAPED: str(escaped), **(attributes or {})}
            self.add_event(EXCEPTION_EVENT, described, timestamp)
        with suppress_internal_errors("observing an exception"):
            by = RecordedBy.SPAN if escaped else _recorded_by(sys._getframe(1))  # noqa: SLF001 - documented
            _note(self, timestamp, Sighting(number_of(exception), ExceptionSnapshot.of(exception), by))

    Span.record_exception = record_exception  # type: ignore[method-assign]


def sighting_of(event: Event, exception: BaseException | None = None) -> Sighting:
    """Return what is known of a recorded exception.

    Args:
        event: an `exception` event. If its exception was not seen, its text identifies it by its raise site.
        exception: the exception, if the caller knows it.
    """
    known = _sightings.get(event)
    if known is not None:
        return known
    if exception is not None:
        return Sighting(number_of(exception), ExceptionSnapshot.of(exception), RecordedBy.DEVELOPER)
    attributes = event.attributes or {}
    described = {name: str(attributes.get(f"exception.{name}", "")) for name in ("type", "message")}
    parsed = parse_stacktrace(
        str(attributes.get("exception.stacktrace", "")),
        type_name=described["type"],
        message=described["message"],
    )
    is_escaped = str(attributes.get(_ESCAPED)) == str(True)
    return Sighting(raise_site(parsed), None, RecordedBy.SPAN if is_escaped else RecordedBy.DEVELOPER)


def synthesize(exception: BaseException) -> Event:
    """Return the event that records an exception which no span recorded.

    Args:
        exception: while it still has its traceback.
    """
    event = Event(EXCEPTION_EVENT, _described(exception), time.time_ns())
    _sightings[event] = Sighting(number_of(exception), ExceptionSnapshot.of(exception), RecordedBy.SPAN)
    return event


def number_of(exception: BaseException) -> int:
    """Return the number of an exception, which no other exception in this process has.

    Args:
        exception: it keeps the number.
    """
    own = exception.__dict__
    if _NUMBER not in own:
        own[_NUMBER] = int.from_bytes(os.urandom(8), "big")
    number: int = own[_NUMBER]
    return number


def _note(span: ReadableSpan, timestamp: int, sighting: Sighting) -> None:
    for event in reversed(span.events):
        if event.name == EXCEPTION_EVENT and event.timestamp == timestamp:
            _sightings[event] = sighting
            return


def _recorded_by(caller: FrameType) -> RecordedBy:
    if caller.f_code in _PASSING:
        return RecordedBy.SPAN
    module = caller.f_globals.get("__name__")
    if isinstance(module, str) and module.startswith(_INSTRUMENTATION):
        return RecordedBy.INSTRUMENTATION
    return RecordedBy.DEVELOPER


def _described_by(exception: BaseException) -> BaseException:
    """Return the exception whose `__str__` has raised this one, or else this one."""
    described = exception.__context__
    if described is not None and _HAS_NO_TEXT in described.__dict__:
        frames = traceback.walk_tb(exception.__traceback__)
        if any(frame.f_code.co_name == "__str__" for frame, _ in frames):
            return described
    return exception


def _described(exception: BaseException) -> dict[str, str]:
    """Return the attributes of an exception, also of one whose `__str__` raises."""
    live = ExceptionSnapshot.of(exception)
    return {
        "exception.type": live.type_name,
        "exception.message": live.message,
        "exception.stacktrace": "".join(traceback.format_exception(exception)),
    }
