"""Views of a team's choices: members see them, admins change them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.integrations.choices import PROJECTS, REPOSITORIES, SLACK, Choice, Page
from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Trigger
from apps.teams.current_team.access import TeamRequest, team_required
from apps.teams.models import Role

__all__ = ["projects", "repositories", "slack"]


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def repositories(request: TeamRequest) -> HttpResponse:
    """Show and change which repositories are tracked."""
    return _page(request, REPOSITORIES, "repositories")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: TeamRequest) -> HttpResponse:
    """Show and change which Jira projects are followed."""
    return _page(request, PROJECTS, "projects")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def slack(request: TeamRequest) -> HttpResponse:
    """Show and change what is posted to Slack, and where."""
    return _page(request, SLACK, "slack")


def _page(request: TeamRequest, choice: Choice, name: str) -> HttpResponse:
    is_admin = request.membership.role == Role.ADMIN
    if request.method == "POST":
        if not is_admin:
            raise PermissionDenied
        page = choice.open(request.team, data=request.POST)
        if page.form is not None and page.form.is_valid():
            with transaction.atomic():
                choice.save(request.team, page, Trigger.MANUAL)
            messages.success(request, "Saved.")
            return redirect(f"integrations:{name}")
    elif is_admin:
        page = choice.open(request.team, query=request.GET.get("q", ""))
    else:
        # Members cannot choose, so do not ask the provider for the options.
        page = Page(connection=live_connection(request.team, choice.provider))
    context = {
        "page": page,
        "choice": choice,
        "is_admin": is_admin,
        "chosen": choice.chosen(request.team) if page.form is None else (),
    }
    return render(request, f"integrations/{name}.html", context)
