"""The middleware that attributes events to a request's user; it must come right after authentication."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from opentelemetry import trace

from otel import pipeline
from otel._guard import report_internal_error, suppress_internal_errors
from otel.attributes import VIEW_NAME
from otel.django._config import config
from otel.django.requests.exceptions import record_noted_exception
from otel.django.requests.identity import RequestIdentity
from otel.django.requests.routes import name_by_route
from otel.django.requests.streaming import follow_stream
from otel.identity import enter_identity, leave_identity

__all__ = ["TelemetryMiddleware"]

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class TelemetryMiddleware:
    """The middleware that adds person, session and groups to a request's span and events.

    Args:
        get_response: the next layer of the stack, sync or async.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response to a request.

        Args:
            request: a request that the authentication middleware has processed.
        """
        if self._is_async:
            return self._answer_async(request)
        get_response = cast("Callable[[HttpRequest], HttpResponseBase]", self._get_response)
        source = RequestIdentity(request, config().identify)
        entered = enter_identity(source)
        try:
            response = get_response(request)
            _record(request, response)
            _follow(request, response, source)
        finally:
            _add_identity(request, source)
            leave_identity(entered)
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        get_response = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", self._get_response)
        source = RequestIdentity(request, config().identify)
        entered = enter_identity(source)
        try:
            response = await get_response(request)
            if source.is_awaited:
                await request.auser()
            _record(request, response)
            _follow(request, response, source)
        finally:  # also if the client hangs up, which cancels the request
            _add_identity(request, source)
            leave_identity(entered)
        return response


def _add_identity(request: HttpRequest, source: RequestIdentity) -> None:
    """Add identity, view and route to the request's span; release the events that wait for the identity."""
    try:
        span = trace.get_current_span()
        if span.is_recording():
            attributes = source.known_identity().entry_attributes(config().groups)
            match = request.resolver_match
            if match is not None:
                attributes[VIEW_NAME] = match.view_name
                attributes |= name_by_route(span, match.route)
            span.set_attributes(attributes)
            # Not at the end of the span, because the instrumentation never ends that of a cancelled request.
            pipeline.release(span.get_span_context().span_id)
    except Exception as error:  # noqa: BLE001 - telemetry must not raise into the product
        report_internal_error("adding a request's identity", error)


def _record(request: HttpRequest, response: HttpResponseBase) -> None:
    with suppress_internal_errors("recording a view's exception"):
        record_noted_exception(request, response.status_code)


def _follow(request: HttpRequest, response: HttpResponseBase, source: RequestIdentity) -> None:
    """Follow a response that is written after the request's span has ended."""
    # The server sends a file itself; wrapping its content would read the file through Python.
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        with suppress_internal_errors("following a stream"):
            match = request.resolver_match
            view = {} if match is None else {VIEW_NAME: match.view_name}
            follow_stream(request, response, source, view)
