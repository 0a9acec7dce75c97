"""Views that submit feedback, and list it for staff."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.feedback.events import FeedbackSubmitted
from apps.feedback.forms import FeedbackForm
from apps.feedback.models import Feedback
from apps.safe_redirect import safe_redirect
from apps.teams.current_team.access import TeamRequest, team_required
from otel import record

__all__ = ["received", "send"]

# As many as a person reads in one sitting.
_PER_PAGE = 20


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: TeamRequest) -> HttpResponse:
    """Save feedback from a member of the current team, and redirect to the page the person came from."""
    form = FeedbackForm(
        request.POST if request.method == "POST" else None,
        instance=Feedback(team=request.team, user=request.user),
    )
    came_from = _came_from(request)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            feedback = form.save()
            record(
                FeedbackSubmitted(
                    team_slug=request.team.slug,
                    category=cast("Any", feedback.category),
                    has_text=bool(feedback.text),
                )
            )
        messages.success(request, "Thank you. We read everything that you tell us.")
        return redirect(came_from or "web:dashboard")
    return render(request, "feedback/send.html", {"form": form, "came_from": came_from})


@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """List all feedback, the latest first; only for Tformance's staff, others get a 404."""
    if not request.user.is_staff:
        raise Http404
    told = Feedback.objects.select_related("team", "user").order_by("-created_at", "-pk")
    page = Paginator(told, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "feedback/received.html", {"page": page})


def _came_from(request: TeamRequest) -> str:
    """Return the page that linked to this one; empty if the address is on another site."""
    return safe_redirect((request.POST if request.method == "POST" else request.GET).get("next", ""))
