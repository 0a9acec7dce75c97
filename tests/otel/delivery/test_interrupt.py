"""Deadlines hold against servers that hang, and can be brought forward from another thread."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from otel.delivery import Delivery, Loss
from otel.reasons import Reason
from tests.otel.delivery.conftest import MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted, Step


@pytest.fixture
def deliver_in_thread() -> Callable[..., Future[tuple[Loss, ...]]]:
    with ThreadPoolExecutor() as pool:
        yield lambda delivery, *names: pool.submit(delivery.deliver, captures(*names))


@pytest.fixture
def in_real_time(make_delivery: MakeDelivery) -> Callable[..., Delivery]:
    def make(url: str, **options: object) -> Delivery:
        times = {"clock": time.monotonic, "wall": time.time, "wait": threading.Event.wait}
        return make_delivery(url, **times, jitter=random.random, **options)

    return make
