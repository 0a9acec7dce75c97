"""Views that fail in ways that Django or OpenTelemetry does not expect."""

from __future__ import annotations

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from rest_framework.response import Response
from rest_framework.views import APIView

from otel import record, record_error
from tests.host.events import ParcelShipped
from tests.host.exceptions import ENDS, ChangingError, UnspeakableError

tracer = trace.get_tracer("tests.host")


class RestView(APIView):  # type: ignore[misc]  # the framework leaves it untyped
    """A view whose exceptions become responses with the status that the request asks for."""

    def get(self, request: Any) -> Response:
        record(ParcelShipped(number=1))
        msg = "the API's view failed"
        raise ValueError(msg)

    def handle_exception(self, exc: Exception) -> Response:
        return Response({"detail": "sorry"}, status=int(self.request.GET["status"]))


rest = RestView.as_view()


def end(request: HttpRequest) -> HttpResponse:
    record(ParcelShipped(number=1))
    error = ENDS[request.GET["by"]]()
    raise error


async def end_async(request: HttpRequest) -> HttpResponse:
    await request.auser()
    record(ParcelShipped(number=1))
    error = ENDS[request.GET["by"]]()
    raise error


def end_in_inner_span(request: HttpRequest) -> HttpResponse:
    record(ParcelShipped(number=1))
    with tracer.start_as_current_span("packing"):
        sys.exit("out of order")


def raise_unspeakable(request: HttpRequest) -> HttpResponse:
    record(ParcelShipped(number=1))
    raise UnspeakableError


def raise_changing(request: HttpRequest) -> HttpResponse:
    raise ChangingError


def raise_timeout(request: HttpRequest) -> HttpResponse:
    raise TimeoutError


def report_three_alike(request: HttpRequest) -> HttpResponse:
    for _ in range(3):
        try:
            msg = "an item failed"
            raise ValueError(msg)
        except ValueError as error:
            record_error(error)
    return HttpResponse("two more failed")
