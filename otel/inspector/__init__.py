"""The inspector: a local stand-in for PostHog that shows what arrives, and fails when it is told to."""

from otel.inspector.running import InspectorError, RunningInspector, running_inspector

__all__ = ["InspectorError", "RunningInspector", "running_inspector"]
