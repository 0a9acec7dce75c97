"""One shop in FastAPI, Starlette and Flask, whose pages fail in every way."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import fastapi
import flask
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from opentelemetry import trace
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

import otel

_log = logging.getLogger("shop")


class OwnError(Exception):
    """An exception that the application answers itself, with the status that it contains."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


# Each page raises in a function of its own: errors of one place are counted after the first few.
_OUT_OF_STOCK = "out of stock"


def _order() -> None:
    trace.get_current_span().add_event("order_placed", {"amount": 1})


def _handle() -> None:
    try:
        raise LookupError(_OUT_OF_STOCK)
    except LookupError as error:
        otel.record_error(error)


def _log_it() -> None:
    try:
        raise LookupError(_OUT_OF_STOCK)
    except LookupError:
        _log.exception("an item is missing")


def _work() -> None:
    raise LookupError(_OUT_OF_STOCK)


def _fail_in_thread() -> None:
    thread = threading.Thread(target=_work)
    thread.start()
    thread.join()


async def unhandled(request: Request) -> PlainTextResponse:
    _order()
    raise LookupError(_OUT_OF_STOCK)


def unhandled_sync(request: Request) -> PlainTextResponse:
    raise LookupError(_OUT_OF_STOCK)


async def handled(request: Request) -> PlainTextResponse:
    _handle()
    return PlainTextResponse("handled")


async def logged(request: Request) -> PlainTextResponse:
    _log_it()
    return PlainTextResponse("logged")


async def own_500(request: Request) -> PlainTextResponse:
    raise OwnError(500)


async def own_400(request: Request) -> PlainTextResponse:
    raise OwnError(400)


async def refused_404(request: Request) -> PlainTextResponse:
    raise HTTPException(404)


async def refused_503(request: Request) -> PlainTextResponse:
    raise HTTPException(503)


async def stream(request: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0.01)
        raise LookupError(_OUT_OF_STOCK)

    return StreamingResponse(parts())


async def background(request: Request) -> PlainTextResponse:
    def later() -> None:
        raise LookupError(_OUT_OF_STOCK)

    return PlainTextResponse("later", background=BackgroundTask(later))


async def background_handled(request: Request) -> PlainTextResponse:
    return PlainTextResponse("later", background=BackgroundTask(_handle))


async def in_thread(request: Request) -> PlainTextResponse:
    _fail_in_thread()
    return PlainTextResponse("the thread failed")


async def in_task(request: Request) -> PlainTextResponse:
    async def later() -> None:
        await asyncio.sleep(0.05)
        raise LookupError(_OUT_OF_STOCK)

    task = asyncio.create_task(later())
    task.add_done_callback(lambda _: None)
    return PlainTextResponse("the task will fail")


async def answer_own(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OwnError)
    return JSONResponse({"sorry": True}, status_code=error.status)


_PAGES = (
    unhandled,
    unhandled_sync,
    handled,
    logged,
    own_500,
    own_400,
    refused_404,
    refused_503,
    stream,
    background,
    background_handled,
    in_thread,
    in_task,
)

starlette_app = Starlette(
    routes=[Route(f"/{page.__name__}", page) for page in _PAGES],
    exception_handlers={OwnError: answer_own},
)
fastapi_app = fastapi.FastAPI(exception_handlers={OwnError: answer_own})
for _page in _PAGES:
    fastapi_app.add_api_route(f"/{_page.__name__}", _page, response_model=None)

flask_app = flask.Flask("shop")


@flask_app.errorhandler(OwnError)
def _answer_own(error: OwnError) -> tuple[str, int]:
    return "sorry", error.status


@flask_app.get("/<page>")
def _page_of_flask(page: str) -> Any:
    if page == "unhandled":
        _order()
        raise LookupError(_OUT_OF_STOCK)
    if page == "handled":
        _handle()
    elif page == "logged":
        _log_it()
    elif page.startswith("own_"):
        raise OwnError(int(page.removeprefix("own_")))
    elif page.startswith("refused_"):
        flask.abort(int(page.removeprefix("refused_")))
    elif page == "in_thread":
        _fail_in_thread()
    elif page == "stream":
        return flask.Response(_parts())
    return page


def _parts() -> Iterator[bytes]:
    yield b"a"
    raise LookupError(_OUT_OF_STOCK)
