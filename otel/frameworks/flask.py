"""Flask, whose instrumentation sees neither what an error handler answers nor a response that breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import wrapt
from opentelemetry import trace

from otel._guard import suppress_internal_errors

__all__ = ["observe_flask"]

# The key under which the instrumentation keeps the request's span.
_SPAN = "opentelemetry-flask.span_key"


Remember = Callable[[BaseException, int], object]
Report = Callable[[BaseException, trace.Span], object]


@cache  # once per process
def observe_flask(remember: Remember, report: Report) -> None:
    """Observe the exceptions that Flask's error handlers answer, and those that break a response.

    Args:
        remember: called with an exception that is answered, and the id of the current span; the response
            decides whether it is an error.
        report: called with an exception that breaks a response, and the request's span, which has ended.
    """

    def handle_user_exception(handle: Callable[..., Any], _: object, args: Any, kwargs: Any) -> Any:
        with suppress_internal_errors("remembering an exception of Flask"):
            remember(args[0], trace.get_current_span().get_span_context().span_id)
        return handle(*args, **kwargs)

    def respond(call: Callable[..., Any], _: object, args: Any, kwargs: Any) -> Any:
        response = call(*args, **kwargs)
        environ = args[0]
        # The server sends such a file itself.
        is_file = isinstance(response, environ.get("wsgi.file_wrapper", ()))
        span = environ.get(_SPAN)
        if is_file or isinstance(response, list | tuple) or span is None:
            return response
        return _Response(response, span, report)

    def wrap(app: Any) -> None:
        wrapt.wrap_function_wrapper(app, "Flask.handle_user_exception", handle_user_exception)
        wrapt.wrap_function_wrapper(app, "Flask.__call__", respond)

    wrapt.register_post_import_hook(wrap, "flask.app")


class _Response:
    """The parts of a response. Confined to the server's thread."""

    def __init__(self, parts: Iterable[bytes], span: trace.Span, report: Report) -> None:
        self._parts = parts
        self._span = span
        self._report = report

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except Exception as error:
            with suppress_internal_errors("reporting a broken response"):
                self._report(error, self._span)
            raise

    def close(self) -> None:
        """Close the response, as the server does at its end."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()
