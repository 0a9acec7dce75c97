"""The bridge: OTLP/HTTP in, the same captures out; stateless, any number of replicas."""

from otel.bridge._application import Application, application

__all__ = ["Application", "application"]
