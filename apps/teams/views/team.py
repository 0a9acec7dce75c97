"""Views that create, change and switch teams."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.teams.current_team.access import TeamRequest, admin_required
from apps.teams.current_team.lookup import make_current, memberships_of
from apps.teams.forms import CreateTeamForm, TeamSettingsForm
from apps.teams.membership.memberships import NameTakenError, create_team, turn_to
from apps.teams.models import Membership, Team
from apps.teams.properties import TeamProperties
from apps.users.events import SettingsUpdated
from otel import record, set_group

if TYPE_CHECKING:
    from apps.users.models import User

__all__ = ["create", "settings", "switch"]

# How often to retry if another request takes the slug; then something else is wrong, and the error is raised.
_RETRIES = 5


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Create a team and switch to it."""
    form = CreateTeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            membership = _create(cast("User", request.user), form)
        except NameTakenError:
            form.add_error("name", "You are in a team of this name. Turn to it, or choose another name.")
        else:
            make_current(request, membership)
            messages.success(request, f"{membership.team} is ready.")
            return redirect("onboarding:start")
    return render(request, "teams/create.html", {"form": form})


def _create(user: User, form: CreateTeamForm) -> Membership:
    """Create the team; if a concurrent request takes the slug first, retry with the next free one."""
    for _ in range(_RETRIES):
        with suppress(IntegrityError):
            return create_team(user, name=form.cleaned_data["name"], slug=form.free_slug())
    return create_team(user, name=form.cleaned_data["name"], slug=form.free_slug())


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Switch to another of the person's teams."""
    chosen = request.POST.get("team")
    for membership in memberships_of(request):
        if str(membership.team.public_id) == chosen:
            turn_to(membership)
            make_current(request, membership)
            return redirect("web:dashboard")
    raise Http404


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: TeamRequest) -> HttpResponse:
    """Show and change the current team."""
    # A separate instance, because an invalid form leaves its values on the instance.
    team = Team.objects.get(pk=request.team.pk)
    form = TeamSettingsForm(request.POST if request.method == "POST" else None, instance=team)
    if request.method == "POST" and form.is_valid():
        try:
            _save(form)
        except IntegrityError:  # another request has just taken the slug
            form.add_error("slug", "Another team has this address. Choose another one.")
        else:
            messages.success(request, "Saved.")
            return redirect("teams:settings")
    return render(request, "teams/settings.html", {"form": form})


@transaction.atomic
def _save(form: TeamSettingsForm) -> None:
    if not form.changed_data:
        return
    team = form.instance
    # Save only these fields, because another request may have changed others meanwhile.
    team.save(update_fields=form.changed_data)
    record(SettingsUpdated(section="team", changed_fields=tuple(form.changed_data), team_slug=team.slug))
    # The group properties have the same names as the form's fields.
    changed = {name: form.cleaned_data[name] for name in form.changed_data}
    set_group(TeamProperties(**changed), key=str(team.public_id))
