"""The costs of delivery through the Collector, and of events as log records, in the program that records.

In the request's thread: one span, its identity and one `record`, until the span has ended and is queued. Each
way runs in its own process, and the processes alternate. The benchmark measures CPU time of the thread.

`posthog.apart`: the sampler sets this attribute on each sampled span of a request's tree, one SERVER and ten
CLIENT spans; the two tracers of one provider differ only in the attribute.

In the export thread: batches of 512 spans with one event each are mapped and posted to an inspector in place
of PostHog, or encoded as OTLP and posted to a bridge in place of the Collector. The benchmark measures CPU
time of the thread until delivery.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Tracer

from benchmarks._content import GROUPS, IDENTITY, OneIdentity, SyncFinished, properties, settings
from benchmarks._ended import BATCH, EndedSpans
from benchmarks._processes import own_process
from benchmarks._replica import replicas
from benchmarks._result import Result, Row
from benchmarks._sender import NotTakenError
from benchmarks._sink import NowhereExporter, discarding_inspector
from benchmarks._timing import Rounds, in_turn
from benchmarks.unsampled import QUERY
from otel import RecordingSampler, flush, install, record
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.events import default_registry
from otel.identity import identified
from otel.settings import Settings

__all__ = ["measure"]

_REQUESTS = 400
_TREES = 100
_QUERIES = 10
_BATCHES = 4

# The ways in the request's thread, with the settings that differ from the first.
_WAYS = {"direct": {}, "collector": {"via": "collector"}, "log": {"carrier": "log"}}

_tracer: Tracer | None = None


def measure(*, is_quick: bool) -> Result:
    """Compare the ways.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 3 if is_quick else 20
    with discarding_inspector() as inspector, replicas(1, inspector.url) as (bridge,):
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = bridge.url
        with ExitStack() as stack:
            processes = {way: stack.enter_context(own_process()) for way in _WAYS}
            for way, process in processes.items():
                process.submit(_set_up, way, inspector.url).result()
            requests = in_turn(rounds, {way: _ask(process) for way, process in processes.items()})
        exports = in_turn(rounds, _exports(inspector.url))
    return Result("via", tuple(_rows(requests, in_turn(rounds, _trees()), exports)))


def _rows(requests: Rounds, trees: Rounds, exports: Rounds) -> Iterator[Row]:
    for what, found, ours, theirs in (
        ("a request's span and event, via the Collector to direct", requests, "collector", "direct"),
        ("a request's span and event, as a log record to a span event", requests, "log", "direct"),
        ("a request's 11 sampled spans, marked posthog.apart to unmarked", trees, "marked", "unmarked"),
        ("CPU of the export thread, via the Collector to direct", exports, "collector", "direct"),
    ):
        unit = "µs/event" if found is exports else "µs"
        yield Row(what, unit, found.median(ours), found.median(theirs), found.ratio(ours, to=theirs))


def _ask(process: ProcessPoolExecutor) -> Callable[[], float]:
    return lambda: process.submit(_request).result()


def _set_up(way: str, posthog: str) -> None:
    """Install the pipeline of one way in this process."""
    global _tracer
    provider = TracerProvider()
    install(settings(posthog).replace(**_WAYS[way]), provider=provider)
    # The SREs' exporter, which is part of every way.
    provider.add_span_processor(BatchSpanProcessor(NowhereExporter()))
    _tracer = provider.get_tracer("benchmarks")


def _request() -> float:
    """Return the CPU time of a span with an event in its thread, in µs."""
    if _tracer is None:
        raise NotTakenError
    stamps = IDENTITY.attributes(GROUPS)
    with identified(OneIdentity()):
        began = time.thread_time()
        for number in range(_REQUESTS):
            with _tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER) as server:
                record(SyncFinished(**properties(number)))
                server.set_attributes(stamps)
        spent = time.thread_time() - began
    if not flush():
        raise NotTakenError
    return spent / _REQUESTS * 1e6


def _trees() -> dict[str, Callable[[], float]]:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NowhereExporter()))
    ways = {}
    for way in ("marked", "unmarked"):
        provider.sampler = RecordingSampler(ALWAYS_ON, marks_delivered=way == "marked")
        ways[way] = _tree(provider.get_tracer(way))  # each new tracer reads the sampler
    return ways


def _tree(tracer: Tracer) -> Callable[[], float]:
    def once() -> float:
        began = time.thread_time()
        for _ in range(_TREES):
            with tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER):
                for _ in range(_QUERIES):
                    with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT, attributes=QUERY):
                        pass
        return (time.thread_time() - began) / _TREES * 1e6

    return once


def _exports(posthog: str) -> dict[str, Callable[[], float]]:
    direct = PostHogSpanExporter(settings=settings(posthog), registry=default_registry)
    ended = EndedSpans(direct.map.selects)
    collector = CollectorExporter(_via_collector(), default_registry)
    return {"direct": _export(direct, ended), "collector": _export(collector, ended)}


def _via_collector() -> Settings:
    return settings().replace(via="collector")


def _export(exporter: SpanExporter, ended: EndedSpans) -> Callable[[], float]:
    def once() -> float:
        spent = 0.0
        for _ in range(_BATCHES):
            spans = ended.batch()
            began = time.thread_time()
            result = exporter.export(spans)
            spent += time.thread_time() - began
            if result is not SpanExportResult.SUCCESS:
                raise NotTakenError(result)
        return spent / (_BATCHES * BATCH) * 1e6

    return once
