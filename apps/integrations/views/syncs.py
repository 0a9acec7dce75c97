"""Views that start syncs and show their progress."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Provider, Trigger
from apps.integrations.sync.requests import request_sync, request_syncs
from apps.integrations.sync.status import sync_overview
from apps.teams.current_team.access import TeamRequest, admin_required, team_required

__all__ = ["progress", "sync", "sync_repository"]

_NOT_CONNECTED = "GitHub is not connected. Connect it, then sync again."


@admin_required
@require_POST
def sync(request: TeamRequest) -> HttpResponse:
    """Sync all tracked repositories of the current team."""
    if live_connection(request.team, Provider.GITHUB) is None:
        messages.error(request, _NOT_CONNECTED)
    elif request_syncs(request.team, Trigger.MANUAL):
        messages.success(request, "The sync has begun.")
    elif request.team.repositories.filter(is_tracked=True).exists():
        messages.info(request, "The sync is under way already.")
    else:
        messages.error(request, "No repository is tracked. Choose at least one, then sync again.")
    return redirect("integrations:index")


@admin_required
@require_POST
def sync_repository(request: TeamRequest, pk: int) -> HttpResponse:
    """Sync one of the current team's tracked repositories."""
    repository = get_object_or_404(request.team.repositories.select_related("team"), pk=pk, is_tracked=True)
    if live_connection(request.team, Provider.GITHUB) is None:
        messages.error(request, _NOT_CONNECTED)
    elif request_sync(repository, Trigger.MANUAL) is not None:
        messages.success(request, f"The sync of {repository} has begun.")
    else:
        messages.info(request, f"The sync of {repository} is under way already.")
    return redirect("integrations:index")


@team_required
@never_cache
@require_safe
def progress(request: TeamRequest) -> HttpResponse:
    """Show the progress of the current team's syncs, as a page fragment that a script can replace.

    Without a script, people follow a link to reload: a page that refreshes by itself disturbs slow readers.
    """
    return render(request, "integrations/_syncs.html", {"syncs": sync_overview(request.team)})
