"""`python -m tests.collector.programs.shipping COUNT`: ship parcels, and print the counts by outcome."""

from __future__ import annotations

import json
import sys

from opentelemetry import trace

from otel import pipeline, record
from tests.host.events import ParcelShipped

__all__: list[str] = []

if __name__ == "__main__":
    installed = pipeline.install()
    tracer = trace.get_tracer("shipping")
    for number in range(int(sys.argv[1])):
        with tracer.start_as_current_span("ship"):
            record(ParcelShipped(number=number))
    pipeline.flush()
    if installed.processor is not None:
        installed.processor.shutdown()
    print(json.dumps(installed.counters.totals()))
