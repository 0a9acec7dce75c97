"""The view of a pull request."""

from __future__ import annotations

from typing import Literal, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.metrics.events import PrDetailViewed
from apps.metrics.formatting import written
from apps.metrics.models import PullRequest
from apps.metrics.pull_requests.timeline import timeline
from apps.metrics.sizes import size_of
from apps.metrics.visits import is_seen
from apps.teams.current_team.access import TeamRequest, team_required
from otel import record

__all__ = ["pull_request"]


@team_required
@require_safe
def pull_request(request: TeamRequest, pk: int) -> HttpResponse:
    """Show one of the current team's pull requests."""
    of_team = request.team.pull_requests.select_related("repository")
    found: PullRequest = get_object_or_404(of_team, pk=pk)
    context = {
        "pull_request": found,
        "size": size_of(found.size),
        "cycle": written(found.cycle_hours, "hours"),
        "wait": written(found.review_hours, "hours"),
        "moments": timeline(found, found.reviews.all()),
    }
    response = render(request, "metrics/pull_request.html", context)
    if is_seen(request):
        record(
            PrDetailViewed(
                team_slug=request.team.slug,
                # GitHub's clock may be ahead of ours.
                pr_age_days=max(0, (timezone.now() - found.opened_at).days),
                is_ai_assisted=found.is_ai_assisted,
                state=cast("Literal['open', 'merged', 'closed']", found.state),
            )
        )
    return response
