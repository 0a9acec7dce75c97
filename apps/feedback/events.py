"""Events of the feedback app."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, event

__all__ = ["FeedbackSubmitted"]


@event("feedback_submitted", tier=2, owner="feedback")
class FeedbackSubmitted(TeamEvent):
    """Feedback was submitted; its text is never sent.

    Args:
        category: Kind of feedback.
        has_text: Whether the feedback has a text.
    """

    category: Literal["idea", "problem", "praise", "other"]
    has_text: bool
