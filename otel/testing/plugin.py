"""The pytest plugin: the fixture `captured_events`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

__all__ = ["captured_events"]


@pytest.fixture
def captured_events() -> Iterator[object]:
    """Capture the events that the code under test records, instead of sending them.

    The fixture's value is an `otel.testing.CapturedEvents`, a sequence of `otel.envelope.Capture`.
    """
    # Imported here, because a plugin is loaded before coverage starts and before Django's settings are.
    from otel.testing.captured import capturing

    with capturing() as captured:
        yield captured
