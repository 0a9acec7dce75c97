"""Step 1: select the span events for PostHog, and sample them by tier."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from otel.attributes import GROUPIDENTIFY_EVENT, IDENTIFY_EVENT, SET_EVENT
from otel.envelope import Rejection
from otel.events import Registry
from otel.events.declaration import Declaration
from otel.reasons import Reason

__all__ = ["Selection", "keep_tier", "select_all"]

_UPDATES = frozenset({SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT})

# The number of span event names to cache. Programs should use few names; if a program writes ids into names,
# the patterns are evaluated each time instead of growing the cache without limit.
_MEMO = 10_000


class Selection:
    """The predicate that selects span events for PostHog by name. Thread-safe.

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
        """Whether an undeclared name matches a pattern of names to forward.

        Args:
            name: the span event's name.
        """
        known = self._forwarded.get(name)
        if known is None:
            known = any(fnmatchcase(name, pattern) for pattern in self._patterns)
            if len(self._forwarded) < _MEMO:
                self._forwarded[name] = known
        return known


def select_all(_: str) -> bool:
    """Select every name, for events that were selected when they were recorded."""
    return True


def keep_tier(declaration: Declaration, trace_id: int, ratios: Mapping[int, float]) -> float | Rejection:
    """Return the ratio at which this tier's events are kept, or a rejection if this trace is sampled out.

    All events of a trace are kept or dropped together, by the rule of OpenTelemetry's `TraceIdRatioBased`.

    Args:
        declaration: the event's declaration.
        trace_id: 128 bits.
        ratios: the ratio of each tier, from 0 to 1.
    """
    ratio = ratios.get(declaration.tier, 1.0)
    if ratio >= 1.0 or (trace_id & 0xFFFF_FFFF_FFFF_FFFF) < ratio * 2**64:
        return ratio
    return Rejection(Reason.THINNED, f"tier {declaration.tier} is kept to {ratio:g}")
