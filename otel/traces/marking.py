"""The mark on spans that leave over OTLP, so that a bridge behind a Collector does not map them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import wrapt
from opentelemetry.sdk.trace import ReadableSpan

from otel.attributes import DELIVERED_SEPARATELY, POSTHOG_ONLY

__all__ = ["mark_otlp_exporters"]

# Only what leaves over OTLP can reach a bridge.
_MODULES = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
)

_hooked: set[str] = set()


def mark_otlp_exporters(delivers: Callable[[], bool]) -> None:
    """Mark the spans that OpenTelemetry's OTLP exporters send, by wrapping their classes.

    The mark is set here, in the exporter's thread, instead of by the sampler, where each span of a request
    would pay for it. Classes are wrapped because a provider does not expose its exporters.

    Args:
        delivers: whether the events of spans reach PostHog by another route at the moment.
    """

    def export(wrapped: Any, _: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        spans = kwargs.get("spans", args[0] if args else ())
        return wrapped([_MarkedSpan(span) for span in spans] if delivers() else spans)

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module.OTLPSpanExporter, "export", export)

    for name in _MODULES:
        if name not in _hooked:
            _hooked.add(name)
            wrapt.register_post_import_hook(wrap, name)


class _MarkedSpan(wrapt.ObjectProxy[ReadableSpan]):
    """An ended span with the mark; everything else is the span's, which cannot be changed any more."""

    __wrapped__: ReadableSpan

    @property
    def attributes(self) -> dict[str, Any]:
        """The span's attributes and the mark."""
        attributes = dict(self.__wrapped__.attributes or {})
        if attributes.get(POSTHOG_ONLY) is not True:
            attributes[DELIVERED_SEPARATELY] = True
        return attributes
