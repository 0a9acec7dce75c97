"""After a fork, parent and child both deliver, each over its own connections."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from otel.delivery.http.client import Undelivered
from otel.inspector.running import RunningInspector
from tests.otel.delivery.conftest import REAL_TIME, MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted, Step

pytestmark = pytest.mark.slow


def fork(work: Callable[[], tuple[Undelivered, ...]]) -> int:
    """Run work in a child, which exits with 0 if nothing was lost; return its process id."""
    child = os.fork()
    if child:
        return child
    try:
        os._exit(0 if work() == () else 1)
    finally:
        os._exit(2)


def exit_code(child: int) -> int:
    """Wait up to 10 s for a child; return its exit code, or -1 after killing it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


def test_parent_and_child_deliver_over_a_warm_pool(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    delivery = make_delivery(inspector.url, real_time=REAL_TIME)
    batch = captures(*(f"event {number}" for number in range(101)))
    assert delivery.deliver(batch[:1]) == ()

    def one_by_one(first: int) -> tuple[Undelivered, ...]:
        return tuple(loss for index in range(first, 101, 4) for loss in delivery.deliver([batch[index]]))

    children = [fork(partial(one_by_one, first)) for first in (1, 2, 3)]
    assert one_by_one(4) == ()
    assert [exit_code(child) for child in children] == [0, 0, 0]
    counts = inspector.all()
    assert (counts["good"], counts["bad"], counts["duplicates"]) == (101, 0, 0)


def test_a_child_does_not_use_its_parents_connection(server: Scripted, make_delivery: MakeDelivery) -> None:
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    delivery.deliver(captures("parent"))
    child = fork(lambda: delivery.deliver(captures("child")))
    assert exit_code(child) == 0
    delivery.deliver(captures("parent"))
    ports = {
        name: {asked.port for asked in server.asked if name in asked.events} for name in ("parent", "child")
    }
    assert len(ports["parent"]) == len(ports["child"]) == 1
    assert ports["parent"] != ports["child"]


def test_a_child_forked_during_a_delivery_leaves_it_to_the_parent(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.append(Step(body=b"x" * 10, drip=0.05))
    delivery = make_delivery(server.url, real_time=REAL_TIME)

    def in_child() -> tuple[Undelivered, ...]:
        losses = delivery.deliver(captures("child"))
        delivery.interrupt(time.monotonic())
        return losses

    with ThreadPoolExecutor() as pool:
        running = pool.submit(delivery.deliver, captures("parent"))
        assert server.arrived.wait(5)
        child = fork(in_child)
        assert exit_code(child) == 0
        assert running.result(5) == ()
    assert [asked.events for asked in server.asked] == [["parent"], ["child"]]
