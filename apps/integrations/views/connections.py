"""Views of a team's connections: members see them, admins change them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.integrations.connections.lifecycle import disconnect as end
from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.connections.overview import overview
from apps.integrations.models import Provider
from apps.integrations.sync.status import sync_overview
from apps.teams.current_team.access import TeamRequest, admin_required, team_required
from apps.teams.models import Role

__all__ = ["disconnect", "index"]


@team_required
@require_safe
def index(request: TeamRequest) -> HttpResponse:
    """Show the state of each provider for the current team."""
    context = {
        "providers": overview(request.team),
        "syncs": sync_overview(request.team),
        "is_admin": request.membership.role == Role.ADMIN,
    }
    return render(request, "integrations/index.html", context)


@admin_required
@require_POST
def disconnect(request: TeamRequest, provider: str) -> HttpResponse:
    """End one of the current team's connections; synced data is kept."""
    if provider not in Provider.values:
        raise Http404
    label = Provider(provider).label
    connection = live_connection(request.team, Provider(provider))
    if connection is not None and end(connection):
        messages.success(request, f"{label} is disconnected. What was read from it stays.")
    else:
        messages.info(request, f"{label} was not connected.")
    return redirect("integrations:index")
