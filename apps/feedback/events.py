"""The events of feedback."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, event

__all__ = ["FeedbackSubmitted"]


@event("feedback_submitted", tier=2, owner="feedback")
class FeedbackSubmitted(TeamEvent):
    """Somebody told us something; what they said stays with us.

    Args:
        category: what it is about.
        has_text: whether there are words to it.
    """

    category: Literal["idea", "problem", "praise", "other"]
    has_text: bool
