"""Fixtures for a product with a PostHog key."""

from __future__ import annotations

import pytest
from pytest_django import Settings

KEY = "phc_test"


@pytest.fixture(autouse=True)
def _key(settings: Settings) -> None:
    settings.POSTHOG_API_KEY = KEY
