"""Deadlines apply even if the server hangs, and another thread can bring them forward."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from otel.delivery.http.client import Undelivered
from otel.delivery.posthog.client import PostHogClient
from otel.reasons import Reason
from tests.otel.delivery.conftest import REAL_TIME, TOLERANCE, MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted, Step


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def started(
    pool: ThreadPoolExecutor, delivery: PostHogClient, server: Scripted
) -> Future[tuple[Undelivered, ...]]:
    """Start a delivery in a thread; return once the server received the request."""
    server.arrived.clear()
    running = pool.submit(delivery.deliver, captures("a"))
    assert server.arrived.wait(5)
    return running


def test_a_server_that_hangs_is_bounded_by_the_deadline(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda _: Step(hang=True)
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    begin = time.monotonic()
    (loss,) = delivery.deliver(captures("a"), begin + 0.3)
    assert 0.25 < time.monotonic() - begin < 0.3 + TOLERANCE
    assert loss.reason is Reason.UNDELIVERED


@pytest.mark.parametrize("drip", [0.05, 60])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["kept", "closed"])
def test_an_answer_that_drips_or_stalls_is_bounded_by_the_deadline(
    drip: float, headers: dict[str, str], server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda _: Step(body=b"x" * 1_000, drip=drip, headers=headers)
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    begin = time.monotonic()
    (loss,) = delivery.deliver(captures("a"), begin + 0.3)
    assert time.monotonic() - begin < 0.3 + TOLERANCE
    assert loss.reason is Reason.UNDELIVERED


@pytest.mark.parametrize("step", [Step(503), Step(hang=True)], ids=["between attempts", "during a request"])
def test_an_interrupt_ends_a_delivery_immediately(
    step: Step, server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    server.respond = lambda _: step
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    running = started(pool, delivery, server)
    time.sleep(0.05)
    begin = time.monotonic()
    delivery.interrupt(begin)
    (loss,) = running.result(5)
    assert time.monotonic() - begin < TOLERANCE
    assert loss.reason is Reason.SHUTDOWN


def test_an_interrupt_also_ends_a_request_on_a_kept_connection(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    assert delivery.deliver(captures("warm")) == ()
    server.respond = lambda _: Step(hang=True)
    running = started(pool, delivery, server)
    begin = time.monotonic()
    delivery.interrupt(begin)
    (loss,) = running.result(5)
    assert time.monotonic() - begin < TOLERANCE
    assert loss.reason is Reason.SHUTDOWN
    assert len(server.asked) == 2


def test_an_interrupt_lets_a_request_continue_until_its_deadline(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    server.respond = lambda _: Step(hang=True)
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    running = started(pool, delivery, server)
    begin = time.monotonic()
    delivery.interrupt(begin + 0.3)
    (loss,) = running.result(5)
    assert 0.25 < time.monotonic() - begin < 0.3 + TOLERANCE
    assert loss.reason is Reason.SHUTDOWN


def test_an_interrupt_leaves_time_to_succeed(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    server.steps.append(Step(503))
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    running = started(pool, delivery, server)
    delivery.interrupt(time.monotonic() + 5)
    assert running.result(5) == ()


def test_an_interrupt_with_a_later_deadline_does_not_extend_a_delivery(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    server.respond = lambda _: Step(hang=True)
    delivery = make_delivery(server.url, timeout=0.3, real_time=REAL_TIME)
    begin = time.monotonic()
    running = started(pool, delivery, server)
    delivery.interrupt(begin + 60)
    (loss,) = running.result(5)
    assert time.monotonic() - begin < 0.3 + TOLERANCE
    assert loss.reason is Reason.UNDELIVERED


def test_close_ends_current_and_later_deliveries(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    server.respond = lambda _: Step(hang=True)
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    running = started(pool, delivery, server)
    begin = time.monotonic()
    delivery.close()
    assert [loss.reason for loss in running.result(5)] == [Reason.SHUTDOWN]
    assert [loss.reason for loss in delivery.deliver(captures("b", "c"))] == [Reason.SHUTDOWN] * 2
    assert time.monotonic() - begin < TOLERANCE


def test_threads_deliver_in_parallel(
    server: Scripted, make_delivery: MakeDelivery, pool: ThreadPoolExecutor
) -> None:
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    names = [f"event {number}" for number in range(64)]
    assert set(pool.map(lambda name: delivery.deliver(captures(name)), names)) == {()}
    assert sorted(name for asked in server.asked for name in asked.events) == sorted(names)


def test_a_delivery_that_starts_after_an_interrupt_ends_by_its_deadline(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda _: Step(hang=True)
    delivery = make_delivery(server.url, real_time=REAL_TIME)
    begin = time.monotonic()
    delivery.interrupt(begin + 0.3)
    (loss,) = delivery.deliver(captures("a"))
    assert time.monotonic() - begin < 0.3 + TOLERANCE
    assert loss.reason is Reason.SHUTDOWN
