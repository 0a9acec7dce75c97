"""Delivery to an OpenTelemetry Collector, over OTLP/HTTP."""
