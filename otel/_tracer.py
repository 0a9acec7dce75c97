"""The tracer of our own spans."""

from __future__ import annotations

from functools import cache

from opentelemetry import trace

__all__ = ["own_tracer"]


@cache
def own_tracer() -> trace.Tracer:
    """Return the tracer of our own spans.

    It is made at its first use instead of at import, because a tracer keeps the sampler that its provider has
    when it is made, and under `opentelemetry-instrument` the provider stands before the pipeline sets the
    sampler.
    """
    return trace.get_tracer("otel")
