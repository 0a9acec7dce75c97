"""Frameworks whose instrumentation does not show each exception that ends a request."""

from otel.frameworks.flask import observe_flask

__all__ = ["observe_flask"]
