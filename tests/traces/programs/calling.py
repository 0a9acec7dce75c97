"""Program that calls a URL with each HTTP client, with baggage in the context and a secret in the query."""

from __future__ import annotations

import sys
import urllib.request

import httpx
import requests
from opentelemetry import baggage, trace
from opentelemetry.context import attach
from opentelemetry.sdk.trace import TracerProvider

from otel import Settings, install, pipeline
from otel.traces import send_traces

if not isinstance(trace.get_tracer_provider(), TracerProvider):  # not under `opentelemetry-instrument`
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    send_traces(provider, pipeline.scrub)
install(Settings(), url_templates=["/orgs/{organisation}/repos"])

attach(baggage.set_baggage("person", "anna"))
url = f"{sys.argv[1]}/orgs/acme/repos?code=swordfish"
with trace.get_tracer("calling").start_as_current_span("calling"):
    httpx.get(url)
    requests.get(url, timeout=10)
    with urllib.request.urlopen(url, timeout=10):
        pass
    httpx.get(f"{sys.argv[1]}/reset/swordfish")
