"""Load: requests to the host project, each with a trace of its own by which its events are known again."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import Server, traceparent

__all__ = ["Recorded", "loading", "shipped"]

# The trace's id and the parcel's number.
Recorded = set[tuple[str, int]]

_CLIENTS = 2
_EVENTS = 5
# Seconds between two requests of a client: some two hundred events a second, as the machine has more to do.
_PAUSE = 0.03


@contextmanager
def loading(server: Server) -> Iterator[Recorded]:
    """Ask a server as long as the block; what is given grows with what answered requests have recorded."""
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
        except BaseException as error:  # noqa: BLE001 - raised in the test's own thread
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
    """Return what arrived in the form of what was recorded, each capture once."""
    return sorted(
        (one["properties"]["$trace_id"], one["properties"]["number"])
        for one in inspector.good("parcel_shipped")
    )


def _wait_for_some(recorded: Recorded) -> None:
    """Let the load go on for twenty requests."""
    enough = len(recorded) + 20 * _EVENTS
    deadline = time.monotonic() + 30
    while len(recorded) < enough and time.monotonic() < deadline:
        time.sleep(0.02)
