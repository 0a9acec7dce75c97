"""View that deletes a person's account."""

from __future__ import annotations

from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.users.deletion import AccountNeededError, consequences, delete_account
from apps.users.forms import DeleteAccountForm
from apps.users.models import User

__all__ = ["delete"]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Show the consequences of deleting the account, and delete it."""
    # A separate instance, because telemetry reads the request's user until the end of the request.
    user = User.objects.get(pk=cast("User", request.user).pk)
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST":
        # Limit the attempts to guess a password, as the login does.
        if not ratelimit.consume(request, action="reauthenticate", user=user):
            messages.error(request, "That was tried too often. Wait a minute, then try again.")
            return redirect("users:delete")
        if form.is_valid():
            return _delete(request, user)
    known = consequences(user)
    context = {
        "form": form,
        "obstacles": [one for one in known if one.is_obstacle],
        "consequences": [one for one in known if not one.is_obstacle],
    }
    return render(request, "users/delete.html", context)


def _delete(request: HttpRequest, user: User) -> HttpResponse:
    try:
        delete_account(user)
    except AccountNeededError:
        return redirect("users:delete")  # the page says why
    logout(request)
    messages.success(request, "Your account is deleted.")
    return redirect("web:landing")
