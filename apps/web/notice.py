"""The view that saves a browser's answer to the privacy notice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.safe_redirect import safe_redirect
from apps.users.consent import keep_answer

__all__ = ["answer"]


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Save the `choice`, `in` or `out`, in a cookie, and redirect to the page `next`."""
    choice = request.POST.get("choice")
    if choice not in ("in", "out"):
        return HttpResponseBadRequest("Choose in or out.")
    response = redirect(safe_redirect(request.POST.get("next", "")) or "web:landing")
    keep_answer(request, response, is_refused=choice == "out")
    return response
