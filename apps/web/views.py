"""Views of the landing page, the dashboard, the health check, and errors on purpose."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.metrics.visits import is_seen
from apps.teams.current_team.access import TeamRequest, team_required
from apps.users.models import User
from apps.web import tasks
from apps.web.dashboard import overview
from apps.web.events import DashboardFirstView
from otel import record

__all__ = ["dashboard", "fail", "fail_in_task", "health", "landing"]


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show the landing page."""
    return render(request, "web/landing.html")


@team_required
@require_safe
def dashboard(request: TeamRequest) -> HttpResponse:
    """Show the current team's dashboard."""
    _note_first_view(request)
    return render(request, "web/dashboard.html", overview(request.team))


def _note_first_view(request: TeamRequest) -> None:
    if request.user.dashboard_seen_at is not None or not is_seen(request):
        return
    now = timezone.now()
    # If two tabs are opened at the same time, only one of them updates the row.
    if User.objects.filter(pk=request.user.pk, dashboard_seen_at=None).update(dashboard_seen_at=now):
        days = (now - request.user.date_joined).days
        record(DashboardFirstView(team_slug=request.team.slug, days_since_signup=days))


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Report that the process responds, without a request to the database or other services."""
    return JsonResponse({"status": "ok"})


@never_cache
def fail(request: HttpRequest) -> HttpResponse:
    """Raise an exception with a cause, to check where errors are reported; for staff, or in development."""
    _require_staff(request)
    try:
        return HttpResponse(int("not a number"))
    except ValueError as error:
        msg = "This page fails on purpose."
        raise RuntimeError(msg) from error


@never_cache
@require_safe
def fail_in_task(request: HttpRequest) -> HttpResponse:
    """Start a task that raises an exception, to check where it is reported; for staff, or in development."""
    _require_staff(request)
    tasks.fail.delay()
    return HttpResponse("A task that fails on purpose is on its way.", status=HTTPStatus.ACCEPTED)


def _require_staff(request: HttpRequest) -> None:
    if not settings.DEBUG and not request.user.is_staff:
        raise Http404
    # Load the team, as most pages do before they fail.
    bool(getattr(request, "team", None))
