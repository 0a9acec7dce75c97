"""A Django request with one event, including its identity, compared with plain OpenTelemetry instrumentation.

Each way has its own process, because instrumentation applies to the whole process. The processes alternate.
There are several pairs, because two processes that run the same code differ by a few percent. A request goes
through `WSGIHandler` without a socket: a session, its user, and a view with one event of six properties.
Neither the session nor the user needs a query, which would take longer than the compared code and hide it.

The plain way is `DjangoInstrumentor`, a stock BatchSpanProcessor whose exporter discards spans, and
`span.add_event`. Our way adds the middleware, the sampler, the processor and `record`; events are mapped and
then discarded. Both sample every trace. CPU time in the request's thread counts, because on a shared machine
wall time varies by more than the difference. The CPU time of the whole process, which includes our mapping,
is shown as well.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from typing import Any

from benchmarks._processes import own_process
from benchmarks._result import Result, Row, Wanted, at_most
from benchmarks._timing import Rounds, in_turn

__all__ = ["measure"]

_REQUESTS = 400
_CLOCKS = {
    "CPU time in its thread": time.thread_time,
    "CPU time of the process": time.process_time,
}
_WAYS = ("ours", "plain")

_handle: Callable[[dict[str, Any], Callable[..., Any]], Any] | None = None
_cookie = ""


def measure(*, is_quick: bool) -> Result:
    """Compare the two ways.

    Args:
        is_quick: whether to run only one pair of processes and a few rounds.
    """
    pairs, rounds = (1, 4) if is_quick else (6, 12)
    found: dict[str, dict[str, list[float]]] = {clock: {way: [] for way in _WAYS} for clock in _CLOCKS}
    for pair in range(pairs):
        print(f"  pair {pair + 1} of {pairs} processes", file=sys.stderr, flush=True)
        with ExitStack() as stack:
            processes = {way: stack.enter_context(own_process()) for way in _WAYS}
            for way, process in processes.items():
                process.submit(_set_up, way).result()
            for clock, ways in found.items():
                one = in_turn(rounds, {way: _ask(process, clock) for way, process in processes.items()})
                for way, values in ways.items():
                    values.extend(one.values[way])
    wanted = {"CPU time in its thread": at_most(1.08, "at most 1.08 x")}
    rows = [_row(clock, Rounds(ways), wanted.get(clock)) for clock, ways in found.items()]
    return Result("request", tuple(rows))


def _row(clock: str, found: Rounds, wanted: Wanted | None) -> Row:
    return Row(
        f"a Django request with one event to plain OpenTelemetry's, {clock}",
        "µs",
        found.median("ours"),
        found.median("plain"),
        found.ratio("ours", to="plain"),
        wanted,
    )


def _ask(process: ProcessPoolExecutor, clock: str) -> Callable[[], float]:
    return lambda: process.submit(_answer_requests, clock).result()


def _set_up(way: str) -> None:
    """Set up this process to serve requests in one of the ways."""
    global _handle, _cookie
    os.environ["BENCHMARK_WAY"] = way
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    import django
    from opentelemetry import trace
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from benchmarks._sink import Nowhere, NowhereExporter

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NowhereExporter()))
    trace.set_tracer_provider(provider)
    django.setup()
    if way == "ours":
        from otel import install, pipeline

        running = pipeline.running()
        if running is None:
            raise RuntimeError(way)
        # As `otel.django` installed it, except for the destination of events.
        install(running.settings, sink=Nowhere(), on_commit=running.recorder.on_commit)
    else:
        DjangoInstrumentor().instrument()
    from django.core.handlers.wsgi import WSGIHandler

    _handle = WSGIHandler()
    _cookie = _signed_in()


def _signed_in() -> str:
    """Return the cookie of a session whose user is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.cache import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = "1"
    session[BACKEND_SESSION_KEY] = "benchmarks._site.OneUserBackend"
    session[HASH_SESSION_KEY] = User(pk=1).get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _answer_requests(clock_name: str) -> float:
    """Return the time of a request in µs."""
    if _handle is None:
        raise RuntimeError(clock_name)
    clock = _CLOCKS[clock_name]
    began = clock()
    for _ in range(_REQUESTS):
        status: list[str] = []
        response = _handle(_environ(), lambda answered, _headers, status=status: status.append(answered))
        body = b"".join(response)
        response.close()
        if status != ["200 OK"] or body != b"synced":
            raise RuntimeError(status)
    return (clock() - began) / _REQUESTS * 1e6


def _environ() -> dict[str, Any]:
    """Return a request as a WSGI server passes it."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/sync/",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "HTTP_COOKIE": _cookie,
        "HTTP_X_POSTHOG_SESSION_ID": "0199f2a4-7b1c-7d3e-9f60-2a4b6c8d0e1f",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
