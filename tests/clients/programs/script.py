"""A worker without a framework, with OpenTelemetry's own SDK and exporters and spans of its own."""

from __future__ import annotations

from contextlib import suppress

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from tests.clients.programs import stock

_ABOUT = {"user.id": "anna"}


def request(name: str) -> trace.Span:
    return stock.tracer.start_span(name, kind=SpanKind.SERVER, attributes=_ABOUT)


if __name__ == "__main__":
    with trace.use_span(request("order"), end_on_exit=True) as span:
        span.add_event("order_placed", {"items": 3})
    with (
        suppress(stock.CartError),
        trace.use_span(request("inside"), end_on_exit=True),
        stock.tracer.start_as_current_span("load the cart"),
    ):
        try:
            stock.load("inside")
        except stock.CartError:
            stock.log.exception("it is logged on its way")
            raise
    with suppress(stock.CartError), trace.use_span(request("plainly"), end_on_exit=True):
        try:
            stock.load("plainly")
        except stock.CartError:
            stock.log.exception("it is logged by the server")
            raise
    with trace.use_span(request("handled"), end_on_exit=True) as span:
        try:
            stock.load("handled")
        except stock.CartError as error:
            span.record_exception(error)
    with trace.use_span(request("logged"), end_on_exit=True):
        try:
            stock.load("logged")
        except stock.CartError:
            stock.log.exception("no cart")
    with trace.use_span(request("refused"), end_on_exit=True):
        stock.refused()
    with suppress(stock.CartError), trace.use_span(request("missing"), end_on_exit=True) as span:
        span.set_attribute("http.response.status_code", 404)
        span.set_status(Status(StatusCode.ERROR))
        stock.load("missing")
    stock.end()
