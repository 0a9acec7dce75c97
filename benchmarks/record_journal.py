"""`record()` with the journal compared with `posthog.capture()`, in the thread that answers a request.

The journal writes when the event is recorded, so the call is the whole cost: the end of the span writes
nothing. One event on a span is the usual request, where each event has its own identity; ten share one.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from opentelemetry.sdk.environment_variables import OTEL_BSP_SCHEDULE_DELAY
from opentelemetry.sdk.trace import TracerProvider
from posthog import Posthog

from benchmarks._content import settings
from benchmarks._goals import GOALS
from benchmarks._result import Result, Row
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn
from benchmarks.record import capturing, recording
from otel import install

__all__ = ["measure"]

_CALLS = 200
_CLOCKS = {"CPU": time.thread_time, "wall": time.perf_counter}
_WORDS = {1: "one on a span", 10: "ten on a span"}


def measure(*, is_quick: bool) -> Result:
    """Compare the two calls, with one event and with ten on a span.

    Args:
        is_quick: whether to run only a few rounds.
    """
    # Export only in the flush between measurements: the journal's reader shares a lock with its writer.
    os.environ[OTEL_BSP_SCHEDULE_DELAY] = "60000"
    with discarding_inspector() as inspector, tempfile.TemporaryDirectory() as folder:
        provider = TracerProvider()
        install(settings(inspector.url).replace(journal=Path(folder)), provider=provider)
        client = Posthog("phc_benchmark", host=inspector.url, max_queue_size=100_000)
        ways = {}
        for name, clock in _CLOCKS.items():
            ways[f"capture {name}"] = capturing(client, clock, _CALLS, 1)
            for events in _WORDS:
                ways[f"{events} {name}"] = recording(provider, clock, _CALLS // events, events)
        found = in_turn(10 if is_quick else 100, ways)
        provider.shutdown()
        client.shutdown()
    rows = [_row(found, events, name) for events in _WORDS for name in _CLOCKS]
    return Result("record_journal", tuple(rows), "the journal is on the disk of the temporary folder")


def _row(found: Rounds, events: int, clock: str) -> Row:
    ours, theirs = f"{events} {clock}", f"capture {clock}"
    what = f"capture() to record() with the journal, {_WORDS[events]}"
    if clock == "wall":
        what += ", wall time"
    ratio = found.ratio(theirs, to=ours)
    return Row(what, "µs", found.median(ours), found.median(theirs), ratio, GOALS.get(what))
