"""A memory of the traces whose spans were judged lately, for log records that follow."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from otel.exceptions import Hook
from otel.mapping.errors import ErrorRecord

__all__ = ["RecentTraces"]

# With 1 kB each, 10 MB. SDKs send spans and log records within five seconds of each other by default.
_MAX_TRACES = 10_000
# The exceptions of one trace, and the characters of an attribute; real requests have fewer.
_MAX_ERRORS, _MAX_CHARACTERS = 16, 256


class _OnSpan(NamedTuple):
    span_id: int
    is_handled: bool | None
    hook: Hook


@dataclass(slots=True)
class _Trace:
    about: dict[str, Any] = field(default_factory=dict)
    errors: dict[tuple[str, str], _OnSpan] = field(default_factory=dict)


class RecentTraces:
    """The traces that were seen lately, with what their entry spans say. Thread-safe.

    It is a help, and not a state that a restart must not lose: a log record does not know the person of its
    request, nor how the request ended. PostHog keeps one of two events with the same id, person and day, so
    the second must say the same as the first.

    Args:
        names: the attributes of entry spans to keep.
    """

    def __init__(self, names: AbstractSet[str]) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._traces: OrderedDict[int, _Trace] = OrderedDict()

    def add_entry(self, trace_id: int, attributes: Mapping[str, Any]) -> None:
        """Remember the attributes of an entry span.

        Args:
            trace_id: the span's.
            attributes: the span's.
        """
        kept = {name: attributes[name] for name in self._names if _is_small(attributes.get(name))}
        if kept and trace_id:
            with self._lock:
                self._trace(trace_id).about |= kept

    def add_error(self, error: ErrorRecord) -> None:
        """Remember an error on a span.

        Args:
            error: from a span.
        """
        self.add_entry(error.envelope.trace_id, error.entry)
        with self._lock:
            errors = self._trace(error.envelope.trace_id).errors
            if len(errors) < _MAX_ERRORS:
                found = _OnSpan(error.envelope.span_id, error.is_handled, error.hook)
                errors[error.raise_site, error.exceptions[0].message] = found

    def complete(self, logged: ErrorRecord) -> None:
        """Add what is known of the request to an error that was logged there.

        Args:
            logged: from a log record in a trace.
        """
        with self._lock:
            trace = self._traces.get(logged.envelope.trace_id)
            if trace is None:
                return
            logged.entry = dict(trace.about)
            found = trace.errors.get((logged.raise_site, logged.exceptions[0].message))
        if found is not None:
            own = {name: one for name, one in logged.envelope.attributes.items() if name not in self._names}
            logged.envelope = replace(logged.envelope, span_id=found.span_id, attributes=own)
            logged.is_handled, logged.hook = found.is_handled, found.hook

    def _trace(self, trace_id: int) -> _Trace:
        found = self._traces.get(trace_id)
        if found is None:
            found = self._traces[trace_id] = _Trace()
            if len(self._traces) > _MAX_TRACES:
                self._traces.popitem(last=False)
        return found


def _is_small(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _MAX_CHARACTERS)
