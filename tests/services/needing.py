"""Marks for tests that need servers: skip them if a server is missing, and say what to install."""

from __future__ import annotations

import pytest

from tests.services._installed import MissingServiceError, built, installed

__all__ = ["needs_collector", "needs_services"]


def _missing_services() -> str:
    try:
        installed("postgres", "postgresql")
        installed("redis-server", "redis-server")
    except MissingServiceError as error:
        return str(error)
    return ""


def _missing_collector() -> str:
    try:
        built("otelcol")
        built("jaeger")
    except MissingServiceError as error:
        return str(error)
    return ""


def _needs(missing: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(missing), reason=missing or "nothing is missing")


needs_services = _needs(_missing_services())
needs_collector = _needs(_missing_collector())
