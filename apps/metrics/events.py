"""The events of looking at metrics."""

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
# The keys of the charts on the tabs.
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
        tab: which one.
        date_range: the range in force.
    """

    tab: Tab
    date_range: DateRange


@event("date_filter_changed", tier=2, owner="metrics")
class DateFilterChanged(TeamEvent):
    """The date range differs from the one before.

    Args:
        date_range: the new one.
        previous_range: the one before.
        page: where it was changed.
    """

    date_range: DateRange
    previous_range: DateRange
    page: Page


@event("repo_filter_applied", tier=2, owner="metrics")
class RepoFilterApplied(TeamEvent):
    """The repository filter differs from the one before.

    Args:
        repos_count: how many repositories are chosen; 0 for all of them.
        page: where it was changed.
    """

    repos_count: int
    page: Page


@event("pr_list_filtered", tier=2, owner="metrics")
class PrListFiltered(TeamEvent):
    """The pull request list's other filters, or its sort, differ from before.

    Args:
        filters: the names of the filters in force, never their values.
        sort: the order in force.
    """

    filters: tuple[Technical, ...]
    sort: Technical


@event("pr_detail_viewed", tier=2, owner="metrics")
class PrDetailViewed(TeamEvent):
    """A pull request's page was opened.

    Args:
        pr_age_days: whole days since it was opened.
        is_ai_assisted: whether AI is known to have helped.
        state: what has become of it.
    """

    pr_age_days: int
    is_ai_assisted: bool
    state: Literal["open", "merged", "closed"]


@event("pr_list_exported", tier=2, owner="metrics")
class PrListExported(TeamEvent):
    """The pull request list was sent as a file, to its end.

    Args:
        format: of the file.
        row_count: how many pull requests are in it.
        has_filters: whether it was less than all of them.
    """

    format: Literal["csv"]
    row_count: int
    has_filters: bool


@event("chart_interacted", tier=3, owner="metrics", source="browser")
class ChartInteracted(TeamEvent):
    """A chart was clicked, or hovered for half a second, or its legend used: once each per chart and page.

    Args:
        chart_type: which chart.
        action: what was done with it.
    """

    chart_type: ChartType
    action: Literal["click", "hover", "legend"]
