"""The sampler that records what the configured sampler drops, for the business events on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

__all__ = ["RecordingSampler"]

# Spans of outgoing calls carry no business event, and an exception in them was often handled (`otel.md`
# section 5). Without them an unsampled request costs half (`otel.md` section 2).
_LEFT_UNRECORDED = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})


class RecordingSampler(Sampler):
    """A sampler that turns DROP into RECORD_ONLY for entry and internal spans. Thread-safe.

    All other decisions are the wrapped sampler's. It must be the outermost one: inside `ParentBased` only the
    root would be recorded. The SDK's own `AlwaysRecordSampler` loses a span's start attributes (`otel.md`
    section 2).

    Args:
        root: the sampler that decides which traces are exported.

    Attributes:
        drops: whether a server span is neither exported nor recorded, by its attributes; no span by default.
    """

    def __init__(self, root: Sampler) -> None:
        self._root = root
        self.drops: Callable[[Attributes], bool] | None = None

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide as the wrapped sampler does, but record what may carry an event.

        Args:
            parent_context: the context that holds the parent span.
            trace_id: 128 bits.
            name: the span's name.
            kind: the span's kind.
            attributes: the span's start attributes.
            links: the span's links.
            trace_state: the parent's trace state.
        """
        if kind is SpanKind.SERVER and self.drops is not None and self.drops(attributes):
            return SamplingResult(Decision.DROP, trace_state=trace_state)
        result = self._root.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )
        if result.decision is Decision.DROP and kind not in _LEFT_UNRECORDED:
            return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)
        return result

    def get_description(self) -> str:
        """Return the sampler's name with the wrapped one's."""
        return f"RecordingSampler{{{self._root.get_description()}}}"
