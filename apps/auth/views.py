"""Views of the OAuth flow: start, callback, and the choice of an account."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.auth.authorizations import begin, claim, claim_returned, waiting_for_choice
from apps.auth.callback import connect_account, finish_authorization
from apps.auth.models import Authorization
from apps.auth.pending_choice import PendingChoice
from apps.auth.problems import ConnectingError, invalid_address
from apps.integrations.connections.revocation import give_back
from apps.integrations.events import Flow
from apps.integrations.models import Provider
from apps.integrations.providers import PROVIDERS
from apps.integrations.providers.grant import Account
from apps.teams.current_team.access import TeamRequest, admin_required
from apps.users.models import User

__all__ = ["callback", "choose", "start"]

# The page that each flow ends on.
_HOMES: dict[str, str] = {"onboarding": "onboarding:start", "settings": "integrations:index"}
# The session key of the problem that ended the last callback.
_PROBLEM = "connecting_problem"


@admin_required
@require_POST
def start(request: TeamRequest, provider: str) -> HttpResponse:
    """Redirect the user to the provider, to grant access for the current team."""
    chosen, flow = _provider(provider), request.POST.get("flow", "settings")
    if flow not in _HOMES:
        return HttpResponse("There is no such flow.", status=400)
    if not PROVIDERS[chosen].is_configured():
        messages.error(request, f"{chosen.label} cannot be connected here yet: it is not set up.")
        return redirect(_HOMES[flow])
    return redirect(
        begin(
            request.team,
            request.user,
            chosen,
            cast("Flow", flow),
            session=request.session,
            redirect_uri=_redirect_uri(request, chosen),
        )
    )


@never_cache
@require_GET
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Connect the team for which the user started the authorization."""
    chosen = _provider(provider)
    if not isinstance(request.user, User):
        messages.error(request, f"You were logged out meanwhile. Log in and connect {chosen.label} again.")
        return redirect_to_login(resolve_url("integrations:index"))
    if not request.GET:
        return _last_problem_page(request)
    authorization = None
    try:
        authorization = claim_returned(request.GET.get("state", ""), chosen, request.user, request.session)
        arrived = finish_authorization(
            authorization, request.GET.dict(), redirect_uri=_redirect_uri(request, chosen)
        )
    except ConnectingError as problem:
        # Redirect to the same URL without its query, so that no page is shown, and reported by the browser,
        # under a URL that contains a code.
        request.session[_PROBLEM] = _described(problem, authorization)
        return redirect("auth:callback", chosen.value)
    if isinstance(arrived, Authorization):
        return redirect(f"{resolve_url('auth:choose', chosen.value)}?{urlencode({'of': arrived.pk.hex})}")
    return _connected(request, authorization, arrived)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, provider: str) -> HttpResponse:
    """Ask which of several accounts to connect the team to."""
    chosen = _provider(provider)
    authorization = None
    try:
        authorization = waiting_for_choice(
            request.GET.get("of", ""), chosen, cast("User", request.user), request.session
        )
        waiting = PendingChoice.from_text(authorization.waiting)
        if request.method == "POST" and "cancel" in request.POST:
            claim(authorization)
            give_back(chosen, waiting.grant.access_token)
            messages.info(request, f"{chosen.label} was not connected.")
            return redirect(_HOMES[authorization.flow])
        account = next((one for one in waiting.accounts if one.id == request.POST.get("account")), None)
        if account is not None:
            connect_account(claim(authorization), account, waiting.grant)
            return _connected(request, authorization, account)
    except ConnectingError as problem:
        return _problem_page(request, _described(problem, authorization))
    context = {
        "accounts": waiting.accounts,
        "is_missing": request.method == "POST",
        "noun": PROVIDERS[chosen].ACCOUNT_NOUN,
        "provider": chosen,
        "team": authorization.team,
    }
    return render(request, "auth/choose.html", context, status=400 if request.method == "POST" else 200)


def _provider(name: str) -> Provider:
    try:
        return Provider(name)
    except ValueError as error:
        raise Http404 from error


def _redirect_uri(request: HttpRequest, provider: Provider) -> str:
    return request.build_absolute_uri(resolve_url("auth:callback", provider.value))


def _connected(request: HttpRequest, authorization: Authorization, account: Account) -> HttpResponse:
    # Name the team, because the user may have switched to another team in another tab.
    label = authorization.get_provider_display()
    messages.success(request, f"{authorization.team} is connected to {account.name} at {label}.")
    return redirect(_HOMES[authorization.flow])


def _described(problem: ConnectingError, authorization: Authorization | None) -> dict[str, Any]:
    home = _HOMES[authorization.flow if authorization else "settings"]
    return {"title": problem.title, "advice": problem.advice, "status": problem.status, "home": home}


def _last_problem_page(request: HttpRequest) -> HttpResponse:
    return _problem_page(request, request.session.get(_PROBLEM) or _described(invalid_address(), None))


def _problem_page(request: HttpRequest, described: dict[str, Any]) -> HttpResponse:
    return render(request, "auth/problem.html", described, status=described["status"])
