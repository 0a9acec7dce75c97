"""Events per second through our exporter, compared with the SDK, another exporter, and the floor.

Ours: events as `record` queues them, each with six properties and its identity, are mapped, validated,
gzipped and posted in our batches, as in OpenTelemetry's export thread.

- The SDK, with its defaults: `capture()` and `flush()`. The work of `capture()` in the request's thread is
  included; therefore our span, `record()` and export together are compared too.
- `posthog-otel-exporter`: ended spans with the same event; its `export()` calls `capture()`.
- The floor: ready-made events with the same content, orjson, gzip, and one POST over a kept connection; at
  gzip level 1, the fastest, and at 6, the usual level.

All post to one inspector in another process, which decodes and counts events. If it does not count an event,
the benchmark fails. CPU time covers all threads of the process: the floor and our exporter have only one, but
the SDK's work is in two. Rates swing with the scheduling of the inspector, so where a goal is a ratio of the
work itself, it is one of CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from posthog import Posthog
from posthog_otel_exporter import PosthogSpanExporter

from benchmarks._batch_sizes import BATCH, SDK_BATCH, SECOND
from benchmarks._batches import QueuedEvents, ended_spans
from benchmarks._content import EVENT, SyncFinished, identity_of, properties, settings
from benchmarks._floor import Floor
from benchmarks._goals import GOALS
from benchmarks._result import Result, Row
from benchmarks._sender import kept_bodies
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn
from otel import flush, install, record
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.identity import FixedIdentity, identified
from otel.inspector.running import RunningInspector

__all__ = ["measure"]

_BATCHES = 2
_EVENTS = BATCH * _BATCHES

# The calls to measure. Their input is created between the calls, and is not measured.
Way = Callable[[], Iterator[Callable[[], None]]]
_SECONDS = 20  # batches of a second's events in a measurement


class DrainError(RuntimeError):
    """Raised if an event was not acknowledged, which makes the measurement invalid."""


def measure(*, is_quick: bool) -> Result:
    """Compare the rates, and the CPU time per event.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 4 if is_quick else 40
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        pipeline = install(settings(inspector.url), provider=provider)
        if pipeline.exporter is None:
            raise DrainError(inspector.url)
        exporter = pipeline.exporter
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        peer = PosthogSpanExporter("phc_benchmark", inspector.url)
        queued = QueuedEvents()
        floor = Floor(inspector.url, queued)
        ways: dict[str, Way] = {
            "ours": lambda: (partial(_export, exporter, queued.batch()) for _ in range(_BATCHES)),
            "ours, a second": lambda: (
                partial(_export, exporter, queued.batch(SECOND)) for _ in range(_SECONDS)
            ),
            "ours, recorded": lambda: iter([partial(_record, provider, _EVENTS)]),
            "sdk": lambda: iter([partial(_capture, client, _EVENTS)]),
            "peer": lambda: iter(
                [partial(_export_by_peer, peer, [ended_spans() for _ in range(_EVENTS // SDK_BATCH)])]
            ),
            "floor 1": lambda: (partial(floor.send, 1, floor.batch()) for _ in range(_BATCHES)),
            "floor 6": lambda: (partial(floor.send, 6, floor.batch()) for _ in range(_BATCHES)),
        }
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        counts = dict.fromkeys(ways, _EVENTS) | {"ours, a second": _SECONDS * SECOND}
        found = in_turn(
            rounds,
            {way: _timed(inspector, sends, counts[way], cpu[way]) for way, sends in ways.items()},
        )
        provider.shutdown()
        client.shutdown()
    used = Rounds({way: values[1:] for way, values in cpu.items()})  # the first is the warm-up round
    return Result("drain", (*_rows(found, used), *_sizes(queued)))


def _rows(rates: Rounds, cpu: Rounds) -> Iterator[Row]:
    for what, ours, theirs in (
        ("export to the SDK's capture and drain", "ours", "sdk"),
        ("span, record and export to the SDK's capture and drain", "ours, recorded", "sdk"),
        ("export to posthog-otel-exporter's", "ours", "peer"),
        ("export to the floor, gzip level 1", "ours", "floor 1"),
        ("export to the floor, gzip level 6", "ours", "floor 6"),
    ):
        ratio = rates.ratio(ours, to=theirs)
        yield Row(what, "events/s", rates.median(ours), rates.median(theirs), ratio, GOALS.get(what))
    for what, ours, theirs in (
        ("CPU of the floor to export", "ours", "floor 1"),
        ("CPU of the SDK's capture and drain to export", "ours", "sdk"),
        ("CPU of the SDK's capture and drain to span, record and export", "ours, recorded", "sdk"),
        ("CPU of posthog-otel-exporter to export", "ours", "peer"),
    ):
        ratio = cpu.ratio(theirs, to=ours)
        yield Row(what, "µs/event", cpu.median(ours), cpu.median(theirs), ratio, GOALS.get(what))
    small = "ours, a second"
    yield Row(
        f"CPU of export in batches of {SECOND} to batches of {BATCH:,}",
        "µs/event",
        cpu.median(small),
        cpu.median("ours"),
        cpu.ratio(small, to="ours"),
    )


def _sizes(queued: QueuedEvents) -> Iterator[Row]:
    """Measure the bytes on the network, headers excluded."""
    for events in (SECOND, BATCH):
        with kept_bodies() as (url, bodies):
            exporter = PostHogSpanExporter(settings=settings(url))
            _export(exporter, queued.batch(events))
            exporter.shutdown()
        yield Row(f"bytes sent for an event, in batches of {events:,}", "B", sum(map(len, bodies)) / events)


def _timed(inspector: RunningInspector, sends: Way, count: int, cpu: list[float]) -> Callable[[], float]:
    """Return a function that measures events per second, and appends the CPU µs per event to `cpu`."""

    def once() -> float:
        before = inspector.all()["good"]
        took = used = 0.0
        for send in sends():
            used_before, began = time.process_time(), time.perf_counter()
            send()
            took += time.perf_counter() - began
            used += time.process_time() - used_before
        arrived = inspector.all()["good"] - before
        if arrived != count:
            msg = f"{arrived} of {count} events arrived"
            raise DrainError(msg)
        cpu.append(used / count * 1e6)
        return count / took

    return once


def _export(exporter: SpanExporter, spans: Sequence[ReadableSpan]) -> None:
    if exporter.export(spans) is not SpanExportResult.SUCCESS:
        raise DrainError


def _record(provider: TracerProvider, count: int) -> None:
    tracer = provider.get_tracer("benchmarks")
    for number in range(count):
        with identified(FixedIdentity(identity_of(number))), tracer.start_as_current_span("GET sync/"):
            record(SyncFinished(**properties(number)))
    flush()


def _capture(client: Posthog, count: int) -> None:
    for number in range(count):
        identity = identity_of(number)
        given = {**properties(number), "$session_id": identity.session_id}
        groups = dict(identity.groups)
        client.capture(EVENT, distinct_id=identity.distinct_id, properties=given, groups=groups)
    client.flush(None)


def _export_by_peer(peer: PosthogSpanExporter, batches: Sequence[Sequence[ReadableSpan]]) -> None:
    for spans in batches:
        _export(peer, spans)
    # The exporter's `force_flush` does nothing, and its client waits 5 s for a batch to fill.
    peer._posthog_client.flush(None)  # noqa: SLF001
