"""Configuration faults are system checks with ids and hints."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from otel import pipeline
from otel.settings import Settings


def ids(*, deploy: bool = False) -> set[str]:
    messages = run_checks(tags=["otel"], include_deployment_checks=deploy)
    assert all(message.hint for message in messages)
    return {str(message.id) for message in messages}


def test_the_product_passes() -> None:
    assert ids() == set()


def test_the_middleware_is_wanted(settings: Any) -> None:
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
    ],
)
def test_a_mistake_in_the_telemetry_setting_is_named(
    settings: Any, telemetry: dict[str, Any], expected: str
) -> None:
    settings.TELEMETRY = telemetry
    assert ids() == {expected}


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [("OTEL_SDK_DISABLED", "true", "otel.W103"), ("OTEL_SPAN_EVENT_COUNT_LIMIT", "0", "otel.W104")],
)
def test_what_would_silence_opentelemetry_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert ids() == {expected}


def test_a_key_is_wanted_in_production_and_must_be_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(deploy=True) == {"otel.W102"}
    before = pipeline.running()
    assert before is not None
    pipeline.install(Settings(api_key="phx_personal", host="http://127.0.0.1:9"), defer=before.recorder.defer)
    try:
        assert ids() == {"otel.E106"}
    finally:
        pipeline.install(before.settings, defer=before.recorder.defer)
