"""Certificates are verified: a server without a valid one gets no events."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otel.reasons import Reason
from tests.otel.delivery.conftest import REAL_TIME, TOLERANCE, MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted, Step

pytestmark = pytest.mark.slow


def test_a_server_with_an_invalid_certificate_gets_no_events(
    tls_server: Scripted, make_delivery: MakeDelivery
) -> None:
    (loss,) = make_delivery(tls_server.url, timeout=1).deliver(captures("a"))
    assert loss.reason is Reason.UNDELIVERED
    assert "certificate verify failed" in loss.detail
    assert tls_server.asked == []


def test_a_server_with_a_valid_certificate_gets_events_and_requests_can_be_interrupted(
    tls_server: Scripted, certificate: Path, make_delivery: MakeDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    delivery = make_delivery(tls_server.url, real_time=REAL_TIME)
    assert delivery.deliver(captures("a")) == ()
    tls_server.arrived.clear()
    tls_server.respond = lambda _: Step(hang=True)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(delivery.deliver, captures("b"))
        assert tls_server.arrived.wait(5)
        begin = time.monotonic()
        delivery.interrupt(begin)
        assert [loss.reason for loss in running.result(5)] == [Reason.SHUTDOWN]
        assert time.monotonic() - begin < TOLERANCE
    assert [asked.events for asked in tls_server.asked] == [["a"], ["b"]]
