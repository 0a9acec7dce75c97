"""A shop in Flask that fails in every way, with OpenTelemetry's own SDK and exporters."""

from __future__ import annotations

import threading

import flask
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from werkzeug.serving import make_server

from tests.clients.programs import stock

shop = flask.Flask(__name__)
FlaskInstrumentor().instrument_app(shop)  # type: ignore[no-untyped-call]


@shop.before_request
def sign_in() -> None:
    trace.get_current_span().set_attribute("user.id", "anna")


@shop.get("/order")
def order() -> str:
    trace.get_current_span().add_event("order_placed", {"items": 3})
    return "thanks"


@shop.get("/inside")
def inside() -> str:
    with stock.tracer.start_as_current_span("load the cart"):
        stock.load("inside")
    return "never"


@shop.get("/plainly")
def plainly() -> str:
    stock.load("plainly")
    return "never"


@shop.get("/handled")
def handled() -> str:
    try:
        stock.load("handled")
    except stock.CartError as error:
        trace.get_current_span().record_exception(error)
    return "an empty cart"


@shop.get("/logged")
def logged() -> str:
    try:
        stock.load("logged")
    except stock.CartError:
        stock.log.exception("no cart")
    return "an empty cart"


@shop.get("/refused")
def refused() -> str:
    return stock.refused()


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, shop, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stock.call(server.port)
    server.shutdown()
    thread.join()
    server.server_close()
    stock.end()
