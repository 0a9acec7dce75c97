"""The overview tab: how much gets done, how fast, and what waits for a review."""

from __future__ import annotations

from django.urls import reverse

from apps.metrics.figures.charts import Chart, Series
from apps.metrics.formatting import written
from apps.metrics.models import PullRequest, PullRequestState
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table

__all__ = ["content"]

# As many as a person can review in a day.
_WAITING = 5


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    by_step = scope.figures_by_step
    return Content(
        cards=(
            scope.card("Opened", "opened"),
            scope.card("Merged", "merged"),
            scope.card("Time to merge", "cycle_hours", "hours"),
            scope.card("Wait for the first review", "review_hours", "hours"),
            scope.card("Assisted by AI", "ai_share", "percent"),
            scope.card("Typical size", "size", "lines"),
        ),
        charts=(
            Chart(
                key="throughput",
                title="Pull requests opened and merged",
                across="From",
                labels=scope.step_labels,
                series=(
                    Series("Opened", tuple(one.opened for one in by_step)),
                    Series("Merged", tuple(one.merged for one in by_step)),
                ),
            ),
        ),
        tables=(_waiting(scope),),
    )


def _waiting(scope: Scope) -> Table:
    """Return the pull requests that have waited longest for a first review, opened at any time."""
    found = PullRequest.objects.filter(
        team=scope.team,
        # The state of pull requests in other repositories is outdated.
        repository__is_tracked=True,
        state=PullRequestState.OPEN,
        first_review_at=None,
    )
    if scope.filters.repositories:
        found = found.filter(repository__in=scope.filters.repositories)
    rows = tuple(
        (
            Cell(one.title, reverse("metrics:pull_request", args=[one.pk])),
            Cell(scope.names.get(one.repository_id, "")),
            Cell(one.author),
            Cell(written((scope.now - one.opened_at).total_seconds() / 3600, "hours")),
        )
        for one in found.order_by("opened_at", "pk")[:_WAITING]
    )
    return Table(
        caption="Waiting longest for a first review",
        columns=("Pull request", "Repository", "Author", "Waiting for"),
        rows=rows,
        empty="Nothing waits for a first review.",
    )
