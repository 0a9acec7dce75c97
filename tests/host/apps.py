"""The host's Django app, which installs the faults and witnesses from the environment after the pipeline."""

from __future__ import annotations

import os

from django.apps import AppConfig
from opentelemetry import trace
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider

from tests.host.faults import FAULTS
from tests.host.witness import Witness


class HostConfig(AppConfig):
    name = "tests.host"

    def ready(self) -> None:
        # `handle_database_error` needs a span for its query.
        SQLite3Instrumentor().instrument()
        fault = os.environ.get("HOST_FAULT")
        if fault is not None:
            FAULTS[fault]()
        seen = os.environ.get("HOST_SPANS")
        if seen is not None:
            provider = trace.get_tracer_provider()
            assert isinstance(provider, TracerProvider)
            provider.add_span_processor(Witness(seen))
