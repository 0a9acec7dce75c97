"""The views of the request benchmark, and its user, who is not in a database."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import posthog
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import path
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from benchmarks._content import EVENT, GROUPS, IDENTITY, QUERY, SyncFinished, properties
from otel import Identity, record
from otel.attributes import SESSION_ID, USER_ID, VIEW_NAME

__all__ = ["OneUserBackend", "SameAttributesMiddleware", "identify", "urlpatterns"]

_QUERIES = 10

_tracer = trace.get_tracer("benchmarks")


class OneUserBackend(BaseBackend):
    """An authentication backend with one user."""

    def get_user(self, user_id: int) -> Any:  # the type checker knows only Tformance's user model
        """Return the user.

        Args:
            user_id: the id from the session.
        """
        return User(pk=user_id, username="ada", is_active=True)


def identify(user: User, request: HttpRequest | None) -> Identity:  # noqa: ARG001 - the hook
    """Return the identity for a request, as a product's hook does.

    Args:
        user: the signed-in user.
        request: unused.
    """
    return Identity(distinct_id=IDENTITY.distinct_id, groups=IDENTITY.groups)


def _stamps(request: HttpRequest) -> dict[str, Any]:
    """Return the identity attributes that our middleware writes, with the least work."""
    session = request.META["HTTP_X_POSTHOG_SESSION_ID"]
    team = {GROUPS[group]: key for group, key in IDENTITY.groups.items()}
    return {USER_ID: IDENTITY.distinct_id, SESSION_ID: session, **team}


class SameAttributesMiddleware:
    """A middleware that writes the attributes of ours with plain OpenTelemetry.

    Args:
        get_response: the next layer of the stack.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response to a request.

        Args:
            request: a request with a user.
        """
        response = self._get_response(request)
        match = request.resolver_match
        if match is not None and request.user.is_authenticated:
            span = trace.get_current_span()
            route = {VIEW_NAME: match.view_name, "http.route": f"/{match.route}"}
            span.set_attributes({**_stamps(request), **route})
        return response


def _record(_: HttpRequest) -> None:
    record(SyncFinished(**properties(1)))


def _add_event(_: HttpRequest) -> None:
    trace.get_current_span().add_event(EVENT, properties(1))


def _add_same_event(request: HttpRequest) -> None:
    trace.get_current_span().add_event(EVENT, {**properties(1), **_stamps(request)})


def _capture(_: HttpRequest) -> None:
    # Person and session are in the context of PostHog's middleware.
    posthog.capture(EVENT, properties=properties(1), groups=dict(IDENTITY.groups))


_ADD: dict[str, Callable[[HttpRequest], None]] = {
    "ours": _record,
    "plain": _add_event,
    "same": _add_same_event,
    "posthog": _capture,
    "posthog alone": _capture,
}
_add = _ADD[os.environ.get("BENCHMARK_WAY", "plain")]


def sync(request: HttpRequest) -> HttpResponse:
    """Add one event about the signed-in user."""
    if request.user.is_authenticated:
        _add(request)
    return HttpResponse("synced")


def sync_with_queries(request: HttpRequest) -> HttpResponse:
    """Add the same event after ten queries, which are only spans here."""
    for _ in range(_QUERIES):
        with _tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT, attributes=QUERY):
            pass
    return sync(request)


urlpatterns = [path("sync/", sync, name="sync"), path("queries/", sync_with_queries, name="queries")]
