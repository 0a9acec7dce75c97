"""Assertions for callbacks that fail."""

from __future__ import annotations

from typing import Any

from apps.integrations.models import Connection
from apps.onboarding.models import StepRecord
from otel.testing import CapturedEvents

__all__ = ["errors", "nothing_happened", "problem_text"]


def nothing_happened(captured_events: CapturedEvents) -> bool:
    return not (
        Connection.objects.exists()
        or StepRecord.objects.exists()
        or [one.event for one in captured_events if one.event not in ("$exception", "error_occurred")]
    )


def errors(captured_events: CapturedEvents) -> list[str]:
    return [str(one.properties["error_type"]) for one in captured_events.named("error_occurred")]


def problem_text(response: Any) -> str:
    page = str(response.content.decode())
    assert "Go back and try again" in page
    return page
