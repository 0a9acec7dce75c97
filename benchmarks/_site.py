"""The view of the request benchmark, and its user, who is not in a database."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import path
from opentelemetry import trace

from benchmarks._content import EVENT, IDENTITY, SyncFinished, properties
from otel import Identity, record

__all__ = ["OneUserBackend", "identify", "urlpatterns"]


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


def sync(request: HttpRequest) -> HttpResponse:
    """Record one event about the signed-in user."""
    if request.user.is_authenticated:
        record(SyncFinished(**properties(1)))
    return HttpResponse("synced")


def sync_plainly(request: HttpRequest) -> HttpResponse:
    """Add the same event with OpenTelemetry's API, without an identity."""
    if request.user.is_authenticated:
        trace.get_current_span().add_event(EVENT, properties(1))
    return HttpResponse("synced")


_view = sync if os.environ.get("BENCHMARK_WAY") == "ours" else sync_plainly
urlpatterns = [path("sync/", _view, name="sync")]
