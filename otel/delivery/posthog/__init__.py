"""Delivery to PostHog: the exporter, its client, and both versions of the capture API."""
