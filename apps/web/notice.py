"""The answer to the notice, or to its question asked again: may this browser be recorded?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.users.consent import keep_answer

__all__ = ["answer"]


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Keep the `choice`, `out` or `in`, in this browser, and go back to the page `next`."""
    choice = request.POST.get("choice")
    if choice not in ("in", "out"):
        return HttpResponseBadRequest("Choose in or out.")
    came_from = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts=None)
    response = redirect(came_from if is_ours else "web:landing")
    keep_answer(request, response, is_refused=choice == "out")
    return response
