"""What the figures mean for a product of 100 requests/s, as the first section of `docs/performance.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks._batch_sizes import BATCH, SECOND

__all__ = ["meaning"]

_QUEUE = 10_000  # our default for `OTEL_BSP_MAX_QUEUE_SIZE`
_SPANS = 12  # of a request: its own, ten client spans, and one for PostHog
_DAY = 86_400


def meaning(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Return the lines of the section.

    Args:
        rows: the rows of `results.json` by their texts.
    """
    request = rows["a Django request with one event to plain OpenTelemetry's, CPU in its thread"]
    posthogs = rows["the same to PostHog's middleware and capture(), beside OpenTelemetry"]
    plain = request["theirs"]
    # By the ratio: its sides were measured next to each other.
    ours, theirs = plain * (request["ratio"] - 1), posthogs["theirs"] - plain
    export = rows[f"CPU of export in batches of {SECOND} to batches of {BATCH:,}"]["ours"]
    sent = rows[f"bytes sent for an event, in batches of {SECOND}"]["ours"]
    waiting = next(row["ours"] for what, row in rows.items() if what.startswith("memory of an event that"))
    peak = rows[f"memory of a batch of {BATCH:,} while it is exported, on top of the queue"]["ours"] * 1024
    bridge = rows["CPU of one bridge, to November's"]["ours"]
    collector = rows["the Collector, CPU a span (traces and events)"]["ours"]
    yield "## For a product of 100 requests/s\n"
    yield "Each request records one event about a signed-in person, and its trace is sampled."
    yield "What is added to plain OpenTelemetry, which adds the same event to its span without an identity:\n"
    yield "| what | an event | at 100 requests/s |"
    yield "|---|---:|---:|"
    yield _cpu("CPU of the threads that answer requests", ours)
    yield _cpu("the same with PostHog's middleware and `capture()` instead of this pipeline", theirs)
    yield _cpu("CPU of the export thread, which sends a batch each second", export)
    yield _memory("memory of the events that wait for a second", waiting, SECOND)
    yield _memory(f"memory of a full batch of {BATCH:,}: its events", waiting, BATCH)
    yield _memory("the same while it is exported, in addition", peak / BATCH, BATCH)
    yield _memory(f"memory of a full queue of {_QUEUE:,}, while PostHog is unreachable", waiting, _QUEUE)
    yield (
        f"| network, gzipped | {sent:.0f} B | {sent * SECOND / 1e3:.1f} kB/s, "
        f"{sent * SECOND * _DAY / 1e9:.2f} GB a day |"
    )
    yield _cpu("CPU of a bridge, with `POSTHOG_VIA=collector`", bridge)
    traces = f"{_SPANS} spans a request, {_SPANS - 1} of them its trace"
    yield _cpu(f"CPU of the Collector, for {traces}", collector * _SPANS)
    yield ""
    share = 1 - 1 / request["ratio"]
    yield f"A request that does nothing else takes {plain:,.0f} µs with plain OpenTelemetry; of what it takes"
    yield f"with this pipeline, {share:.0%} are the pipeline's. A request that waits for a database for"
    yield "milliseconds does not notice it.\n"


def _cpu(what: str, micros: float) -> str:
    return f"| {what} | {micros:,.0f} µs | {micros * SECOND / 1e4:.2f} % of a core |"


def _memory(what: str, an_event: float, events: int) -> str:
    size = an_event * events / 1024
    text = f"{size:,.0f} KiB" if size < 1024 else f"{size / 1024:,.1f} MiB"
    return f"| {what} | {an_event:,.0f} B | {text} |"
