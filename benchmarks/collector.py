"""Throughput and CPU time of the real Collector with `collector-config.yaml`.

`make collector` builds the program. It receives the spans that the product sends with
`POSTHOG_VIA=collector`. In the first load, each request has eleven sampled spans with `posthog.apart`, for
tail sampling, and one span that is only for PostHog, for the queue on disk and the bridge. The second load
consists only of the latter. A sink that decodes and counts spans replaces the bridge. Tail sampling keeps no
traces, so a trace store is not needed; the CPU time includes the decisions. What leaves is masked, which is
most of the CPU time of an event, and not of a span that is not kept.

The published figure is a vendor's rule of thumb, 15,000 spans/s per core (Splunk's sizing), for a Collector
without our redaction, marks and fork.

A span is taken when its request is answered with 200; it is then marked, forked, and on disk. CPU time covers
the Collector's whole process, until the sink has the spans for PostHog and tail sampling has decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import SpanKind

from benchmarks._batches import QueuedEvents
from benchmarks._content import EVENT, GROUPS, QUERY, identity_of, properties
from benchmarks._goals import GOALS
from benchmarks._result import Result, Row
from benchmarks._sender import body_of, request_of_events, send
from benchmarks._timing import in_turn
from benchmarks.bridge import of_a_core
from otel.attributes import DELIVERED_SEPARATELY
from tests.collector.sink import Sink, running_sink
from tests.services._installed import MissingServiceError
from tests.services.collector import CONFIG, RunningCollector, running_collector

__all__ = ["measure"]

_QUERIES = 10
_REQUESTS_A_BODY, _BODIES = 80, 20
_EVENTS_A_BODY = 512
_BOTH, _EVENTS = "traces and events", "events only"  # the two loads
_CONNECTIONS = 4

# Tail sampling keeps no traces, and decides within a second.
_ENV: Final[Mapping[str, str]] = {
    "COLLECTOR_LOG_LEVEL": "error",
    "TRACES_OTLP_ENDPOINT": "127.0.0.1:1",
    "TAIL_DECISION_WAIT": "1s",
    "TAIL_WAIT_AFTER_ROOT": "1s",
    "TAIL_SLOW_PERCENT": "0",
    "TAIL_BUSINESS_PERCENT": "0",
    "TAIL_BASELINE_PERCENT": "0",
}
_DECIDED = 2.5  # seconds until tail sampling has decided
_NOTE = (
    "tail sampling keeps no trace here; a span of a trace that it keeps costs as much as an event, because "
    "the text of both is masked before it leaves"
)


class _Load:
    """A generator of requests' spans and events' spans as the product sends them, always with new ids."""

    def __init__(self) -> None:
        self._tracer = TracerProvider().get_tracer("benchmarks")
        self._queued = QueuedEvents()

    def requests(self) -> bytes:
        """Return a body with twelve spans for each request."""
        spans: list[ReadableSpan] = []
        mark = {DELIVERED_SEPARATELY: True}
        for number in range(_REQUESTS_A_BODY):
            about = {**identity_of(number).attributes(GROUPS), **mark}
            with self._tracer.start_as_current_span(
                "GET sync/", kind=SpanKind.SERVER, attributes=about
            ) as server:
                for _ in range(_QUERIES):
                    query = self._tracer.start_span(
                        "SELECT", kind=SpanKind.CLIENT, attributes={**QUERY, **mark}
                    )
                    query.end()
                    spans += [query] if isinstance(query, ReadableSpan) else []
                server.add_event(EVENT, properties(number))
            spans += [server] if isinstance(server, ReadableSpan) else []
        request = encode_spans(spans)
        request.MergeFrom(request_of_events(self._queued, _REQUESTS_A_BODY))
        return body_of(request)

    def events(self) -> bytes:
        """Return a body with spans that are only for PostHog."""
        return body_of(request_of_events(self._queued, _EVENTS_A_BODY))


def measure(*, is_quick: bool) -> Result:
    """Measure the two loads.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 1 if is_quick else 8
    try:
        with TemporaryDirectory() as folder, running_sink() as sink:
            env = {**_ENV, "POSTHOG_BRIDGE_ENDPOINT": sink.url, "QUEUE_DIR": folder}
            with running_collector(CONFIG, env) as collector:
                measuring = _Measuring(collector, sink, Path(folder) / "bridge")
                return Result("collector", tuple(_rows(rounds, measuring, is_quick=is_quick)), _NOTE)
    except MissingServiceError as error:
        return Result("collector", (), f"not measured: {error}")


def _rows(rounds: int, measuring: _Measuring, *, is_quick: bool) -> Iterator[Row]:
    load = _Load()
    loads = {
        _BOTH: (load.requests, 12 * _REQUESTS_A_BODY, _REQUESTS_A_BODY),
        _EVENTS: (load.events, _EVENTS_A_BODY, _EVENTS_A_BODY),
    }
    cpu: dict[str, list[float]] = {what: [] for what in loads}
    taken = in_turn(rounds, {what: measuring.taken(*one, cpu[what]) for what, one in loads.items()})
    memory = measuring.memory()
    for what in loads:
        used = cpu[what][1:]  # the first is the warm-up round
        row = f"the Collector, CPU a span ({what})"
        yield Row(row, "µs/span", median(used), wanted=GOALS.get(row))
        yield Row(f"the Collector, taken ({what})", "spans/s", taken.median(what))
        yield of_a_core(f"the Collector ({what})", used)
    yield Row("memory of the Collector after it", "MiB", memory / 2**20)
    if not is_quick:
        what = "an event that waits in the Collector's queue, on disk"
        yield Row(what, "B", measuring.waiting(load.events))


class _Measuring:
    """The measurements of a running Collector.

    Args:
        collector: a Collector with our configuration.
        sink: the sink that replaces the bridge.
        queue: the folder of the Collector's queue.
    """

    def __init__(self, collector: RunningCollector, sink: Sink, queue: Path) -> None:
        self._url = collector.otlp_url
        self._process = psutil.Process(collector.pid)
        self._sink = sink
        self._queue = queue

    def taken(
        self, make: Callable[[], bytes], spans: int, events: int, cpu: list[float]
    ) -> Callable[[], float]:
        """Return a function that measures the spans that are taken per second.

        Args:
            make: returns a body.
            spans: the number of spans in a body.
            events: the number of spans in a body that are only for PostHog.
            cpu: the list to which the function appends the CPU time per span in µs.
        """

        def once() -> float:
            bodies = [make() for _ in range(_BODIES)]
            self._sink.spans.clear()
            used_before, began = self._cpu(), time.perf_counter()
            send([self._url], bodies, _CONNECTIONS)
            took = time.perf_counter() - began
            while len(self._sink.spans) < events * _BODIES:
                time.sleep(0.005)
            time.sleep(_DECIDED)
            cpu.append((self._cpu() - used_before) / (spans * _BODIES) * 1e6)
            return spans * _BODIES / took

        return once

    def memory(self) -> int:
        """Return the resident memory of the Collector in bytes."""
        return int(self._process.memory_info().rss)

    def waiting(self, make: Callable[[], bytes]) -> float:
        """Return the bytes by which the queue grows on disk for each event that the bridge refuses.

        Args:
            make: returns a body with events.
        """
        self._sink.status = 503
        self._fill(make)  # first fill the space that delivered events left in the file
        before = self._size()
        events = self._fill(make)
        return (self._size() - before) / events

    def _fill(self, make: Callable[[], bytes]) -> int:
        bodies = [make() for _ in range(3 * _BODIES)]
        send([self._url], bodies, _CONNECTIONS)
        time.sleep(1)  # the queue's batches are written within 0.5 s
        return len(bodies) * _EVENTS_A_BODY

    def _size(self) -> int:
        # Count blocks of 512 bytes: the file's length is greater than its content.
        return 512 * sum(path.stat().st_blocks for path in self._queue.rglob("*") if path.is_file())

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
