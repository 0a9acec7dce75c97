"""Load on the host project: requests whose events are recognized by the trace id of each request."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import Server, traceparent

__all__ = ["Recorded", "loading", "shipped"]

# The trace id and the number of each recorded parcel.
Recorded = set[tuple[str, int]]

_CLIENTS = 2
_EVENTS = 5
# Seconds between two requests of a client: about two hundred events a second, which leaves the machine time.
_PAUSE = 0.03


@contextmanager
def loading(server: Server) -> Iterator[Recorded]:
    """Send requests to a server until the block ends; yield a set that grows with each answered request."""
    recorded: Recorded = set()
    is_over = threading.Event()
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            while not is_over.wait(_PAUSE):
                trace = secrets.token_hex(16)
                answer = server.get(
                    f"/ship/?count={_EVENTS}", traceparent(trace, secrets.choice(["00", "01"]))
                )
                assert answer.body == b"shipped"
                recorded.update((trace, number) for number in range(_EVENTS))
        except BaseException as error:  # noqa: BLE001 - checked in the test's own thread
            problems.append(error)

    clients = [threading.Thread(target=ask) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        _wait_for_some(recorded)
        yield recorded
        _wait_for_some(recorded)
    finally:
        is_over.set()
        for client in clients:
            client.join()
    assert problems == []


def shipped(inspector: RunningInspector) -> list[tuple[str, int]]:
    """Return the parcels that arrived in the form of `Recorded`, one entry for each capture."""
    return sorted(
        (one["properties"]["$trace_id"], one["properties"]["number"])
        for one in inspector.good("parcel_shipped")
    )


def _wait_for_some(recorded: Recorded) -> None:
    """Wait until twenty more requests have been answered."""
    enough = len(recorded) + 20 * _EVENTS
    deadline = time.monotonic() + 30
    while len(recorded) < enough and time.monotonic() < deadline:
        time.sleep(0.02)
