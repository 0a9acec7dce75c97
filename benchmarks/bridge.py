"""Events per second through one to four bridges, compared with the exporter in the process.

Requests contain 1,024 spans with one event each, as the product sends them: about 512 KiB before gzip, the
size from which `collector-config.yaml` makes the Collector send. They are sent on eight connections like the
Collector's, which are distributed over the replicas. A replica is the bridge's own program. In the process,
the same events are exported in our batches, as OpenTelemetry's export thread does. Both deliver to one
inspector in its own process, and only events that the inspector counted count here.

One goal is relative to the bridge of November 2026: `benchmarks/_floor.py` has its cost in floors.

The Collector's published figure is a vendor's rule of thumb, 15,000 spans/s per core (Splunk's sizing). A
bridge is compared with it by its CPU time per event.

CPU time covers all threads of a process, summed over the replicas: it decides how many cores the replicas
need. On a machine with two cores, the sender and the inspector share the cores with the replicas, so the cost
of further replicas shows in their CPU time per event and not in their rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from opentelemetry.sdk.trace import TracerProvider

from benchmarks._batch_sizes import BATCH
from benchmarks._batches import QueuedEvents
from benchmarks._content import settings
from benchmarks._floor import Floor
from benchmarks._goals import GOALS
from benchmarks._november import NOVEMBERS_BRIDGE
from benchmarks._replica import Replica, replicas
from benchmarks._result import Result, Row
from benchmarks._sender import NotTakenError, body_of, request_of_events, send
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn, spread
from otel import install
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.inspector.running import RunningInspector

__all__ = ["measure", "of_a_core"]

_REQUEST = 1_024  # this many small spans fill `min_size` of the Collector's queue to the bridge
_CONNECTIONS = 8  # `num_consumers` of that queue
_REQUESTS = 24
_REPLICAS = (1, 2, 3, 4)
# The rest of a core is reserved for retries after an outage and for bursts.
_SHARE_OF_A_CORE = 0.6
_EXPORTED = _REQUESTS * _REQUEST // BATCH // 2  # batches
_DAY = 86_400
_PUBLISHED = 15_000  # spans/s per core
_NOTE = (
    "a day's figure is computed from the CPU an event, nothing ran for a day; sender and inspector share the "
    "cores with the bridges, so that on two cores the CPU an event says what more of them cost, not the rate"
)


def measure(*, is_quick: bool) -> Result:
    """Compare the rates, and the CPU time per event.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 2 if is_quick else 10
    with discarding_inspector() as inspector:
        provider = TracerProvider()
        pipeline = install(settings(inspector.url), provider=provider)
        if not isinstance(pipeline.exporter, PostHogSpanExporter):
            raise NotTakenError(inspector.url)
        exporter = pipeline.exporter
        queued = QueuedEvents()
        floor = Floor(inspector.url, queued).timed(_EXPORTED)
        bodies = [body_of(request_of_events(queued, _REQUEST)) for _ in range(_REQUESTS)]
        with replicas(max(_REPLICAS), inspector.url) as running:
            cpu: dict[str, list[float]] = {}
            ways = {
                "in the process": _exported(exporter, queued, cpu.setdefault("in the process", [])),
                "floor": floor,
            }
            for count in _REPLICAS:
                used = cpu.setdefault(str(count), [])
                ways[str(count)] = _sent(running[:count], bodies, inspector, used)
            rates = in_turn(rounds, ways)
            memory = max(replica.memory() for replica in running)
        provider.shutdown()
    after_warm_up = {way: values[1:] for way, values in cpu.items()}
    # November's bridge on this machine, round by round.
    november = [NOVEMBERS_BRIDGE * one for one in rates.values["floor"]]
    used_cpu = Rounds({**after_warm_up, "november": november})
    return Result("bridge", tuple(_rows(rates, used_cpu, memory)), _NOTE)


def of_a_core(what: str, cpu: Sequence[float]) -> Row:
    """Return how many spans a whole core handles, compared with the Collector's published figure.

    Args:
        what: the measured program, as a text for the table.
        cpu: µs per span, by round.
    """
    figure = spread([1e6 / one for one in cpu])
    ratio = spread([1e6 / one / _PUBLISHED for one in cpu])
    return Row(f"{what}: a whole core, to the published figure", "spans/s", figure.median, _PUBLISHED, ratio)


def _rows(rates: Rounds, cpu: Rounds, memory: int) -> Iterator[Row]:
    yield Row(
        "one bridge to the export in the process",
        "events/s",
        rates.median("1"),
        rates.median("in the process"),
        rates.ratio("1", to="in the process"),
    )
    yield Row(
        "CPU, one bridge to the export in the process",
        "µs/event",
        cpu.median("1"),
        cpu.median("in the process"),
        cpu.ratio("1", to="in the process"),
    )
    what = "CPU of one bridge, to November's"
    ratio = cpu.ratio("1", to="november")
    yield Row(what, "µs/event", cpu.median("1"), cpu.median("november"), ratio, GOALS[what])
    for count in _REPLICAS[1:]:
        way = str(count)
        yield Row(
            f"{count} bridges to one",
            "events/s",
            rates.median(way),
            rates.median("1"),
            rates.ratio(way, to="1"),
        )
        yield Row(
            f"CPU, {count} bridges to one",
            "µs/event",
            cpu.median(way),
            cpu.median("1"),
            cpu.ratio(way, to="1"),
        )
    yield of_a_core("one bridge", cpu.values["1"])
    a_day = _DAY * _SHARE_OF_A_CORE * 1e6 / cpu.median("1") / 1e6
    yield Row(
        f"what one bridge carries at {_SHARE_OF_A_CORE:.0%} of a core, by its CPU an event",
        "million events/day",
        a_day,
    )
    yield Row("memory of a bridge after it", "MiB", memory / 2**20)


def _exported(exporter: PostHogSpanExporter, queued: QueuedEvents, cpu: list[float]) -> Callable[[], float]:
    """Return a function that measures events per second, and appends the CPU µs per event to `cpu`."""

    def once() -> float:
        took = used = 0.0
        for _ in range(_EXPORTED):
            events = queued.batch()
            used_before, began = time.process_time(), time.perf_counter()
            exporter.export(events)
            took += time.perf_counter() - began
            used += time.process_time() - used_before
        cpu.append(used / (_EXPORTED * BATCH) * 1e6)
        return _EXPORTED * BATCH / took

    return once


def _sent(
    running: Sequence[Replica], bodies: Sequence[bytes], inspector: RunningInspector, cpu: list[float]
) -> Callable[[], float]:
    """Return a function that measures replicas in the same way as `_exported`."""
    count = len(bodies) * _REQUEST

    def once() -> float:
        counted_before = inspector.all()["good"]
        used_before, began = sum(one.cpu() for one in running), time.perf_counter()
        send([one.url for one in running], bodies, _CONNECTIONS)
        took = time.perf_counter() - began
        cpu.append((sum(one.cpu() for one in running) - used_before) / count * 1e6)
        arrived = inspector.all()["good"] - counted_before
        if arrived != count:
            msg = f"{arrived} of {count} events arrived"
            raise NotTakenError(msg)
        return count / took

    return once
