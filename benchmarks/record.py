"""`record()` on a recording span compared with `posthog.capture()`, in the thread that answers a request.

Both get the same six properties, a person, a group and a session. `record` is called as in a request: on an
active span, with an identity source; the span has ten events, like that of a busy request. `capture` is
called with the SDK's defaults on a client whose queue never fills; its events are posted to a local
inspector, and the queue is drained between rounds.

The limit is what OpenTelemetry itself takes: a bare `span.add_event` on a span without our pipeline, with the
nine attributes ready in a dict: the six properties, and the three attributes of the identity.

CPU time covers only the request's thread: it excludes waits for the interpreter lock, which the SDK's
consumer thread causes, and therefore favors the SDK. Wall time is the time that the request waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from opentelemetry.sdk.trace import TracerProvider
from posthog import Posthog

from benchmarks._content import EVENT, GROUPS, SyncFinished, identity_of, properties, settings
from benchmarks._goals import GOALS
from benchmarks._result import Result, Row
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn
from otel import flush, install, record
from otel.identity import FixedIdentity, identified

__all__ = ["capturing", "measure", "recording"]

_SPANS, _EVENTS_A_SPAN = 50, 10

Clock = Callable[[], float]


def measure(*, is_quick: bool) -> Result:
    """Compare the calls.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 10 if is_quick else 150
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        install(settings(inspector.url), provider=provider)
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        found = in_turn(
            rounds,
            {
                "record": recording(provider, time.thread_time, _SPANS, _EVENTS_A_SPAN),
                "bare": _adding(time.thread_time),
                "capture": capturing(client, time.thread_time, _SPANS, _EVENTS_A_SPAN),
                "record, wall": recording(provider, time.perf_counter, _SPANS, _EVENTS_A_SPAN),
                "capture, wall": capturing(client, time.perf_counter, _SPANS, _EVENTS_A_SPAN),
            },
        )
        provider.shutdown()
        client.shutdown()
    return Result("record", tuple(_rows(found)), "without the journal")


def _rows(found: Rounds) -> Iterator[Row]:
    for what, ours, theirs in (
        ("CPU of capture() to record()", "record", "capture"),
        ("wall time of capture() to record()", "record, wall", "capture, wall"),
        ("CPU of capture() to a bare add_event with the same attributes", "bare", "capture"),
    ):
        ratio = found.ratio(theirs, to=ours)
        yield Row(what, "µs", found.median(ours), found.median(theirs), ratio, GOALS.get(what))
    what = "record() to a bare add_event with the same attributes"
    ratio = found.ratio("record", to="bare")
    yield Row(what, "µs", found.median("record"), found.median("bare"), ratio, GOALS[what])


def recording(provider: TracerProvider, clock: Clock, spans: int, events: int) -> Callable[[], float]:
    """Return a function that measures `record()` in µs a call, with the construction of the event.

    Args:
        provider: the provider of the installed pipeline.
        clock: returns seconds.
        spans: the number of requests.
        events: the number of events in each request.
    """
    tracer = provider.get_tracer("benchmarks")

    def once() -> float:
        spent = 0.0
        for span in range(spans):
            given = [properties(number) for number in range(span, span + events)]
            with identified(FixedIdentity(identity_of(span))), tracer.start_as_current_span("GET /"):
                began = clock()
                for one in given:
                    record(SyncFinished(**one))
                spent += clock() - began
        flush()
        return spent / (spans * events) * 1e6

    return once


def capturing(client: Posthog, clock: Clock, spans: int, events: int) -> Callable[[], float]:
    """Return a function that measures `capture()` in µs a call.

    Args:
        client: a client whose queue has room.
        clock: returns seconds.
        spans: the number of requests.
        events: the number of events in each request.
    """

    def once() -> float:
        spent = 0.0
        for span in range(spans):
            identity = identity_of(span)
            person, groups = identity.distinct_id, dict(identity.groups)
            session = {"$session_id": identity.session_id}
            given = [{**properties(number), **session} for number in range(span, span + events)]
            began = clock()
            for one in given:
                client.capture(EVENT, distinct_id=person, properties=one, groups=groups)
            spent += clock() - began
        client.flush(None)
        return spent / (spans * events) * 1e6

    return once


def _adding(clock: Clock) -> Callable[[], float]:
    tracer = TracerProvider().get_tracer("benchmarks")

    def once() -> float:
        spent = 0.0
        for request in range(_SPANS):
            stamps = identity_of(request).attributes(GROUPS)
            given = [{**properties(number), **stamps} for number in range(request, request + _EVENTS_A_SPAN)]
            with tracer.start_as_current_span("GET /") as span:
                began = clock()
                for one in given:
                    span.add_event(EVENT, one)
                spent += clock() - began
        return spent / (_SPANS * _EVENTS_A_SPAN) * 1e6

    return once
