"""The real Collector with `collector-config.yaml`: spans a second through the fork, and what they cost it.

The program is as `make collector` builds it. It is sent what the product sends with `POSTHOG_VIA=collector`:
of each request eleven sampled spans that are `posthog.apart`, for the tail sampling, and one that is for
PostHog only, for the queue on disk and the bridge; and in a second load only the latter. In the bridge's
place stands a sink that decodes and counts. The sampling keeps nothing, so that no trace store is needed;
deciding so is part of the CPU time.

The published figure is a vendor's rule of thumb, 15,000 spans/s a core (Splunk's sizing), for a Collector
without our redaction, marks and fork.

Taken is what is answered with 200: then it is marked, forked, and on disk. CPU time is the Collector's whole
process, until the sink has what is for PostHog and the sampling has decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind

from benchmarks._content import GROUPS, IDENTITY, settings
from benchmarks._ended import EndedSpans, travelling
from benchmarks._result import Result, Row
from benchmarks._sender import body_of, send
from benchmarks._timing import in_turn
from benchmarks.bridge import of_a_core
from benchmarks.unsampled import QUERY
from otel import RecordingSampler
from otel.events import default_registry
from otel.mapping import Mapper
from tests.collector.sink import Sink, running_sink
from tests.services._installed import MissingServiceError
from tests.services.collector import CONFIG, RunningCollector, running_collector

__all__ = ["measure"]

_QUERIES = 10
_REQUESTS_A_BODY, _BODIES = 80, 20
_EVENTS_A_BODY = 512
_CONNECTIONS = 4

# Nothing is kept, and everything is decided within a second.
_ENV: Final[Mapping[str, str]] = {
    "COLLECTOR_LOG_LEVEL": "error",
    "TRACES_OTLP_ENDPOINT": "127.0.0.1:1",
    "TAIL_DECISION_WAIT": "1s",
    "TAIL_WAIT_AFTER_ROOT": "1s",
    "TAIL_SLOW_PERCENT": "0",
    "TAIL_BUSINESS_PERCENT": "0",
    "TAIL_BASELINE_PERCENT": "0",
}
_DECIDED = 2.5  # seconds until then


class _Load:
    """Make requests' spans, and events' spans, as the product sends them, each time with new ids."""

    def __init__(self) -> None:
        provider = TracerProvider(sampler=RecordingSampler(ALWAYS_ON, marks_apart=True))
        self._tracer = provider.get_tracer("benchmarks")
        self._mapper = Mapper(default_registry, settings())
        self._ended = EndedSpans(self._mapper.selects)
        self._stamps = IDENTITY.attributes(GROUPS)

    def requests(self) -> bytes:
        """Return a body of twelve spans a request."""
        spans: list[ReadableSpan] = []
        for selected in self._ended.batch(_REQUESTS_A_BODY):
            with self._tracer.start_as_current_span(
                "GET sync/", kind=SpanKind.SERVER, attributes=self._stamps
            ) as server:
                for _ in range(_QUERIES):
                    query = self._tracer.start_span("SELECT", kind=SpanKind.CLIENT, attributes=QUERY)
                    query.end()
                    spans += [query] if isinstance(query, ReadableSpan) else []
                for event in selected.events:
                    server.add_event(event.name, event.attributes, event.timestamp)
            spans += [server] if isinstance(server, ReadableSpan) else []
            spans += travelling([selected], self._mapper)
        return body_of(spans)

    def events(self) -> bytes:
        """Return a body of spans for PostHog only."""
        return body_of(travelling(self._ended.batch(_EVENTS_A_BODY), self._mapper))


def measure(*, is_quick: bool) -> Result:
    """Measure the two loads.

    Args:
        is_quick: a few rounds only.
    """
    rounds = 2 if is_quick else 5
    try:
        with TemporaryDirectory() as folder, running_sink() as sink:
            env = {**_ENV, "POSTHOG_BRIDGE_ENDPOINT": sink.url, "QUEUE_DIR": folder}
            with running_collector(CONFIG, env) as collector:
                measuring = _Measuring(collector, sink, Path(folder) / "bridge")
                return Result("collector", tuple(_rows(rounds, measuring)))
    except MissingServiceError as error:
        return Result("collector", (), f"not measured: {error}")


def _rows(rounds: int, measuring: _Measuring) -> Iterator[Row]:
    load = _Load()
    loads = {
        "12 spans a request of which one is for PostHog": (
            load.requests,
            12 * _REQUESTS_A_BODY,
            _REQUESTS_A_BODY,
        ),
        "spans for PostHog only": (load.events, _EVENTS_A_BODY, _EVENTS_A_BODY),
    }
    cpu: dict[str, list[float]] = {what: [] for what in loads}
    taken = in_turn(rounds, {what: measuring.taken(*one, cpu[what]) for what, one in loads.items()})
    memory = measuring.memory()
    for what in loads:
        used = cpu[what][1:]  # the first is the round to warm up
        yield Row(f"the Collector, {what}: taken", "spans/s", taken.median(what))
        yield Row(f"the Collector, {what}: CPU", "µs/span", median(used))
        yield of_a_core(f"the Collector, {what}", used)
    yield Row("memory of the Collector after it", "MiB", memory / 2**20)
    yield Row("an event that waits in the Collector's queue, on disk", "B", measuring.waiting(load.events))


class _Measuring:
    """Measure a running Collector.

    Args:
        collector: as the configuration has it.
        sink: in the bridge's place.
        queue: its folder.
    """

    def __init__(self, collector: RunningCollector, sink: Sink, queue: Path) -> None:
        self._url = collector.otlp_url
        self._process = psutil.Process(collector.pid)
        self._sink = sink
        self._queue = queue

    def taken(
        self, make: Callable[[], bytes], spans: int, events: int, cpu: list[float]
    ) -> Callable[[], float]:
        """Return what measures a load: spans a second taken, and in a list beside it the CPU a span in µs.

        Args:
            make: returns a body.
            spans: in each.
            events: those of them that are for PostHog.
            cpu: the list.
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
        """Return the bytes of memory that it holds now."""
        return int(self._process.memory_info().rss)

    def waiting(self, make: Callable[[], bytes]) -> float:
        """Return by how many bytes the queue's file grows for each event that the bridge does not take.

        Args:
            make: returns a body of events.
        """
        self._sink.status = 503
        self._fill(make)  # the room of what has left is used first
        before = self._size()
        events = self._fill(make)
        return (self._size() - before) / events

    def _fill(self, make: Callable[[], bytes]) -> int:
        bodies = [make() for _ in range(3 * _BODIES)]
        send([self._url], bodies, _CONNECTIONS)
        time.sleep(1)  # the queue's batches are written within half of it
        return len(bodies) * _EVENTS_A_BODY

    def _size(self) -> int:
        # Blocks of 512 bytes: the file's length runs ahead of what is in it.
        return 512 * sum(path.stat().st_blocks for path in self._queue.rglob("*") if path.is_file())

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
