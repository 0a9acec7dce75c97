"""Any events and errors of a span round-trip through its line in the journal."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext

from otel.delivery.journal._codec import line_of, span_of
from otel.envelope import Envelope
from otel.exceptions import ExceptionInfo, ExceptionSnapshot, Frame, Hook
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_span import envelopes
from otel.selecting import SelectedSpan

# Any text, including lone surrogates; any number, including those that JSON cannot represent.
texts = st.text(st.characters(), max_size=20)
scalars = st.one_of(
    texts, st.booleans(), st.integers(), st.floats(allow_nan=False), st.binary(max_size=20), st.just("null")
)
values = st.one_of(scalars, st.lists(scalars, max_size=3).map(tuple))
attributes = st.dictionaries(texts, values, max_size=5)
times = st.integers(0, 2**63)
events = st.lists(st.tuples(texts, attributes, times), max_size=4)

frames = st.builds(Frame, texts, st.integers(0, 2**31), texts, texts, texts)
exceptions = st.builds(
    ExceptionInfo,
    texts,
    texts,
    texts,
    st.lists(frames, max_size=3).map(tuple),
    st.none() | st.integers(0, 50),
    st.sampled_from([None, "cause", "context", "member"]),
)
snapshots = st.builds(
    ExceptionSnapshot, st.lists(exceptions, min_size=1, max_size=3).map(tuple), texts, texts
)


def span_with(
    span_attributes: dict[str, Any],
    events: list[tuple[str, dict[str, Any], int]],
    errors: tuple[ErrorRecord, ...] = (),
    trace_id: int = 1,
    span_id: int = 1,
) -> SelectedSpan:
    context = SpanContext(trace_id, span_id, is_remote=False)
    span = ReadableSpan("request", context, resource=Resource.get_empty(), attributes=span_attributes)
    return SelectedSpan(span, [Event(name, held, at) for name, held, at in events], None, errors)


def everything(_: str) -> bool:
    return True


@given(attributes, events, st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
def test_events_round_trip(
    span_attributes: dict[str, Any],
    events: list[tuple[str, dict[str, Any], int]],
    trace_id: int,
    span_id: int,
) -> None:
    span = span_with(span_attributes, events, (), trace_id, span_id)
    line = line_of(span, {})
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert envelopes(span_of(line), everything) == envelopes(span, everything)


@given(attributes, attributes, times, st.integers(0, 9), st.booleans(), st.none() | snapshots)
def test_errors_round_trip(
    recorded: dict[str, Any],
    entry: dict[str, Any],
    time: int,
    ordinal: int,
    is_handled: bool,
    live: ExceptionSnapshot | None,
) -> None:
    origin = {"service.name": "shop", "posthog.release_id": "r1"}
    envelope = Envelope("exception", recorded, time, 7, 9, ordinal, entry, origin)
    hook = Hook("task", "celery.task_failure")
    error = ErrorRecord(envelope, entry, is_handled, hook, live)
    (read,) = span_of(line_of(span_with({}, [], (error,), 7, 9), origin)).errors
    assert (read.envelope, read.entry, read.is_handled) == (envelope, entry, is_handled)
    assert (read.hook, read.live) == (hook, live)
    assert read.fingerprint == error.fingerprint


def test_nan_and_infinity_round_trip() -> None:
    span = span_of(line_of(span_with({}, [("e", {"a": math.nan, "b": (math.inf, -math.inf)}, 1)]), {}))
    found = dict(span.events[0].attributes or {})
    assert math.isnan(found["a"])  # type: ignore[arg-type]  # of any attribute type
    assert found["b"] == (math.inf, -math.inf)
