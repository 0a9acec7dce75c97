"""Events of the insights app."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, event

__all__ = ["InsightViewed"]


@event("insight_viewed", tier=2, owner="insights")
class InsightViewed(TeamEvent):
    """An insight was opened.

    Args:
        insight_type: Rule that found the insight.
        priority: Urgency of the insight.
        age_days: Whole days since the insight was found.
    """

    insight_type: Literal["change", "ai_milestone", "slow_reviews"]
    priority: Literal["high", "medium", "low"]
    age_days: int
