"""The bridge: OTLP/HTTP in, the same captures out; stateless, any number of replicas."""

from otel.bridge.app import Application, application

__all__ = ["Application", "application"]
