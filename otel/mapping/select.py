"""Step 1: which span events are for PostHog, and which of them this configuration keeps."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from otel.attributes import GROUPIDENTIFY_EVENT, IDENTIFY_EVENT, SET_EVENT
from otel.envelope import Rejection
from otel.events import Declaration, Registry
from otel.reasons import Reason

__all__ = ["Selection", "keep_tier"]

_UPDATES = frozenset({SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT})

# How many names of span events are remembered: names are meant to be few; a program that writes ids into
# them is asked about each one anew instead of growing without bound.
_MEMO = 10_000


class Selection:
    """Tell by its name whether a span event is for PostHog.

    Args:
        registry: the declared events.
        patterns: `fnmatch` patterns of undeclared names to forward.
    """

    def __init__(self, registry: Registry, patterns: tuple[str, ...]) -> None:
        self._registry = registry
        self._patterns = patterns
        self._forwarded: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        """Whether a span event of this name becomes a capture.

        Args:
            name: the span event's name.
        """
        return name in self._registry or name in _UPDATES or (bool(self._patterns) and self.forwards(name))

    def forwards(self, name: str) -> bool:
        """Whether an undeclared name is one of those to forward.

        Args:
            name: the span event's name.
        """
        known = self._forwarded.get(name)
        if known is None:
            known = any(fnmatchcase(name, pattern) for pattern in self._patterns)
            if len(self._forwarded) < _MEMO:
                self._forwarded[name] = known
        return known


def keep_tier(declaration: Declaration, trace_id: int, ratios: Mapping[int, float]) -> float | Rejection:
    """Return the share of this tier's events that are kept, or a reject if this trace is not among them.

    All events of a trace share one fate, by the rule of OpenTelemetry's `TraceIdRatioBased`.

    Args:
        declaration: the event's.
        trace_id: 128 bits.
        ratios: the share of each tier, from 0 to 1.
    """
    ratio = ratios.get(declaration.tier, 1.0)
    if ratio >= 1.0 or (trace_id & 0xFFFF_FFFF_FFFF_FFFF) < ratio * 2**64:
        return ratio
    return Rejection(Reason.THINNED, f"tier {declaration.tier} is kept to {ratio:g}")
