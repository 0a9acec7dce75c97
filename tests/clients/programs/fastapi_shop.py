"""A shop in FastAPI that fails in every way, with OpenTelemetry's own SDK and exporters."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from fastapi import Depends, FastAPI
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

from tests.clients.programs import stock


async def sign_in() -> None:
    trace.get_current_span().set_attribute("user.id", "anna")


shop = FastAPI(dependencies=[Depends(sign_in)])
FastAPIInstrumentor.instrument_app(shop)


@shop.get("/order")
async def order() -> str:
    trace.get_current_span().add_event("order_placed", {"items": 3})
    return "thanks"


@shop.get("/inside")
async def inside() -> str:
    with stock.tracer.start_as_current_span("load the cart"):
        stock.load("inside")
    return "never"


@shop.get("/plainly")
def plainly() -> str:
    stock.load("plainly")
    return "never"


@shop.get("/handled")
async def handled() -> str:
    try:
        stock.load("handled")
    except stock.CartError as error:
        trace.get_current_span().record_exception(error)
    return "an empty cart"


@shop.get("/logged")
async def logged() -> str:
    try:
        stock.load("logged")
    except stock.CartError:
        stock.log.exception("no cart")
    return "an empty cart"


@shop.get("/refused")
def refused() -> str:
    return stock.refused()


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    # Its loggers write to the root logger, whose handler exports what they say.
    server = uvicorn.Server(uvicorn.Config(shop, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    stock.call(listening.getsockname()[1])
    server.should_exit = True
    thread.join()
    listening.close()
    stock.end()
