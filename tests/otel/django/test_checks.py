"""System checks: configuration mistakes are reported with ids and hints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from otel.settings import Settings
from tests.otel.installing import installed


def ids(*, deploy: bool = False) -> set[str]:
    messages = run_checks(tags=["otel"], include_deployment_checks=deploy)
    assert all(message.hint for message in messages)
    return {str(message.id) for message in messages}


def test_the_product_passes() -> None:
    assert ids() == set()


def test_a_missing_or_misplaced_middleware_is_reported(settings: Any) -> None:
    ours = "otel.django.middleware.TelemetryMiddleware"
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != ours]
    assert ids() == {"otel.E101"}
    settings.MIDDLEWARE = [ours, *settings.MIDDLEWARE]
    assert ids() == {"otel.E102"}


@pytest.mark.parametrize(
    ("telemetry", "expected"),
    [
        ({"GROUP": {}}, "otel.E103"),
        ({"IDENTIFY": "apps.users.identity.nobody"}, "otel.E104"),
        ({"ERROR_EVENT": "error_ocurred"}, "otel.E105"),
        ({"OPT_OUT_COOKIE": ""}, "otel.E107"),
        ({"OPT_OUT_COOKIE": None}, "otel.E107"),
        ({"OUTGOING_PATHS": "/user"}, "otel.E108"),
        ({"OUTGOING_PATHS": ("user",)}, "otel.E108"),
    ],
)
def test_a_mistake_in_the_telemetry_setting_is_reported(
    settings: Any, telemetry: dict[str, Any], expected: str
) -> None:
    settings.TELEMETRY = telemetry
    assert ids() == {expected}


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [("OTEL_SDK_DISABLED", "true", "otel.W103"), ("OTEL_SPAN_EVENT_COUNT_LIMIT", "0", "otel.W104")],
)
def test_a_variable_that_silences_opentelemetry_is_reported(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert ids() == {expected}


def test_production_needs_the_projects_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(deploy=True) == {"otel.W102"}
    with installed(Settings(api_key="phx_personal", host="http://127.0.0.1:9")):
        assert ids() == {"otel.E106"}


@pytest.fixture
def through_collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a pipeline that sends to a Collector; restore the previous one afterwards."""
    for name in [name for name in os.environ if name.startswith("OTEL_EXPORTER_OTLP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    with installed(Settings(via="collector", journal=Path("/no/such/folder"))):
        yield


@pytest.mark.usefixtures("through_collector")
def test_through_the_collector_a_journal_has_no_effect_and_a_key_is_not_needed() -> None:
    assert ids(deploy=True) == {"otel.W107"}


@pytest.mark.usefixtures("through_collector")
@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "", "otel.W106"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "otel.E109"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:port/v1/traces", "otel.E109"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "otel.E110"),
    ],
)
def test_a_mistake_in_the_collectors_address_or_protocol_is_reported(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert ids() == {expected, "otel.W107"}


@pytest.mark.usefixtures("through_collector")
def test_a_missing_extra_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "otel.delivery.collector.exporter", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1.trace_pb2", None)
    assert ids() == {"otel.E111", "otel.W107"}
