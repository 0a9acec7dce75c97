"""Whether the product can do its work: a probe, which an orchestrator asks every few seconds."""

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

# Seconds; a probe has given up by then.
_TIMEOUT = 2


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django hands it over
    """Say whether the database and the broker answer; 503 while one does not."""
    # A probe that fails is for whoever asks, not for the traces, nor an error of the product.
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
