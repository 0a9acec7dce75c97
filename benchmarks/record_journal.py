"""`record()` plus the journal's work at the end of the span, compared with `posthog.capture()`.

The journal writes when the span ends. Its share is therefore the additional time of a span with one or ten
events with the journal, compared with the time without it; the time of the `record` calls is added. Wall time
is the time that the request waits; CPU time covers only the request's thread.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from posthog import Posthog

from benchmarks._content import (
    EVENT,
    GROUPS,
    IDENTITY,
    OneIdentity,
    SyncFinished,
    properties,
    settings,
)
from benchmarks._result import Result, Row, at_least
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn
from otel import PostHogSpanExporter, PostHogSpanProcessor, RecordingSampler, Settings, install, record
from otel.identity import identified

__all__ = ["measure"]

_CALLS = 200
_CLOCKS: dict[str, Callable[[], float]] = {"CPU": time.thread_time, "wall": time.perf_counter}


def measure(*, is_quick: bool) -> Result:
    """Compare the two calls, with one event and with ten on a span.

    Args:
        is_quick: whether to run only a few rounds.
    """
    install(Settings(groups=GROUPS), provider=TracerProvider())
    with discarding_inspector() as inspector, tempfile.TemporaryDirectory() as folder:
        base = settings(inspector.url)
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        with _provider(base) as plain, _provider(base.replace(journal=Path(folder))) as journaled:
            ways = {}
            for name, clock in _CLOCKS.items():
                ways[f"capture {name}"] = _capture(client, clock)
                for count in (1, 10):
                    ways[f"record {count} {name}"] = _records(plain, clock, count)
                    ways[f"plain {count} {name}"] = _spans(plain, clock, count)
                    ways[f"journaled {count} {name}"] = _spans(journaled, clock, count)
            found = in_turn(5 if is_quick else 60, ways)
        client.shutdown()
    rows = [_row(found, count, name) for count in (1, 10) for name in _CLOCKS]
    return Result("record_journal", tuple(rows), "the journal is on the disk of the temporary folder")


def _row(found: Rounds, count: int, clock: str) -> Row:
    of = found.values
    three = zip(
        of[f"record {count} {clock}"],
        of[f"journaled {count} {clock}"],
        of[f"plain {count} {clock}"],
        strict=True,
    )
    both = Rounds({**of, "both": [calls + journaled - plain for calls, journaled, plain in three]})
    return Row(
        f"posthog.capture() to record() with the journal, {count} on a span, {clock} time",
        "µs",
        both.median("both"),
        both.median(f"capture {clock}"),
        both.ratio(f"capture {clock}", to="both"),
        at_least(4, "at least 4 x"),
    )


@contextmanager
def _provider(settings: Settings) -> Iterator[TracerProvider]:
    provider = TracerProvider()
    provider.sampler = RecordingSampler(provider.sampler)
    exporter = PostHogSpanExporter(settings=settings)
    provider.add_span_processor(
        PostHogSpanProcessor(
            exporter,
            groups=settings.groups,
            flush_timeout=settings.flush_timeout,
            # Export only in the flush between measurements: only the request's thread is measured.
            schedule_delay_millis=60_000,
        )
    )
    yield provider
    provider.shutdown()


def _spans(provider: TracerProvider, clock: Callable[[], float], count: int) -> Callable[[], float]:
    """Return a function that measures whole spans, from start to end."""
    tracer = provider.get_tracer("benchmarks")

    def once() -> float:
        spent = 0.0
        with identified(OneIdentity()):
            for _ in range(_CALLS // count):
                given = [SyncFinished(**properties(number)) for number in range(count)]
                began = clock()
                with tracer.start_as_current_span("GET /"):
                    for one in given:
                        record(one)
                spent += clock() - began
        provider.force_flush()
        return spent / _CALLS * 1e6

    return once


def _records(provider: TracerProvider, clock: Callable[[], float], count: int) -> Callable[[], float]:
    """Return a function that measures the calls, including the construction of events from a dict."""
    tracer = provider.get_tracer("benchmarks")

    def once() -> float:
        spent = 0.0
        with identified(OneIdentity()):
            for _ in range(_CALLS // count):
                given = [properties(number) for number in range(count)]
                with tracer.start_as_current_span("GET /"):
                    began = clock()
                    for one in given:
                        record(SyncFinished(**one))
                    spent += clock() - began
        provider.force_flush()
        return spent / _CALLS * 1e6

    return once


def _capture(client: Posthog, clock: Callable[[], float]) -> Callable[[], float]:
    groups = dict(IDENTITY.groups)

    def once() -> float:
        given = [{**properties(number), "$session_id": IDENTITY.session_id} for number in range(_CALLS)]
        began = clock()
        for one in given:
            client.capture(EVENT, distinct_id=IDENTITY.distinct_id, properties=one, groups=groups)
        spent = clock() - began
        client.flush()
        return spent / _CALLS * 1e6

    return once
