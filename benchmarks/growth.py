"""The cost of an event as the queue grows to 100,000 events, and the taxonomy to 3,000 declared events.

An event is recorded in a span of ten, waits, is mapped and discarded. CPU time covers the whole process, with
what the garbage collector takes for the objects that wait. What follows, encoding and sending, depends on
neither. The queue: the export thread is held by a sink that does not return until the queue has the given
length. The taxonomy: events of the given number of declarations are recorded in turn, which are alike but for
their names, and 2,048 wait. Each size has its own process, and the processes take turns.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import cast

from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.trace import TracerProvider

from benchmarks._batch_sizes import BATCH
from benchmarks._content import SyncFinished, identity_of, properties, settings
from benchmarks._growth_rows import QUEUES, TAXONOMIES, queue_row, taxonomy_row
from benchmarks._processes import own_process
from benchmarks._result import Result, Row
from benchmarks._timing import Rounds, in_turn
from otel import event, flush, install, record
from otel.envelope import Capture
from otel.events import Registry, default_registry
from otel.identity import FixedIdentity, identified

__all__ = ["measure"]

_EVENTS_A_SPAN = 10
_LEAST = 10_000  # events in a measurement

Measured = Callable[[], float]

_measured: Measured | None = None


class _Gate:
    """A sink that holds the export thread until the gate opens, and discards captures. Thread-safe."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[()]:  # noqa: ARG002
        """Wait until the gate is open."""
        self.open.wait()
        return ()

    def interrupt(self, deadline: float) -> None:
        """Do nothing: the gate ends all waits."""

    def close(self) -> None:
        """Do nothing: there are no resources to release."""


def measure(*, is_quick: bool) -> Result:
    """Measure each size.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds, queues = (2, QUEUES[:-1]) if is_quick else (10, QUEUES)
    sizes = [(queue_row(size), size, 1) for size in queues]
    sizes += ((taxonomy_row(size), BATCH, size) for size in TAXONOMIES)
    with ExitStack() as stack:
        ways = {}
        for what, waiting, declared in sizes:
            process = stack.enter_context(own_process())
            process.submit(_set_up, waiting, declared).result()
            ways[what] = _ask(process)
        found = in_turn(rounds, ways)
    rows = [*_rows(found, [queue_row(size) for size in queues])]
    rows += _rows(found, [taxonomy_row(size) for size in TAXONOMIES])
    return Result("growth", tuple(rows))


def _rows(found: Rounds, sizes: Sequence[str]) -> Iterator[Row]:
    smallest, *larger = sizes
    yield Row(smallest, "µs/event", found.median(smallest))
    for size in larger:
        ratio = found.ratio(size, to=smallest)
        yield Row(size, "µs/event", found.median(size), found.median(smallest), ratio)


def _ask(process: ProcessPoolExecutor) -> Measured:
    return lambda: process.submit(_measure).result()


def _measure() -> float:
    if _measured is None:
        raise RuntimeError
    return _measured()


def _set_up(waiting: int, declared: int) -> None:
    """Install the pipeline of a size in this process."""
    global _measured
    # The batch that the export thread already holds is not in the queue any more.
    os.environ[OTEL_BSP_MAX_QUEUE_SIZE] = str(max(QUEUES) + BATCH)
    registry, kinds = default_registry, [SyncFinished]
    if declared > 1:
        registry = Registry()
        kinds = [_declare(number, registry) for number in range(declared)]
    gate = _Gate()
    provider = TracerProvider()
    install(settings(), registry=registry, provider=provider, sink=gate)
    tracer = provider.get_tracer("benchmarks")

    def once() -> float:
        began = time.process_time()
        count = 0
        while count < _LEAST:
            gate.open.clear()
            for first in range(count, count + waiting, _EVENTS_A_SPAN):
                last = min(first + _EVENTS_A_SPAN, count + waiting)
                identity = FixedIdentity(identity_of(first))
                with identified(identity), tracer.start_as_current_span("GET sync/"):
                    for number in range(first, last):
                        record(kinds[number % len(kinds)](**properties(number)))
            gate.open.set()
            if not flush(60):
                raise RuntimeError(waiting)
            count += waiting
        return (time.process_time() - began) / count * 1e6

    _measured = once


def _declare(number: int, registry: Registry) -> type[SyncFinished]:
    """Declare an event like `SyncFinished`, with another name."""
    body = {name: vars(SyncFinished)[name] for name in ("__annotations__", "__doc__", "__module__")}
    made = cast("type[SyncFinished]", type(f"SyncFinished{number}", SyncFinished.__bases__, body))
    declare = event(f"benchmark_sync_{number}_finished", tier=1, owner="benchmarks", registry=registry)
    return declare(made)
