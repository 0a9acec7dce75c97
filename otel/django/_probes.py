"""Health checks, which run every few seconds and whose traces have no value."""

from __future__ import annotations

import os
import re

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import TracerProvider as AnyTracerProvider
from opentelemetry.util.types import Attributes

from otel.selecting import RecordingSampler

__all__ = ["drop_probes"]

_PROBE = re.compile(r"(?:\w+://[^/]+)?/(?:health|healthz|livez|readyz)/?(?:\?|$)")
# The instrumentation's own variables, which replace the default.
_OWN = ("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", "OTEL_PYTHON_EXCLUDED_URLS")
# In the old and new semantic conventions; a URL where the server does not pass the path.
_ADDRESSES = ("http.target", "url.path", "http.url", "url.full")


def drop_probes(provider: AnyTracerProvider) -> None:
    """Drop the spans of health checks, unless the instrumentation is configured to exclude other URLs.

    The sampler decides once a request; the instrumentation would search a pattern four times.

    Args:
        provider: whose sampler the pipeline has wrapped.
    """
    is_configured = any(name in os.environ for name in _OWN)
    if isinstance(provider, TracerProvider) and isinstance(provider.sampler, RecordingSampler):
        provider.sampler.drops = None if is_configured else _is_probe


def _is_probe(attributes: Attributes) -> bool:
    for name in _ADDRESSES:
        address = (attributes or {}).get(name)
        if isinstance(address, str):
            return _PROBE.match(address) is not None
    return False
