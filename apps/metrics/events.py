"""Events of the metrics app."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, Technical, event

__all__ = [
    "AnalyticsViewed",
    "ChartInteracted",
    "ChartType",
    "DateFilterChanged",
    "DateRange",
    "Page",
    "PrDetailViewed",
    "PrListExported",
    "PrListFiltered",
    "RepoFilterApplied",
    "Tab",
]

Tab = Literal["overview", "ai_adoption", "delivery", "quality", "team", "trends"]
DateRange = Literal["7d", "30d", "90d", "365d", "all", "custom"]
Page = Literal["overview", "ai_adoption", "delivery", "quality", "team", "trends", "pr_list"]
# The keys of the charts on the analytics tabs.
ChartType = Literal[
    "ai_by_month",
    "ai_share",
    "coverage",
    "cycle_by_month",
    "durations",
    "merged",
    "people",
    "sizes",
    "throughput",
]


@event("analytics_viewed", tier=2, owner="metrics")
class AnalyticsViewed(TeamEvent):
    """An analytics tab was opened.

    Args:
        tab: Analytics tab that was opened.
        date_range: Selected date range.
    """

    tab: Tab
    date_range: DateRange


@event("date_filter_changed", tier=2, owner="metrics")
class DateFilterChanged(TeamEvent):
    """The date range was changed.

    Args:
        date_range: Date range after the change.
        previous_range: Date range before the change.
        page: Page on which the date range was changed.
    """

    date_range: DateRange
    previous_range: DateRange
    page: Page


@event("repo_filter_applied", tier=2, owner="metrics")
class RepoFilterApplied(TeamEvent):
    """The repository filter was changed.

    Args:
        repos_count: Number of selected repositories; 0 for all repositories.
        page: Page on which the filter was changed.
    """

    repos_count: int
    page: Page


@event("pr_list_filtered", tier=2, owner="metrics")
class PrListFiltered(TeamEvent):
    """The pull request list's own filters, or its sort order, were changed.

    Args:
        filters: Names of the active filters, never their values.
        sort: Sort order of the list.
    """

    filters: tuple[Technical, ...]
    sort: Technical


@event("pr_detail_viewed", tier=2, owner="metrics")
class PrDetailViewed(TeamEvent):
    """A pull request's page was opened.

    Args:
        pr_age_days: Whole days since the pull request was opened.
        is_ai_assisted: Whether an AI tool is known to have helped with the pull request.
        state: State of the pull request.
    """

    pr_age_days: int
    is_ai_assisted: bool
    state: Literal["open", "merged", "closed"]


@event("pr_list_exported", tier=2, owner="metrics")
class PrListExported(TeamEvent):
    """The pull request list was downloaded completely.

    Args:
        format: File format of the export.
        row_count: Number of pull requests in the file.
        has_filters: Whether a filter or date range limited the export.
    """

    format: Literal["csv"]
    row_count: int
    has_filters: bool


@event("chart_interacted", tier=3, owner="metrics", source="browser")
class ChartInteracted(TeamEvent):
    """A chart was clicked, hovered for half a second, or its legend used: once per action, chart and page.

    Args:
        chart_type: Chart that was used.
        action: Kind of interaction with the chart.
    """

    chart_type: ChartType
    action: Literal["click", "hover", "legend"]
