"""An unsampled span tree of a request compared with a sampled one, both with our pipeline.

A tree has one SERVER span, ten CLIENT spans with ten attributes each, and two events from `record`. Both ways
have the SREs' stock BatchSpanProcessor with an exporter that discards spans; the two tracers of one provider
differ only in the sampler. The benchmark measures CPU time in the request's thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind, Tracer

from benchmarks._content import GROUPS, QUERY, SyncFinished, identity_of, properties, settings
from benchmarks._result import Result, Row, at_most
from benchmarks._sink import Nowhere, NowhereExporter
from benchmarks._timing import in_turn
from otel import RecordingSampler, flush, install, record
from otel.identity import FixedIdentity, identified

__all__ = ["measure"]

_TREES = 100
_QUERIES = 10


def measure(*, is_quick: bool) -> Result:
    """Compare the two trees.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rounds = 5 if is_quick else 60
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NowhereExporter()))
    install(settings(), provider=provider, sink=Nowhere())
    ways = {}
    for way, sampler in (("sampled", ALWAYS_ON), ("unsampled", ALWAYS_OFF)):
        provider.sampler = RecordingSampler(ParentBased(sampler))  # each new tracer reads it
        ways[way] = _trees(provider.get_tracer(way))
    found = in_turn(rounds, ways)
    provider.shutdown()
    row = Row(
        "a request's unsampled tree to a sampled one: 1 server, 10 client spans, 2 events",
        "µs",
        found.median("unsampled"),
        found.median("sampled"),
        found.ratio("unsampled", to="sampled"),
        at_most(0.5, "at most 0.5 x"),
    )
    return Result("unsampled", (row,))


def _trees(tracer: Tracer) -> Callable[[], float]:
    def once() -> float:
        spent = 0.0
        for number in range(_TREES):
            identity = identity_of(number)
            with identified(FixedIdentity(identity)):
                began = time.thread_time()
                with tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER) as server:
                    for _ in range(_QUERIES):
                        with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT, attributes=QUERY):
                            pass
                    record(SyncFinished(**properties(number)))
                    record(SyncFinished(**properties(number + 1)))
                    server.set_attributes(identity.attributes(GROUPS))
                spent += time.thread_time() - began
        flush()
        return spent / _TREES * 1e6

    return once
