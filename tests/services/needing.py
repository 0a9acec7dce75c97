"""The mark of tests that need PostgreSQL and Redis: skipped where one is missing, with what to install."""

from __future__ import annotations

import pytest

from tests.services._installed import MissingServiceError, installed

__all__ = ["needs_services"]


def _missing() -> str:
    try:
        installed("postgres", "postgresql")
        installed("redis-server", "redis-server")
    except MissingServiceError as error:
        return str(error)
    return ""


needs_services = pytest.mark.skipif(bool(_missing()), reason=_missing() or "nothing is missing")
