"""All that one inspector knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from otel.inspector.failures import Failures
from otel.inspector.project.funnel import DEFAULT_STEPS, Steps
from otel.inspector.sdk.flags import Flags
from otel.inspector.store.store import Store

__all__ = ["State"]


@dataclass(slots=True, kw_only=True)
class State:
    """What one inspector knows and what it was told.

    Args:
        store: what was received.
        failures: what it is told to do wrong.
        flags: the feature flags it answers with.
        steps: the funnel that it shows.
        discard: whether events are only decoded and counted, for benchmarks.
    """

    store: Store = field(default_factory=Store)
    failures: Failures = field(default_factory=Failures)
    flags: Flags = field(default_factory=Flags)
    steps: Steps = DEFAULT_STEPS
    discard: bool = False

    def reset(self) -> None:
        """Forget what was received and told."""
        self.store.reset()
        self.failures.clear()
        self.flags.clear()
