"""Views of the onboarding; only POST requests change anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.integrations.choices import PROJECTS, REPOSITORIES, SLACK, Choice, Page
from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Provider, Trigger
from apps.integrations.providers import PROVIDERS
from apps.onboarding import steps
from apps.onboarding.models import Step, StepOutcome
from apps.onboarding.summary import summary
from apps.teams.current_team.access import TeamRequest, TeamView, team_required
from apps.teams.models import Role

__all__ = ["complete", "skip", "start", "step"]

_CHOICES: dict[Step, Choice] = {Step.REPOS: REPOSITORIES, Step.JIRA: PROJECTS, Step.SLACK: SLACK}


def _setting_up(view: Callable[..., HttpResponse]) -> TeamView:
    """Restrict a view to admins of a team that is being set up.

    Other members see which admins can set up the team. After the setup, everybody is redirected to the
    dashboard.
    """

    @team_required
    @wraps(view)
    def wrapper(request: TeamRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_admin = request.membership.role == Role.ADMIN
        if request.method == "POST" and not is_admin:
            raise PermissionDenied
        if request.team.onboarded_at:
            if request.method == "POST":
                messages.info(request, "The setup is finished. Change connections under Integrations.")
            return redirect("web:dashboard")
        if not is_admin:
            admins = request.team.memberships.filter(role=Role.ADMIN).select_related("user")
            return render(request, "onboarding/waiting.html", {"admins": admins.order_by("created_at", "pk")})
        return view(request, *args, **kwargs)

    return wrapper


@_setting_up
@require_safe
def start(request: TeamRequest) -> HttpResponse:
    """Redirect to the next open step."""
    following = steps.next_step(request.team)
    return redirect("onboarding:step", following) if following else redirect("onboarding:complete")


@_setting_up
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: TeamRequest, step: str) -> HttpResponse:
    """Show a step, or complete it."""
    current = _step(step)
    choice = _CHOICES.get(current)
    if choice is None:
        return _connect_github(request)
    if request.method == "POST":
        page = choice.open(request.team, data=request.POST, is_needed=True)
        if page.form is not None and page.form.is_valid():
            with transaction.atomic():
                saved = choice.save(request.team, page, Trigger.ONBOARDING)
                steps.complete(request.team, current, user=request.user, **asdict(saved))
            return redirect("onboarding:start")
    else:
        page = choice.open(request.team, query=request.GET.get("q", ""), is_needed=True)
    return _show(request, current, choice.provider, page)


@_setting_up
@require_POST
def skip(request: TeamRequest, step: str) -> HttpResponse:
    """Skip a step."""
    current = _step(step)
    steps.skip(request.team, current, "user", user=request.user)
    return redirect("onboarding:start")


@_setting_up
@require_http_methods(["GET", "HEAD", "POST"])
def complete(request: TeamRequest) -> HttpResponse:
    """Show the summary, or finish the onboarding."""
    if request.method == "POST":
        if steps.finish(request.team, user=request.user):
            messages.success(request, f"{request.team} is set up.")
        return redirect("web:dashboard")
    lines = summary(request.team)
    places = [line.place for line in lines]
    context = {
        "places": places,
        "lines": lines,
        "has_open": any(place.outcome is None for place in places),
    }
    return render(request, "onboarding/complete.html", context)


def _connect_github(request: TeamRequest) -> HttpResponse:
    connection = live_connection(request.team, Provider.GITHUB)
    if request.method == "POST":
        if connection is None:
            messages.error(request, "GitHub is not connected yet. Connect it, or skip this step.")
            return redirect("onboarding:step", Step.GITHUB)
        steps.complete(request.team, Step.GITHUB, user=request.user)
        return redirect("onboarding:start")
    return _show(request, Step.GITHUB, Provider.GITHUB, Page(connection=connection))


def _show(request: TeamRequest, current: Step, provider: Provider, page: Page) -> HttpResponse:
    places = steps.places(request.team)
    outcome = next(place.outcome for place in places if place.step is current)
    context = {
        "places": places,
        "step": current,
        "may_skip": outcome is None,
        "is_done": outcome is StepOutcome.COMPLETED,
        "provider": provider,
        "is_configured": PROVIDERS[provider].is_configured(),
        "page": page,
    }
    return render(request, f"onboarding/{current.value}.html", context)


def _step(name: str) -> Step:
    if name not in Step.values:
        raise Http404
    return Step(name)
