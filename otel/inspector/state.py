"""The state of one inspector, which all of its routes share."""

from __future__ import annotations

from dataclasses import dataclass, field

from otel.inspector.failures import Failures
from otel.inspector.project.funnel import DEFAULT_STEPS, Steps
from otel.inspector.sdk.flags import Flags
from otel.inspector.store.store import Store

__all__ = ["State"]


@dataclass(slots=True, kw_only=True)
class State:
    """The state of one inspector. Confined to the server's event loop.

    Args:
        store: received captures, refusals, warnings and requests.
        failures: pending failures on demand.
        flags: feature flags that the inspector serves.
        steps: steps of the funnel on the page.
        discard: whether events are only decoded and counted, for benchmarks.
    """

    store: Store = field(default_factory=Store)
    failures: Failures = field(default_factory=Failures)
    flags: Flags = field(default_factory=Flags)
    steps: Steps = DEFAULT_STEPS
    discard: bool = False

    def reset(self) -> None:
        """Remove all received events, pending failures and flags."""
        self.store.reset()
        self.failures.clear()
        self.flags.clear()
