"""Telemetry in a Django project: the app, its middleware, checks and management command."""
