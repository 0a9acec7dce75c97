"""The analytics tabs, with their names and contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.metrics.events import Tab
from apps.metrics.tabs import ai_adoption, delivery, overview, quality, team, trends
from apps.metrics.tabs._scope import Scope, scope_of
from apps.metrics.tabs.content import Content

__all__ = ["TABS", "AnalyticsTab", "Scope", "scope_of"]


@dataclass(frozen=True, slots=True)
class AnalyticsTab:
    """An analytics tab.

    Args:
        name: the tab's name in its address and in events.
        label: the tab's name on pages.
        content: the function that returns the tab's content.
    """

    name: Tab
    label: str
    content: Callable[[Scope], Content]


TABS: dict[str, AnalyticsTab] = {
    tab.name: tab
    for tab in (
        AnalyticsTab("overview", "Overview", overview.content),
        AnalyticsTab("ai_adoption", "AI adoption", ai_adoption.content),
        AnalyticsTab("delivery", "Delivery", delivery.content),
        AnalyticsTab("quality", "Quality", quality.content),
        AnalyticsTab("team", "Team", team.content),
        AnalyticsTab("trends", "Trends", trends.content),
    )
}
