"""Streaming responses: attribution of events and errors that occur after the request's span has ended."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from django.http import HttpRequest, StreamingHttpResponse
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context

from otel._guard import suppress_internal_errors
from otel.django._config import config
from otel.django.requests.exceptions import record_exception
from otel.identity import IdentitySource, identified
from otel.selecting import ends_abnormally

__all__ = ["follow_stream"]

_tracer = trace.get_tracer("otel.django")


class _Stream:
    """The request context of a streaming response, current for each chunk. Confined to one response."""

    def __init__(self, context: Context, source: IdentitySource, view: Mapping[str, str | int]) -> None:
        self._context = context
        self._source = source
        self._view = view

    @contextmanager
    def current(self) -> Iterator[None]:
        token = otel_context.attach(self._context)
        try:
            with identified(self._source):
                yield
        finally:
            otel_context.detach(token)

    def failed(self, error: BaseException) -> None:
        if not isinstance(error, Exception) and not ends_abnormally(error):
            return
        with suppress_internal_errors("recording a stream's failure"), self.current():
            known = self._source.identity()
            identity = known.entry_attributes(config().groups) if known is not None else {}
            with _tracer.start_as_current_span("stream", attributes={**self._view, **identity}) as span:
                record_exception(span, error)

    def chunks(self, content: Iterable[bytes]) -> Iterator[bytes]:
        iterator = iter(content)
        while True:
            try:
                with self.current():
                    chunk = next(iterator)
            except StopIteration:
                return
            except BaseException as error:
                self.failed(error)
                raise
            yield chunk

    async def chunks_async(self, content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        iterator = aiter(content)
        while True:
            try:
                with self.current():
                    chunk = await anext(iterator)
            except StopAsyncIteration:
                return
            except BaseException as error:
                self.failed(error)
                raise
            yield chunk


def follow_stream(
    request: HttpRequest, response: StreamingHttpResponse, source: IdentitySource, view: Mapping[str, str]
) -> None:
    """Attribute the events and errors of a streaming response to its request.

    The request's span ends before the first chunk (`otel.md` section 5).

    Args:
        request: the request.
        response: the response, whose content is wrapped.
        source: the source of the request's identity.
        view: the view's name, as a span attribute.
    """
    attributes: dict[str, str | int] = {
        **view,
        "http.request.method": str(request.method),
        "http.response.status_code": response.status_code,
    }
    stream = _Stream(otel_context.get_current(), source, attributes)
    content = response.streaming_content
    if response.is_async:
        response.streaming_content = stream.chunks_async(cast("AsyncIterable[bytes]", content))
    else:
        response.streaming_content = stream.chunks(cast("Iterable[bytes]", content))
