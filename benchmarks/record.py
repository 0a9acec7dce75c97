"""`record()` on a recording span compared with `posthog.capture()`, in the thread that answers a request.

Both get the same six properties, a person, a group and a session. `record` is called as in a request: on an
active span, with an identity source; the span has ten events, like that of a busy request. `capture` is
called with the SDK's defaults on a client whose queue never fills; its events are posted to a local
inspector, and the queue is drained between rounds.

Wall time is the time that the request waits. CPU time covers only the request's thread: it excludes waits for
the interpreter lock, which the SDK's consumer thread causes, and therefore favors the SDK.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from opentelemetry.sdk.trace import TracerProvider
from posthog import Posthog

from benchmarks._content import EVENT, IDENTITY, OneIdentity, SyncFinished, properties, settings
from benchmarks._result import Result, Row, at_least
from benchmarks._sink import discarding_inspector
from benchmarks._timing import in_turn
from otel import flush, install, record
from otel.identity import identified

__all__ = ["measure"]

_SPANS, _EVENTS_A_SPAN = 50, 10
_CALLS = _SPANS * _EVENTS_A_SPAN


def measure(*, is_quick: bool) -> Result:
    """Compare the two calls.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 5 if is_quick else 60
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        install(settings(inspector.url), provider=provider)
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        clocks = {"CPU": time.thread_time, "wall": time.perf_counter}
        ways = {}
        for name, clock in clocks.items():
            ways[f"record {name}"] = _record(provider, clock)
            ways[f"capture {name}"] = _capture(client, clock)
        found = in_turn(rounds, ways)
        provider.shutdown()
        client.shutdown()
    rows = [
        Row(
            f"posthog.capture() to record(), in the request's thread, {name} time",
            "µs",
            found.median(f"record {name}"),
            found.median(f"capture {name}"),
            found.ratio(f"capture {name}", to=f"record {name}"),
            at_least(8, "at least 8 x"),
        )
        for name in clocks
    ]
    return Result("record", tuple(rows), "without the journal")


def _record(provider: TracerProvider, clock: Callable[[], float]) -> Callable[[], float]:
    tracer = provider.get_tracer("benchmarks")

    def once() -> float:
        spent = 0.0
        with identified(OneIdentity()):
            for first in range(0, _CALLS, _EVENTS_A_SPAN):
                given = [properties(number) for number in range(first, first + _EVENTS_A_SPAN)]
                with tracer.start_as_current_span("GET /"):
                    began = clock()
                    for one in given:
                        record(SyncFinished(**one))
                    spent += clock() - began
        flush()
        return spent / _CALLS * 1e6

    return once


def _capture(client: Posthog, clock: Callable[[], float]) -> Callable[[], float]:
    groups = dict(IDENTITY.groups)

    def once() -> float:
        spent = 0.0
        for first in range(0, _CALLS, _EVENTS_A_SPAN):
            given = [
                {**properties(number), "$session_id": IDENTITY.session_id}
                for number in range(first, first + _EVENTS_A_SPAN)
            ]
            began = clock()
            for one in given:
                client.capture(EVENT, distinct_id=IDENTITY.distinct_id, properties=one, groups=groups)
            spent += clock() - began
        client.flush()
        return spent / _CALLS * 1e6

    return once
