"""A readiness probe, which an orchestrator requests every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from opentelemetry.instrumentation.utils import suppress_instrumentation

__all__ = ["ready"]

# Seconds; by then the probe itself has timed out.
_TIMEOUT = 2


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Report whether the database and the broker respond; the status is 503 if one of them does not."""
    # The response reports a failure to the orchestrator; traces and error tracking do not need it.
    with suppress_instrumentation():
        found = {"database": _answers(_ask_database), "broker": _answers(_ask_broker)}
    status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(
        {name: "ok" if is_there else "away" for name, is_there in found.items()}, status=status
    )


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, OperationalError, OSError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_broker() -> None:
    with current_app.connection_for_write(connect_timeout=_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, timeout=_TIMEOUT)
