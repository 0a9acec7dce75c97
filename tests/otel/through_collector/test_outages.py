"""Events while the Collector is down, busy, or accepts only part of a request."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import time

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel import pipeline, record
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.http import RetryPolicy
from otel.settings import Settings
from tests.otel.delivery.scripted import Step
from tests.otel.shop import ParcelShipped
from tests.otel.through_collector.collector import ACCEPTED, Collector
from tests.otel.through_collector.conftest import SETTINGS, Install

tracer = trace.get_tracer("tests.through_collector")


def ship(count: int = 1) -> None:
    for number in range(count):
        with tracer.start_as_current_span("request"):
            record(ParcelShipped(number=number))


@pytest.mark.parametrize(
    "failure",
    [
        Step(status=503, headers={"Retry-After": "0"}),
        Step(status=429, headers={"Retry-After": "0"}),
        Step(silent=True),
        Step(status=502),
    ],
)
def test_a_request_to_a_busy_collector_is_retried(
    failure: Step, shop: pipeline.Pipeline, collector: Collector
) -> None:
    collector.server.steps.extend([failure, ACCEPTED])
    ship()
    assert pipeline.flush()
    first, second = collector.asked
    assert first.raw == second.raw
    assert shop.counters.totals() == {"retried": 1, "delivered": 1}


def test_events_that_the_collector_does_not_accept_in_time_are_undelivered(
    shop: pipeline.Pipeline, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(shop.exporter, CollectorExporter)
    monkeypatch.setattr(shop.exporter._spans, "_retry", RetryPolicy(timeout=1.0))
    collector.server.respond = lambda _: Step(status=503)
    ship(3)
    assert not pipeline.flush()
    assert shop.counters.totals()["undelivered"] == 3


def test_a_partial_success_delivers_the_rest_and_is_not_retried(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=1, error_message="undeclared")
    answer = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    collector.server.steps.append(Step(body=answer))
    ship(3)
    assert not pipeline.flush()
    assert len(collector.asked) == 1
    assert shop.counters.totals() == {"delivered": 2, "refused": 1}


def test_a_batch_that_is_too_large_for_the_collector_is_halved(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    collector.server.respond = lambda one: (
        Step(status=413) if len(gzip.decompress(one.raw)) > 1_000 else ACCEPTED
    )
    ship(20)
    assert pipeline.flush()
    assert shop.counters.totals() == {"delivered": 20}


@pytest.mark.parametrize(
    ("status", "reason", "advice"),
    [
        (401, "unauthorised", "OTEL_EXPORTER_OTLP_HEADERS"),
        (404, "undelivered", "usually on port 4318"),
        (400, "refused", "the Collector refuses events for PostHog (400 no)"),
    ],
)
def test_a_refusal_is_counted_and_logged_with_advice(
    status: int,
    reason: str,
    advice: str,
    shop: pipeline.Pipeline,
    collector: Collector,
    caplog: pytest.LogCaptureFixture,
) -> None:
    collector.server.respond = lambda _: Step(status=status, body=b"no")
    ship()
    assert not pipeline.flush()
    assert shop.counters.totals() == {reason: 1}
    assert advice in caplog.text


def test_a_shutdown_waits_for_the_collector_until_its_timeout_at_most(
    install: Install, collector: Collector
) -> None:
    shop = install(SETTINGS.replace(flush_timeout=0.5))
    assert shop.processor is not None
    collector.server.respond = lambda _: Step(hang=True)
    ship()
    began = time.monotonic()
    shop.processor.shutdown()
    assert time.monotonic() - began < 2.0
    assert shop.counters.totals() == {"shutdown": 1}


def test_events_refused_by_a_full_queue_are_counted(
    install: Install, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "50")
    shop = install()
    gate = threading.Event()

    def respond(_: object) -> Step:
        gate.wait(10)
        return ACCEPTED

    collector.server.respond = respond
    ship(200)
    gate.set()
    assert pipeline.flush()
    totals = shop.counters.totals()
    assert totals["queue_full"] >= 50
    assert totals["queue_full"] + totals["delivered"] == 200
    assert len(collector.events()) == totals["delivered"]


def test_requests_have_the_configured_headers_and_the_standard_path(
    install: Install, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t0ken")
    install()
    ship()
    assert pipeline.flush()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/elsewhere/")
    install()
    ship()
    assert pipeline.flush()
    first, second = collector.asked
    assert (first.path, second.path) == ("/v1/traces", "/elsewhere/")
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.headers["content-type"] == "application/x-protobuf"
    assert first.headers["content-encoding"] == "gzip"


def test_without_its_extra_the_product_runs_and_the_log_names_what_to_install(
    install: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "otel.delivery.collector.exporter", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1.trace_pb2", None)
    assert install().exporter is None
    assert "install tformance-otel[collector]" in caplog.text
    ship()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_forked_child_sends_its_own_events_and_not_its_parents(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    ship()
    child = os.fork()
    if child == 0:
        ship(2)
        os._exit(0 if pipeline.flush(5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pipeline.flush()
    assert collector.events() == ["parcel_shipped"] * 3
    assert len({one.port for one in collector.asked}) == 2


def test_a_variable_selects_the_route() -> None:
    assert Settings.from_environ({"POSTHOG_VIA": "Collector"}).via == "collector"
    assert Settings.from_environ({"POSTHOG_VIA": "pigeon"}).via == "posthog"
