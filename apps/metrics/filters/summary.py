"""The pull requests that a view selects, for both the list and its export."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.metrics.filters.view_state import MetricsView
from apps.metrics.models import PullRequest
from apps.metrics.pull_requests.listing import listed

__all__ = ["is_all", "selected"]


def selected(seen: MetricsView) -> QuerySet[PullRequest]:
    """Return the pull requests that were opened in the range and pass the filters, in order.

    Args:
        seen: the view; its team, selection and time decide.
    """
    filters = seen.selection.filters
    span = filters.period.span(seen.now)
    found = PullRequest.objects.filter(team=seen.team, opened_at__lt=span.end)
    if span.start:
        found = found.filter(opened_at__gte=span.start)
    if filters.repositories:
        found = found.filter(repository__in=filters.repositories)
    return listed(found, seen.selection.listing)


def is_all(seen: MetricsView) -> bool:
    """Whether the view includes all pull requests of the team.

    Args:
        seen: the view whose filters are checked.
    """
    filters = seen.selection.filters
    return filters.period.range == "all" and not filters.repositories and not seen.selection.listing.names
