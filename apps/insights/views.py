"""Views that list, show, dismiss and restore insights."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.insights.events import InsightViewed
from apps.insights.lists import dismissed_insights, open_insights
from apps.insights.models import Insight
from apps.insights.places import tab_of
from apps.metrics.visits import is_seen
from apps.teams.current_team.access import TeamRequest, team_required
from otel import record

__all__ = ["detail", "dismiss", "list_insights", "restore"]

# Short enough to read in one go.
_PER_PAGE = 20


@team_required
@require_safe
def list_insights(request: TeamRequest) -> HttpResponse:
    """List the current team's open insights, or the dismissed ones."""
    is_dismissed = request.GET.get("dismissed") == "1"
    insights = dismissed_insights(request.team) if is_dismissed else open_insights(request.team)
    page = Paginator(insights, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "insights/list.html", {"page": page, "is_dismissed": is_dismissed})


@team_required
@require_safe
def detail(request: TeamRequest, pk: int) -> HttpResponse:
    """Show one insight of the current team."""
    insight = get_object_or_404(request.team.insights.select_related("dismissed_by"), pk=pk)
    if is_seen(request):
        record(
            InsightViewed(
                team_slug=request.team.slug,
                insight_type=cast("Any", insight.kind),
                priority=cast("Any", insight.priority),
                age_days=(timezone.now() - insight.found_at).days,
            )
        )
    return render(request, "insights/detail.html", {"insight": insight, "tab": tab_of(insight)})


@team_required
@require_POST
def dismiss(request: TeamRequest, pk: int) -> HttpResponse:
    """Remove an insight from the current team's list."""
    insight = get_object_or_404(request.team.insights, pk=pk)
    # Only the first dismissal counts: `dismissed_by` names the first person.
    Insight.objects.filter(pk=insight.pk, dismissed_at=None).update(
        dismissed_at=timezone.now(), dismissed_by=request.user
    )
    messages.success(request, f"Dismissed: {insight.title}.")
    return redirect("insights:list")


@team_required
@require_POST
def restore(request: TeamRequest, pk: int) -> HttpResponse:
    """Put a dismissed insight back on the current team's list."""
    insight = get_object_or_404(request.team.insights, pk=pk)
    Insight.objects.filter(pk=insight.pk).update(dismissed_at=None, dismissed_by=None)
    messages.success(request, f"Back on the list: {insight.title}.")
    return redirect("insights:list")
