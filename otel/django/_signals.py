"""Handlers of Django signals and logs, for events that its auto-instrumentation misses."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.core.signals import got_request_exception
from django.http import HttpRequest
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from otel._guard import suppress_internal_errors
from otel.attributes import VIEW_NAME
from otel.django._config import config
from otel.django.requests.exceptions import forget_noted_exception, is_noted, record_exception
from otel.django.requests.identity import RequestIdentity
from otel.verbs import alias_visitor

__all__ = ["connect"]

_tracer = trace.get_tracer("otel.django")


def connect() -> None:
    """Connect the handlers; a second call has no effect."""
    got_request_exception.connect(_on_exception, dispatch_uid="otel.django")
    user_logged_in.connect(_on_login, dispatch_uid="otel.django")
    logger = logging.getLogger("django.security.DisallowedHost")
    if not any(isinstance(handler, _DisallowedHosts) for handler in logger.handlers):
        logger.addHandler(_DisallowedHosts())


def _on_exception(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Record exceptions that the instrumentation misses: in middleware, and in requests without a span."""
    error = sys.exc_info()[1]
    if error is None:
        return
    with suppress_internal_errors("recording a request's exception"):
        span = trace.get_current_span()
        if not span.is_recording():
            _record_alone(error, request, 500, escaped=True)
            return
        if request is not None:
            if is_noted(request, error):
                return
            # It replaces another one, such as a view's Http404, after which a middleware failed.
            forget_noted_exception(request)
        record_exception(span, error)


def _on_login(*, request: HttpRequest | None, user: AbstractBaseUser, **_: Any) -> None:
    """Alias the visitor's id to the account; no other code does this."""
    if request is None:
        return
    with suppress_internal_errors("aliasing a visitor to an account"):
        visitor = RequestIdentity(request, config().identify)
        account = config().identify(user, request)
        if (
            visitor.browser.visitor_id is not None
            and account.distinct_id not in (None, visitor.browser.visitor_id)
            and not visitor.known_identity().opted_out
            and not account.opted_out
        ):
            alias_visitor(visitor.browser.visitor_id, account)


class _DisallowedHosts(logging.Handler):
    """A log handler that records requests for a disallowed host, which have no span (`otel.md` section 5).

    Django logs them with the exception to a separate logger (its documentation, "Logging").
    """

    def emit(self, record: logging.LogRecord) -> None:
        with suppress_internal_errors("recording a disallowed host"):
            error = record.exc_info[1] if record.exc_info else None
            if error is not None:
                _record_alone(error, getattr(record, "request", None), 400, escaped=False)


def _record_alone(error: BaseException, request: HttpRequest | None, status: int, *, escaped: bool) -> None:
    """Record an error on a separate span, with the attributes that the request's span would have."""
    attributes: dict[str, str | int] = {"http.response.status_code": status}
    if request is not None:
        attributes["http.request.method"] = str(request.method)
        if request.resolver_match is not None:
            attributes[VIEW_NAME] = request.resolver_match.view_name
    with _tracer.start_as_current_span("request", attributes=attributes) as span:
        span.record_exception(error, escaped=escaped)
        span.set_status(Status(StatusCode.ERROR))
