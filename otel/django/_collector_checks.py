"""System checks of the way through the Collector."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from django.core import checks

from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.settings import Settings

__all__ = ["check_collector"]


def check_collector(settings: Settings) -> Iterator[checks.CheckMessage]:
    """Return what stands in the way to the Collector.

    Args:
        settings: the pipeline's, with `via="collector"`.
    """
    try:
        import_module("otel.delivery.collector.exporter")
    except ImportError as error:
        yield checks.Error(
            f"POSTHOG_VIA=collector needs OpenTelemetry's OTLP encoder: {error}",
            hint="Install tformance-otel[collector].",
            id="otel.E111",
        )
    endpoint = OtlpEndpoint.from_environ()
    if not endpoint.is_configured:
        yield checks.Warning(
            f"POSTHOG_VIA=collector without OTEL_EXPORTER_OTLP_ENDPOINT: events go to {endpoint.url}",
            hint="Set it to the Collector's OTLP receiver for HTTP, such as http://collector:4318.",
            id="otel.W106",
        )
    if not endpoint.is_http:
        yield checks.Error(
            f"the Collector's address {endpoint.url!r} is none that can be posted to",
            hint="Set OTEL_EXPORTER_OTLP_ENDPOINT to a full address, such as http://collector:4318.",
            id="otel.E109",
        )
    elif _protocol() == "grpc":
        yield checks.Error(
            f"events leave by HTTP, and OTEL_EXPORTER_OTLP_PROTOCOL says that {endpoint.url} takes gRPC",
            hint="Set it to http/protobuf and name the Collector's port for HTTP, usually 4318.",
            id="otel.E110",
        )
    if settings.journal is not None:
        yield checks.Warning(
            "POSTHOG_JOURNAL is set and not used: by way of the Collector, events wait in its queue",
            hint="Unset it, or set POSTHOG_VIA=posthog.",
            id="otel.W107",
        )


def _protocol() -> str:
    own, common = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"
    return (os.environ.get(own) or os.environ.get(common) or "").strip().lower()
