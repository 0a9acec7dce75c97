"""The inspector: a local stand-in for PostHog that shows what arrives and fails on demand."""

from otel.inspector.running import InspectorError, RunningInspector, running_inspector

__all__ = ["InspectorError", "RunningInspector", "running_inspector"]
