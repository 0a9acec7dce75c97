"""One view for each way in which a request can succeed or fail."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator

from django.contrib.auth import get_user_model, login
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    HttpResponseServerError,
    StreamingHttpResponse,
)
from django.template import engines
from django.template.response import TemplateResponse
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel import record, record_error
from tests.host.events import ParcelShipped

tracer = trace.get_tracer("tests.host")


def ship(request: HttpRequest) -> HttpResponse:
    for number in range(int(request.GET.get("count", "1"))):
        record(ParcelShipped(number=number))
    return HttpResponse("shipped")


async def ship_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    record(ParcelShipped(number=0))
    return HttpResponse("shipped")


def ship_and_wait(request: HttpRequest) -> HttpResponse:
    record(ParcelShipped(number=21))
    with transaction.atomic():
        record(ParcelShipped(number=22))
        print("recorded")
        time.sleep(float(request.GET["seconds"]))
    return HttpResponse("shipped")


async def ship_and_wait_async(request: HttpRequest) -> HttpResponse:
    await request.auser()
    record(ParcelShipped(number=21))
    print("recorded")
    await asyncio.sleep(float(request.GET["seconds"]))
    return HttpResponse("shipped")


def ship_plainly(request: HttpRequest) -> HttpResponse:
    trace.get_current_span().add_event("parcel_shipped", {"number": 1})
    return HttpResponse("shipped")


def ship_in_inner_span(request: HttpRequest) -> HttpResponse:
    with tracer.start_as_current_span("packing") as span:
        span.add_event("parcel_shipped", {"number": 1})
    return HttpResponse("shipped")


def ship_and_roll_back(request: HttpRequest) -> HttpResponse:
    try:
        with transaction.atomic():
            record(ParcelShipped(number=13))
            msg = "the transaction is rolled back"
            raise LookupError(msg)
    except LookupError:
        pass
    with transaction.atomic():
        record(ParcelShipped(number=14))
    return HttpResponse("shipped one")


def sign_in(request: HttpRequest) -> HttpResponse:
    user, _ = get_user_model().objects.get_or_create(  # type: ignore[misc]  # mypy's plugin knows Tformance's model
        username=request.GET["as"]
    )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    record(ParcelShipped(number=1))
    return HttpResponse("signed in")


def raise_plainly(request: HttpRequest) -> HttpResponse:
    record(ParcelShipped(number=1))
    msg = "the view failed"
    raise ValueError(msg)


def raise_chained(request: HttpRequest) -> HttpResponse:
    try:
        parcels: dict[str, int] = {}
        parcels["parcel"]
    except KeyError as error:
        msg = "no such parcel"
        raise LookupError(msg) from error
    return HttpResponse()


async def raise_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    msg = "the async view failed"
    raise ValueError(msg)


def raise_in_inner_span(request: HttpRequest) -> HttpResponse:
    with tracer.start_as_current_span("packing"), tracer.start_as_current_span("taping"):
        msg = "no tape"
        raise ValueError(msg)


def raise_in_template(request: HttpRequest) -> HttpResponse:
    template = (
        engines["django"].from_string("{{ number|add_nothing }}") if request.GET.get("syntax") else None
    )
    return TemplateResponse(request, template or engines["django"].from_string("{% include missing %}"), {})


def raise_404(request: HttpRequest) -> HttpResponse:
    msg = "no such page"
    raise Http404(msg)


def raise_403(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def raise_400(request: HttpRequest) -> HttpResponse:
    msg = "bad"
    raise BadRequest(msg)


def raise_suspicious(request: HttpRequest) -> HttpResponse:
    msg = "tampered"
    raise SuspiciousOperation(msg)


def return_404(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotFound("nothing here")


def return_500(request: HttpRequest) -> HttpResponse:
    return HttpResponseServerError("broken on purpose")


def handle_database_error(request: HttpRequest) -> HttpResponse:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT * FROM nothing")
    except sqlite3.OperationalError:
        return HttpResponse("handled")
    finally:
        connection.close()
    return HttpResponse()


def handle_inner_span(request: HttpRequest) -> HttpResponse:
    try:
        with tracer.start_as_current_span("packing"):
            msg = "no tape"
            raise ValueError(msg)
    except ValueError:
        return HttpResponse("handled")


def handle_and_record(request: HttpRequest) -> HttpResponse:
    try:
        msg = "no tape"
        raise ValueError(msg)
    except ValueError as error:
        span = trace.get_current_span()
        span.record_exception(error)
        span.set_status(StatusCode.ERROR)
    return HttpResponse("handled")


def handle_and_note(request: HttpRequest) -> HttpResponse:
    """Record the exception only for the trace, without an error status."""
    try:
        msg = "no tape"
        raise ValueError(msg)
    except ValueError as error:
        trace.get_current_span().record_exception(error)
    return HttpResponse("handled")


def handle_and_report(request: HttpRequest) -> HttpResponse:
    try:
        msg = "no tape"
        raise ValueError(msg)
    except ValueError as error:
        record_error(error)
    return HttpResponse("handled")


def record_and_reraise(request: HttpRequest) -> HttpResponse:
    try:
        msg = "no tape"
        raise ValueError(msg)
    except ValueError as error:
        trace.get_current_span().record_exception(error)
        raise


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield b"first"
        record(ParcelShipped(number=1))
        if request.GET.get("fail"):
            msg = "the stream broke"
            raise ValueError(msg)
        yield b"last"

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.sleep(0)
        record(ParcelShipped(number=1))
        if request.GET.get("fail"):
            msg = "the stream broke"
            raise ValueError(msg)
        yield b"last"

    return StreamingHttpResponse(chunks())


def pid(request: HttpRequest) -> HttpResponse:
    import os

    record(ParcelShipped(number=os.getpid()))
    return HttpResponse(str(os.getpid()))


def run_task(request: HttpRequest) -> HttpResponse:
    from tests.host import tasks

    task = getattr(tasks, request.GET.get("task", "ship_later"))
    task.delay(*(int(number) for number in request.GET.getlist("number")))
    return HttpResponse("sent")


def enqueue(request: HttpRequest) -> HttpResponse:
    from tests.host import django_tasks

    task = getattr(django_tasks, request.GET["task"])
    result = task.using(backend=request.GET["backend"]).enqueue(number=int(request.GET["number"]))
    return HttpResponse(str(result.kwargs))
