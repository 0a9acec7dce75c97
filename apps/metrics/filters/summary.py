"""The pull requests that a look selects, for the list and its export alike."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.metrics.filters.view_state import MetricsView
from apps.metrics.models import PullRequest
from apps.metrics.pull_requests.listing import listed

__all__ = ["is_all", "selected"]


def selected(seen: MetricsView) -> QuerySet[PullRequest]:
    """Return the pull requests that were opened in the range and pass the filters, in order.

    Args:
        seen: whose, and through which filters.
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
    """Whether nothing keeps a pull request of the team out.

    Args:
        seen: through which filters.
    """
    filters = seen.selection.filters
    return filters.period.range == "all" and not filters.repositories and not seen.selection.listing.names
