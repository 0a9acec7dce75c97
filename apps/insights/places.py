"""The analytics tab that shows the figures behind an insight."""

from __future__ import annotations

from apps.insights.models import Insight, InsightKind
from apps.metrics.events import Tab

__all__ = ["tab_of"]

# Figures that are not on the delivery tab; an insight's key begins with the figure's name.
_TABS: dict[str, Tab] = {"size": "quality", "ai_share": "ai_adoption"}


def tab_of(insight: Insight) -> Tab:
    """Return the analytics tab with the figures behind an insight.

    Args:
        insight: the insight; its kind and key decide.
    """
    if insight.kind == InsightKind.AI_MILESTONE:
        return "ai_adoption"
    return _TABS.get(insight.key.partition(":")[0], "delivery")
