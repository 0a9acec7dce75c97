"""A Django request with one event, with our pipeline and with what a product would have instead of it.

Each way has its own process, because instrumentation applies to the whole process, and the processes take
turns. There are several sets of processes, because two processes that run the same code differ by a few
percent. A request goes through `WSGIHandler` without a socket: a session, its user, and a view with one event
of six properties. Neither the session nor the user needs a query, which would take longer than the compared
code and hide it.

- ours: `DjangoInstrumentor`, a stock BatchSpanProcessor whose exporter discards spans, our middleware,
  sampler and processor, and `record`.
- plain: `DjangoInstrumentor`, the same BatchSpanProcessor, and `span.add_event` without an identity.
- same: as plain, but a middleware of a few lines writes what ours writes, too: identity, view and route on
  the span, and the identity on the event.
- posthog: as plain, but with PostHog's own `PosthogContextMiddleware` and `posthog.capture` instead of
  `add_event`; once more without OpenTelemetry.

Two of them also answer a request with ten client spans. All sample every trace, and send their events to one
inspector in another process.

CPU time in the request's thread counts, because on a shared machine wall time varies by more than the
difference. The CPU time of the whole process, until all events are delivered, is shown as well.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from typing import Any

from benchmarks._content import IDENTITY
from benchmarks._goals import GOALS
from benchmarks._processes import own_process
from benchmarks._result import Result, Row
from benchmarks._sink import discarding_inspector
from benchmarks._timing import Rounds, in_turn

__all__ = ["measure"]

_REQUESTS, _WARM_UP = 40, 400  # a burst is short, so that the ways meet the same load of the machine
_ONE, _TEN = "/sync/", "/queries/"
_PROCESSES = ("plain", "ours", "same", "posthog", "posthog alone")
# Each measured way: a process and the page that it answers with. What is compared is measured side by side.
_WAYS = {
    **{process: (process, _ONE) for process in _PROCESSES},
    "plain, ten": ("plain", _TEN),
    "ours, ten": ("ours", _TEN),
}
_FIRST = "a Django request with one event to plain OpenTelemetry's"
_POSTHOGS = "the same to PostHog's middleware and capture(), beside OpenTelemetry"
_COMPARED = (
    (f"{_FIRST}, CPU in its thread", "ours", "plain"),
    ("the same to plain OpenTelemetry that writes the same attributes", "ours", "same"),
    ("the same with ten client spans to plain OpenTelemetry's", "ours, ten", "plain, ten"),
    (_POSTHOGS, "ours", "posthog"),
    ("the same to PostHog's middleware and capture(), without OpenTelemetry", "ours", "posthog alone"),
)
_COMPARED_AS_PROCESS = (
    (f"{_FIRST}, CPU of the process", "ours", "plain"),
    (f"{_POSTHOGS}, CPU of the process", "ours", "posthog"),
)

_handle: Callable[[dict[str, Any], Callable[..., Any]], Any] | None = None
_deliver: Callable[[], object] = list
_cookie = ""


def measure(*, is_quick: bool) -> Result:
    """Compare the ways.

    Args:
        is_quick: whether to run only one set of processes and a few rounds.
    """
    sets, rounds = (1, 15) if is_quick else (8, 60)
    thread: dict[str, list[float]] = {way: [] for way in _WAYS}
    process: dict[str, list[float]] = {way: [] for way in _WAYS}
    with discarding_inspector() as inspector:
        for number in range(sets):
            print(f"  set {number + 1} of {sets} of processes", file=sys.stderr, flush=True)
            with ExitStack() as stack:
                processes = {way: stack.enter_context(own_process()) for way in _PROCESSES}
                for way, one in processes.items():
                    one.submit(_set_up, way, inspector.url).result()
                used: dict[str, list[float]] = {way: [] for way in _WAYS}
                asks = {
                    way: _ask(processes[name], address, used[way]) for way, (name, address) in _WAYS.items()
                }
                found = in_turn(rounds, asks)
                for way in _WAYS:
                    thread[way].extend(found.values[way])
                    process[way].extend(used[way][1:])  # the first is the warm-up round
    rows = (*_rows(Rounds(thread), _COMPARED), *_rows(Rounds(process), _COMPARED_AS_PROCESS))
    return Result("request", rows)


def _rows(found: Rounds, compared: tuple[tuple[str, str, str], ...]) -> Iterator[Row]:
    for what, ours, theirs in compared:
        ratio = found.ratio(ours, to=theirs)
        yield Row(what, "µs", found.median(ours), found.median(theirs), ratio, GOALS.get(what))


def _ask(process: ProcessPoolExecutor, address: str, used: list[float]) -> Callable[[], float]:
    """Return a function that measures the thread's CPU time, and appends the process's to `used`."""

    def once() -> float:
        in_thread, in_process = process.submit(_answer_requests, address).result()
        used.append(in_process)
        return in_thread

    return once


def _set_up(way: str, posthog_host: str) -> None:
    """Set up this process to serve requests in one of the ways."""
    global _handle, _cookie, _deliver
    os.environ["BENCHMARK_WAY"] = way
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ["POSTHOG_API_KEY"] = "phc_benchmark"
    os.environ["POSTHOG_HOST"] = posthog_host
    import django
    import posthog
    from opentelemetry import trace
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from benchmarks._sink import NowhereExporter

    if way != "posthog alone":
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(NowhereExporter()))
        trace.set_tracer_provider(provider)
        _deliver = provider.force_flush
    django.setup()
    if way.startswith("posthog"):
        posthog.api_key = "phc_benchmark"
        posthog.host = posthog_host
        posthog.setup()
        _deliver = posthog.flush
    if way not in ("ours", "posthog alone"):
        DjangoInstrumentor().instrument()
    from django.core.handlers.wsgi import WSGIHandler

    _handle = WSGIHandler()
    _cookie = _signed_in()
    for _ in range(_WARM_UP // _REQUESTS):
        _answer_requests(_ONE)
        _answer_requests(_TEN)
    gc.collect()
    gc.freeze()  # as a server does before it forks


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


def _answer_requests(address: str) -> tuple[float, float]:
    """Return the CPU time of a request in µs: in its thread, and in the process with the delivery."""
    if _handle is None:
        raise RuntimeError(address)
    statuses: list[str] = []

    def start_response(status: str, _: object) -> None:
        statuses.append(status)

    gc.collect()
    in_process, in_thread = time.process_time(), time.thread_time()
    for _ in range(_REQUESTS):
        response = _handle(_environ(address), start_response)
        body = b"".join(response)
        response.close()
        if statuses.pop() != "200 OK" or body != b"synced":
            raise RuntimeError(body)
    in_thread = time.thread_time() - in_thread
    _deliver()
    in_process = time.process_time() - in_process
    return in_thread / _REQUESTS * 1e6, in_process / _REQUESTS * 1e6


def _environ(address: str) -> dict[str, Any]:
    """Return a request as a WSGI server passes it."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": address,
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "HTTP_COOKIE": _cookie,
        "HTTP_X_POSTHOG_SESSION_ID": IDENTITY.session_id,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
