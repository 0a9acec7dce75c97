"""The costs of delivery through the Collector, and of events as log records, in the program that records.

In the request's thread: one span, its identity and one `record`, until the span has ended and is queued. Each
way runs in its own process, and the processes alternate. The benchmark measures CPU time of the thread.

In the export thread: our batches of events are mapped and posted to an inspector in place of PostHog, or
encoded as OTLP and posted to a bridge in place of the Collector. The benchmark measures CPU time of the
thread until delivery. One goal is relative to the direct export of November 2026: `benchmarks/_floor.py` has
its cost in floors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Tracer

from benchmarks._batch_sizes import BATCH
from benchmarks._batches import QueuedEvents
from benchmarks._content import GROUPS, SyncFinished, identity_of, properties, settings
from benchmarks._floor import Floor
from benchmarks._goals import GOALS
from benchmarks._november import NOVEMBERS_EXPORT
from benchmarks._processes import own_process
from benchmarks._replica import replicas
from benchmarks._result import Result, Row
from benchmarks._sender import NotTakenError
from benchmarks._sink import NowhereExporter, discarding_inspector
from benchmarks._timing import Rounds, in_turn
from otel import flush, install, record
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.identity import FixedIdentity, identified

__all__ = ["measure"]

_REQUESTS = 400
_BATCHES = 2

# The ways in the request's thread, with the settings that differ from the first.
_WAYS = {"direct": {}, "collector": {"via": "collector"}, "log": {"carrier": "log"}}

_tracer: Tracer | None = None


def measure(*, is_quick: bool) -> Result:
    """Compare the ways.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 3 if is_quick else 40
    with discarding_inspector() as inspector, replicas(1, inspector.url) as (bridge,):
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = bridge.url
        with ExitStack() as stack:
            processes = {way: stack.enter_context(own_process()) for way in _WAYS}
            for way, process in processes.items():
                process.submit(_set_up, way, inspector.url).result()
            requests = in_turn(rounds, {way: _ask(process) for way, process in processes.items()})
        exports = in_turn(rounds, _exports(inspector.url))
    return Result("via", tuple(_rows(requests, exports)))


def _rows(requests: Rounds, exports: Rounds) -> Iterator[Row]:
    for what, found, ours, theirs in (
        ("a request's span and event, via the Collector to direct", requests, "collector", "direct"),
        ("a request's span and event, as a log record to a span event", requests, "log", "direct"),
        ("CPU of the export thread, via the Collector to direct", exports, "collector", "direct"),
    ):
        unit = "µs/event" if found is exports else "µs"
        yield Row(what, unit, found.median(ours), found.median(theirs), found.ratio(ours, to=theirs))
    # November's export on this machine, round by round.
    november = [NOVEMBERS_EXPORT * one for one in exports.values["floor"]]
    both = Rounds({"collector": exports.values["collector"], "november": november})
    what = "CPU of the export thread through the Collector, to November's direct"
    ratio = both.ratio("collector", to="november")
    yield Row(what, "µs/event", both.median("collector"), both.median("november"), ratio, GOALS[what])


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
    identities = [identity_of(number) for number in range(_REQUESTS)]
    began = time.thread_time()
    for number, identity in enumerate(identities):
        with (
            identified(FixedIdentity(identity)),
            _tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER) as server,
        ):
            record(SyncFinished(**properties(number)))
            server.set_attributes(identity.attributes(GROUPS))
    spent = time.thread_time() - began
    if not flush():
        raise NotTakenError
    return spent / _REQUESTS * 1e6


def _exports(posthog: str) -> dict[str, Callable[[], float]]:
    queued = QueuedEvents()
    return {
        "direct": _export(PostHogSpanExporter(settings=settings(posthog)), queued),
        "collector": _export(CollectorExporter(settings().replace(via="collector")), queued),
        "floor": Floor(posthog, queued).timed(_BATCHES),
    }


def _export(exporter: SpanExporter, queued: QueuedEvents) -> Callable[[], float]:
    def once() -> float:
        spent = 0.0
        for _ in range(_BATCHES):
            events = queued.batch()
            began = time.thread_time()
            result = exporter.export(events)
            spent += time.thread_time() - began
            if result is not SpanExportResult.SUCCESS:
                raise NotTakenError(result)
        return spent / (_BATCHES * BATCH) * 1e6

    return once
