"""System checks for the connection to the Collector."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from django.core import checks

from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.settings import Settings

__all__ = ["check_collector"]


def check_collector(settings: Settings) -> Iterator[checks.CheckMessage]:
    """Yield the problems that prevent events from reaching the Collector.

    Args:
        settings: the settings of the pipeline, with `via="collector"`.
    """
    try:
        import_module("otel.delivery.collector.exporter")
    except ImportError as error:
        yield checks.Error(
            f"POSTHOG_VIA=collector needs OpenTelemetry's OTLP messages: {error}",
            hint="Install tformance-otel[collector].",
            id="otel.E111",
        )
    endpoint = OtlpEndpoint.from_environ()
    if not endpoint.is_configured:
        yield checks.Warning(
            f"POSTHOG_VIA=collector without OTEL_EXPORTER_OTLP_ENDPOINT: events are sent to {endpoint.url}",
            hint="Set it to the URL of the Collector's OTLP/HTTP receiver, such as http://collector:4318.",
            id="otel.W106",
        )
    if not endpoint.is_http:
        yield checks.Error(
            f"the Collector's address {endpoint.url!r} is not an http(s) URL",
            hint="Set OTEL_EXPORTER_OTLP_ENDPOINT to a full URL, such as http://collector:4318.",
            id="otel.E109",
        )
    elif _protocol() == "grpc":
        yield checks.Error(
            f"events are sent over HTTP, but OTEL_EXPORTER_OTLP_PROTOCOL says grpc for {endpoint.url}",
            hint="Set it to http/protobuf and use the Collector's HTTP port, usually 4318.",
            id="otel.E110",
        )
    if settings.journal is not None:
        yield checks.Warning(
            "POSTHOG_JOURNAL has no effect with POSTHOG_VIA=collector: events wait in the Collector's queue",
            hint="Unset it, or set POSTHOG_VIA=posthog.",
            id="otel.W107",
        )


def _protocol() -> str:
    own, common = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"
    return (os.environ.get(own) or os.environ.get(common) or "").strip().lower()
