"""The memory of a full queue, which its setting bounds, and the memory growth while events pass.

The queue: the events of 100,000 spans wait for an exporter that does not return, in their own process. Then
100,000 more events must be refused and counted, without an increase of the resident memory.

A batch: what exporting one takes at its peak, on top of its events in the queue, by Python's own account.

The soak: events at a steady rate are posted to the inspector for a minute; the figure is the slope of the
resident memory over the last two thirds of the minute. The target limits the growth per event: a leak of any
part of an event takes more than eight bytes, the size of a reference.
"""

from __future__ import annotations

import gc
import os
import statistics
import threading
import time
import tracemalloc
from collections.abc import Sequence

import psutil
from opentelemetry.sdk.trace import TracerProvider

from benchmarks._batch_sizes import BATCH
from benchmarks._batches import QueuedEvents
from benchmarks._content import GROUPS, SyncFinished, identity_of, properties, settings
from benchmarks._processes import own_process
from benchmarks._result import Result, Row, at_most
from benchmarks._sender import kept_bodies
from benchmarks._sink import discarding_inspector
from otel import Reason, flush, install, record
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture
from otel.identity import FixedIdentity, identified

__all__ = ["measure"]

_QUEUE, _QUICK_QUEUE = 100_000, 20_000
# Fast enough for hundreds of thousands of events in a minute, slow enough for two shared cores.
_BURST, _PAUSE = 40, 0.01


class LeakyQueueError(RuntimeError):
    """Raised if the queue did not hold or refuse the expected events."""


class _Gate:
    """A sink that blocks the export thread until the gate opens, like a PostHog that does not answer.

    Thread-safe.
    """

    def __init__(self) -> None:
        self.open = threading.Event()
        self.is_waited_for = threading.Event()

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[()]:  # noqa: ARG002
        """Wait until the gate is open.

        Args:
            captures: discarded.
            deadline: unused.
        """
        self.is_waited_for.set()
        self.open.wait()
        return ()

    def interrupt(self, deadline: float) -> None:
        """Do nothing: the gate ends all waits."""

    def close(self) -> None:
        """Do nothing: there are no resources to release."""


def measure(*, is_quick: bool) -> Result:
    """Measure the queue, and the soak.

    Args:
        is_quick: whether to soak for only a few seconds, which is too short for a verdict.
    """
    with own_process() as process:
        queue = _QUICK_QUEUE if is_quick else _QUEUE
        full, more = process.submit(_fill, queue).result()
    with own_process() as process:
        encoding = process.submit(_export).result()
    seconds = 5 if is_quick else 60
    with own_process() as process:
        a_minute, an_event = process.submit(_soak, seconds).result()
    rows = (
        Row(f"memory of an event that waits in a queue of {queue:,}", "B", full / queue),
        Row(
            f"memory that {queue:,} more events take, which the full queue refuses",
            "of the queue's",
            more / full,
            wanted=at_most(0.05, "at most 0.05"),
        ),
        Row(
            f"memory of a batch of {BATCH:,} while it is exported, on top of the queue",
            "KiB",
            encoding / 1024,
        ),
        Row(f"growth in a soak of {seconds} s", "KiB/min", a_minute / 1024),
        Row(
            f"growth for each event that passed in {seconds} s",
            "B",
            an_event,
            wanted=at_most(8, "at most 8 B"),
            is_conclusive=not is_quick,
        ),
    )
    return Result("memory", rows)


def _fill(queue: int) -> tuple[float, float]:
    """Return the bytes of a full queue, and the growth in bytes while it refuses as many events again.

    Args:
        queue: the number of events.
    """
    os.environ["OTEL_BSP_MAX_QUEUE_SIZE"] = str(queue)
    gate = _Gate()
    provider = TracerProvider()
    running = install(settings(), provider=provider, sink=gate)
    _record(provider, BATCH)  # one-time allocations, and a batch that blocks the export thread
    gate.is_waited_for.wait()
    empty = _resident()
    _record(provider, queue)
    full = _resident()
    _record(provider, queue)
    overfull = _resident()
    refused = running.counters.totals().get(Reason.QUEUE_FULL, 0)
    if not queue <= refused <= queue + BATCH:
        msg = f"{refused} of {queue} events were refused"
        raise LeakyQueueError(msg)
    gate.open.set()
    provider.shutdown()
    return full - empty, overfull - full


def _export() -> int:
    """Return the bytes that the export of a batch takes at its peak."""
    queued = QueuedEvents()
    with kept_bodies() as (url, _):
        exporter = PostHogSpanExporter(settings=settings(url))
        exporter.export(queued.batch())  # one-time allocations
        batch = queued.batch()
        gc.collect()
        tracemalloc.start()
        exporter.export(batch)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        exporter.shutdown()
    return peak


def _soak(seconds: float) -> tuple[float, float]:
    """Return the growth of the process in bytes per minute and in bytes per event."""
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        install(settings(inspector.url), provider=provider)
        times: list[float] = []
        sizes: list[float] = []
        passed = 0
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            _record(provider, _BURST)
            passed += _BURST
            if now >= seconds / 3 and (not times or now - times[-1] >= seconds / 60):
                times.append(now)
                sizes.append(_resident())
            time.sleep(_PAUSE)
        flush()
        arrived = inspector.all()["good"]
        provider.shutdown()
    if arrived != passed:
        msg = f"{arrived} of {passed} events arrived"
        raise LeakyQueueError(msg)
    slope = statistics.linear_regression(times, sizes).slope
    return slope * 60, slope * seconds / passed


def _record(provider: TracerProvider, count: int) -> None:
    tracer = provider.get_tracer("benchmarks")
    for number in range(count):
        identity = identity_of(number)
        attributes = {**identity.attributes(GROUPS), "http.route": "sync/", "http.status_code": 200}
        with (
            identified(FixedIdentity(identity)),
            tracer.start_as_current_span("GET sync/", attributes=attributes),
        ):
            record(SyncFinished(**properties(number)))


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
