"""The middleware that attributes events to a request's user; it must come right after authentication."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from opentelemetry import trace

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.attributes import VIEW_NAME
from otel.django._config import config
from otel.django._identity import RequestIdentity
from otel.django._routes import name_by_route
from otel.django._streaming import follow_stream
from otel.identity import identified

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
        with identified(source):
            try:
                response = get_response(request)
            except BaseException:
                _add_identity(request, source)
                raise
            _finish(request, response, source)
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        get_response = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", self._get_response)
        source = RequestIdentity(request, config().identify)
        with identified(source):
            try:
                response = await get_response(request)
            except BaseException:
                _add_identity(request, source)
                raise
            if source.is_awaited:
                await request.auser()
            _finish(request, response, source)
        return response


def _add_identity(request: HttpRequest, source: RequestIdentity) -> dict[str, str]:
    """Add identity, view and route to the request's span; return the attribute of the view."""
    view: dict[str, str] = {}
    with suppress_internal_errors("adding a request's identity"):
        span = trace.get_current_span()
        match = request.resolver_match
        if match is not None:
            view[VIEW_NAME] = match.view_name
        if span.is_recording():
            identity = source.known_identity().entry_attributes(config().groups)
            route = {} if match is None else name_by_route(span, match.route)
            span.set_attributes({**identity, **view, **route})
            # Not at the end of the span: if a client hangs up under ASGI, the request is cancelled, and the
            # instrumentation never ends its span.
            pipeline.release(span.get_span_context().span_id)
    return view


def _finish(request: HttpRequest, response: HttpResponseBase, source: RequestIdentity) -> None:
    view = _add_identity(request, source)
    with suppress_internal_errors("following a stream"):
        # The server sends a file itself; wrapping its content would read the file through Python.
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            follow_stream(request, response, source, view)
