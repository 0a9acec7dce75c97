"""Ship parcels one after another, and write each number to a side file once its span has ended.

`shipping.py SIDE FIRST COUNT [HOW]`: COUNT is the number of parcels, or -1 to ship until killed. HOW is
`fork`, to ship in a child process as well, or `small`, to limit files to a few kilobytes like a full disk.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from itertools import count

from opentelemetry import trace

from otel import install, record
from otel.settings import Settings
from tests.otel.shop import REGISTRY, ParcelShipped


def ship(side: int, first: int, total: int) -> None:
    tracer = trace.get_tracer("tests")
    for number in count(first) if total < 0 else range(first, first + total):
        with tracer.start_as_current_span("request"):
            record(ParcelShipped(number=number))
        os.write(side, f"{number}\n".encode())
        time.sleep(0.0005)


def main() -> None:
    path, first, total, *how = sys.argv[1:]
    side = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if "small" in how:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
    install(Settings.from_environ(), registry=REGISTRY)
    if "fork" in how:
        ship(side, int(first) + 1_000_000, 3)  # so that the child inherits a segment with events
        if os.fork() == 0:
            ship(side, int(first) + 500_000, int(total))
            time.sleep(60)
    ship(side, int(first), int(total))
    if "fork" in how:
        time.sleep(60)


if __name__ == "__main__":
    main()
