"""Events per second through our exporter, compared with the SDK, another exporter, and the floor.

Ours: spans that have just ended, each with one declared event of six properties and its identity, are mapped,
validated, gzipped and posted in batches of 512, as in OpenTelemetry's export thread.

- The SDK, with its defaults: `capture()` and `flush()`. The work of `capture()` in the request's thread is
  included; therefore our span, `record()` and export together are compared too.
- `posthog-otel-exporter`: the same ended spans; its `export()` calls `capture()`.
- The floor: ready-made events with the same content, orjson, gzip, and one POST over a kept connection; at
  gzip level 1, the fastest, and at 6, the usual level. The better of the two medians counts.

All post to one inspector in another process, which decodes and counts events. If it does not count an event,
the benchmark fails. CPU time covers all threads of the process.
"""

from __future__ import annotations

import gzip
import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from posthog import Posthog
from posthog_otel_exporter import PosthogSpanExporter

from benchmarks._content import EVENT, IDENTITY, OneIdentity, SyncFinished, properties, settings
from benchmarks._ended import BATCH, EndedSpans
from benchmarks._result import Result, Row, at_least
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn
from otel import flush, install, record
from otel.envelope import Capture, Rejection
from otel.identity import identified
from otel.inspector.running import RunningInspector
from otel.mapping.from_span import envelopes

__all__ = ["measure"]

_BATCHES = 4  # as many as fill OpenTelemetry's default queue

# The calls to measure. Their input is created between the calls, and is not measured.
Way = Callable[[], Iterator[Callable[[], None]]]


class DrainError(RuntimeError):
    """Raised if an event was not acknowledged, which makes the measurement invalid."""


def measure(*, is_quick: bool) -> Result:
    """Compare the rates, and the CPU time per event.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 3 if is_quick else 30
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        pipeline = install(settings(inspector.url), provider=provider)
        if pipeline.exporter is None:
            raise DrainError(inspector.url)
        exporter = pipeline.exporter
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        peer = PosthogSpanExporter("phc_benchmark", inspector.url)
        ended = EndedSpans(exporter.map.selects)
        floor = _Floor(
            inspector.url,
            [
                capture
                for span in ended.batch()
                for one in envelopes(span, bool)
                for capture in exporter.map(one)
            ],
        )
        ways: dict[str, Way] = {
            "ours": lambda: (partial(_export, exporter, ended.batch()) for _ in range(_BATCHES)),
            "ours, recorded": lambda: iter([partial(_record, provider, BATCH * _BATCHES)]),
            "sdk": lambda: iter([partial(_capture, client, BATCH * _BATCHES)]),
            "peer": lambda: iter([partial(_export_by_peer, peer, [ended.batch() for _ in range(_BATCHES)])]),
            "floor 1": lambda: (partial(floor.send, 1, floor.batch()) for _ in range(_BATCHES)),
            "floor 6": lambda: (partial(floor.send, 6, floor.batch()) for _ in range(_BATCHES)),
        }
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        found = in_turn(rounds, {way: _timed(inspector, sends, cpu[way]) for way, sends in ways.items()})
        provider.shutdown()
        client.shutdown()
    used = Rounds({way: values[1:] for way, values in cpu.items()})  # the first is the warm-up round
    best = max("floor 1", "floor 6", key=found.median)
    return Result("drain", tuple(_rows(found, used, best)), f"the floor that counts is {best}")


def _rows(rates: Rounds, cpu: Rounds, best: str) -> Iterator[Row]:
    compared = (
        ("export of ended spans to the SDK's capture and drain", "ours", "sdk", at_least(8, "at least 8 x")),
        ("span, record and export to the SDK's capture and drain", "ours, recorded", "sdk", None),
        ("export to posthog-otel-exporter's", "ours", "peer", None),
        ("export to the floor, gzip level 1", "ours", "floor 1", None),
        ("export to the floor, gzip level 6", "ours", "floor 6", None),
    )
    floor_wanted = at_least(0.4, "at least 0.4 x")
    for what, ours, theirs, wanted in compared:
        counts = floor_wanted if theirs == best else wanted
        yield Row(
            what, "events/s", rates.median(ours), rates.median(theirs), rates.ratio(ours, to=theirs), counts
        )
    for what, ours, theirs in (
        ("CPU, SDK's capture and drain to export", "ours", "sdk"),
        ("CPU, SDK's capture and drain to span, record and export", "ours, recorded", "sdk"),
        ("CPU, posthog-otel-exporter to export", "ours", "peer"),
        ("CPU, the floor to export", "ours", best),
    ):
        yield Row(what, "µs/event", cpu.median(ours), cpu.median(theirs), cpu.ratio(theirs, to=ours))


def _timed(inspector: RunningInspector, sends: Way, cpu: list[float]) -> Callable[[], float]:
    """Return a function that measures events per second, and appends the CPU µs per event to `cpu`."""
    count = BATCH * _BATCHES

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
    with identified(OneIdentity()):
        for number in range(count):
            with tracer.start_as_current_span("GET sync/"):
                record(SyncFinished(**properties(number)))
    flush()


def _capture(client: Posthog, count: int) -> None:
    groups = dict(IDENTITY.groups)
    for number in range(count):
        given = {**properties(number), "$session_id": IDENTITY.session_id}
        client.capture(EVENT, distinct_id=IDENTITY.distinct_id, properties=given, groups=groups)
    client.flush(None)


def _export_by_peer(peer: PosthogSpanExporter, batches: Sequence[Sequence[ReadableSpan]]) -> None:
    for spans in batches:
        _export(peer, spans)
    # The exporter's `force_flush` does nothing, and its client waits 5 s for a batch to fill.
    peer._posthog_client.flush(None)  # noqa: SLF001


class _Floor:
    """The minimal work of an exporter: encode, compress and send.

    Args:
        url: the inspector's URL.
        captures: one batch of ready-made captures.
    """

    def __init__(self, url: str, captures: Sequence[Capture | Rejection]) -> None:
        self._address = urlsplit(url).netloc
        self._ready = orjson.dumps([asdict(one) for one in captures])
        self._connection = http.client.HTTPConnection(self._address)

    def batch(self) -> list[Any]:
        """Return a batch of newly created events, because the spans of the others are newly created too."""
        batch: list[Any] = orjson.loads(self._ready)
        return batch

    def send(self, level: int, batch: list[Any]) -> None:
        """Post a batch.

        Args:
            level: gzip's compression level.
            batch: the events.
        """
        packed = gzip.compress(orjson.dumps({"api_key": "phc_benchmark", "batch": batch}), level)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            self._connection.request("POST", "/batch/", packed, headers)
            answer = self._connection.getresponse()
        except ConnectionError:  # the server closed the connection while the other ways were measured
            self._connection = http.client.HTTPConnection(self._address)
            self._connection.request("POST", "/batch/", packed, headers)
            answer = self._connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise DrainError(answer.status)
