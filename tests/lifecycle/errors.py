"""The table of errors, from which the tests over HTTP and docs/errors.md are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal

from tests.lifecycle import endings, frameworks, tasks

__all__ = ["CASES", "DOCUMENT", "Case", "Flavour", "render"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"

Flavour = Literal["WSGI", "ASGI"]

_HEADER = """\
# What counts as an error

An error is what ended a request with a 5xx status, broke off its answer, or was recorded as handled by a
developer; what Django answers with 4xx, and what was caught on the way, is none. Each error leaves exactly
once, as `$exception` and as the product's own event beside it (`TELEMETRY["ERROR_EVENT"]`), both with the
properties below and with `$trace_id` and `$span_id`, whether the server speaks WSGI (gunicorn) or ASGI
(uvicorn). `status_code` is that of the answer which Django had made: where a stream breaks, the client may
see another. This page is made by `python -m tests.lifecycle.errors` from the table that `tests/lifecycle`
runs against both. What counts as an error of a program that only sends OTLP is in
[docs/errors-elsewhere.md](errors-elsewhere.md).
"""

_ENDINGS = """
## Requests without a response

What leaves a view without being an `Exception` ends the request without a response. The events before it
leave at once, and the next request of the thread has its own trace.
"""

_TASKS = """
## Tasks

Errors of Celery tasks are about the person and team who sent the task, with the exception as it was raised.
If the task's process ends with it, the worker reports the error: a task that calls `sys.exit` is a
`WorkerLostError` in the prefork pool, and a `SystemExit` with its frames in the threads and solo pools.

Tasks of Django's own framework (`django-tasks`, `django.tasks`) follow the same rules: an exception that
leaves the task is unhandled, and so is a result that the backend cannot store. A process that is killed in
the middle of such a task reports nothing, because no other process watches it. The sender's id and groups
travel with the task, as its keyword argument `otel_sender`, and stay in the backend's table as long as the
task does: delete those rows when you delete a person.
"""

_OTHER_PROGRAMS = """
## FastAPI, Starlette and Flask, without code

Under `opentelemetry-instrument`, with `POSTHOG_API_KEY` set and the frameworks' instrumentations installed.
Exceptions of threads, of asyncio tasks that nobody awaits, and those that end the interpreter arrive by
`opentelemetry-instrumentation-exceptions`. An exception that was only logged is an error whose `handled` is
unknown, and the same error as the one that ends the request, if it does; for that, OpenTelemetry's
instrumentation of `logging` must be installed.
"""

_COLUMNS = ("what happens", "the client gets", "error", "`error_type`", "`view_name`", "`status_code`")


@dataclass(frozen=True, slots=True)
class Case:
    """A request, the response that its client gets, and the error that is sent.

    Args:
        what: a description of the case.
        path: the path of the request to tests/host.
        got: the status, and whether the response was broken off.
        error_type: the type of the error that is sent; None if no error is sent.
        handled: whether the product handled the error.
        status_code: the property `status_code` of the error.
        view_name: the property `view_name` of the error.
        raised_in: the file of the innermost frame.
        got_from_wsgi: the value of `got` under WSGI, if it differs.
        host: the `Host` header of the request; None for the server's own.
        events: the numbers of the parcels whose events are sent as well.
        has_span: whether the instrumentation creates a span, so that the error is in the client's trace.
        count: the number of equal errors.
    """

    what: str
    path: str
    got: str
    error_type: str | None = None
    _: KW_ONLY
    handled: bool = False
    status_code: int = 500
    view_name: str | None = None
    raised_in: str = "tests/host/views.py"
    got_from_wsgi: str | None = None
    host: str | None = None
    events: tuple[int, ...] = ()
    has_span: bool = True
    count: int = 1

    def got_from(self, flavour: Flavour) -> str:
        return self.got_from_wsgi if flavour == "WSGI" and self.got_from_wsgi else self.got

    def properties(self) -> dict[str, Any]:
        """Return the properties that both events of the error have."""
        about = {
            "error_type": self.error_type,
            "handled": self.handled,
            "method": "GET",
            "occurrences": 1,
            "status_code": self.status_code,
            "view_name": self.view_name,
        }
        return {name: value for name, value in about.items() if value is not None}


def _failing(what: str, view: str, error_type: str, query: str = "", **more: Any) -> Case:
    return Case(what, f"/{view}/{query}", "500", error_type, view_name=view, **more)


def _handled(what: str, view: str, **more: Any) -> Case:
    return Case(what, f"/{view}/", "200", "ValueError", handled=True, status_code=200, view_name=view, **more)


_FAILING = "tests/host/failing_views.py"


CASES = (
    _failing("a view raises", "raise_plainly", "ValueError", events=(1,)),
    _failing("a view raises from another exception", "raise_chained", "LookupError"),
    _failing("an async view raises", "raise_async", "ValueError"),
    _failing("an exception passes through spans of the developer's own", "raise_in_inner_span", "ValueError"),
    _failing("a developer records an exception and raises it again", "record_and_reraise", "ValueError"),
    _failing(
        "a template is missing",
        "raise_in_template",
        "TemplateDoesNotExist",
        raised_in="django/template/backends/django.py",
    ),
    _failing(
        "a template has a syntax error",
        "raise_in_template",
        "TemplateSyntaxError",
        "?syntax=1",
        raised_in="django/template/base.py",
    ),
    Case(
        "a middleware raises before the view",
        "/ship/?middleware=before",
        "500",
        "MiddlewareFailedError",
        raised_in="tests/host/middleware.py",
    ),
    _failing(
        "a middleware raises after the view",
        "ship",
        "MiddlewareFailedError",
        "?middleware=after",
        raised_in="tests/host/middleware.py",
        events=(0,),
    ),
    _failing(
        "a middleware raises after a view raised `Http404`",
        "raise_404",
        "MiddlewareFailedError",
        "?middleware=after",
        raised_in="tests/host/middleware.py",
    ),
    _failing(
        "a middleware's `process_exception` answers 500",
        "raise_plainly",
        "ValueError",
        "?friendly=500",
        events=(1,),
    ),
    _failing(
        "a view of Django REST framework answers 500 by its `handle_exception`",
        "rest",
        "ValueError",
        "?status=500",
        raised_in=_FAILING,
        events=(1,),
    ),
    _failing(
        "a view raises an exception whose `__str__` raises",
        "raise_unspeakable",
        "UnspeakableError",
        raised_in=_FAILING,
        events=(1,),
    ),
    _failing(
        "a view raises an exception whose text changes",
        "raise_changing",
        "ChangingError",
        raised_in=_FAILING,
    ),
    _failing("a view raises `TimeoutError`", "raise_timeout", "TimeoutError", raised_in=_FAILING),
    Case(
        "a streamed answer fails on its way",
        "/stream/?fail=1",
        "200, broken off",
        "ValueError",
        status_code=200,
        view_name="stream",
        events=(1,),
    ),
    Case(
        "an async streamed answer fails on its way",
        "/stream_async/?fail=1",
        "200, broken off",
        "ValueError",
        status_code=200,
        view_name="stream_async",
        got_from_wsgi="500",
        events=(1,),
    ),
    _handled("a view handles an exception and says `record_error`", "handle_and_report"),
    _handled("a view handles an exception and records it on a span with error status", "handle_and_record"),
    _handled(
        "a view handles three equal exceptions and says `record_error` for each",
        "report_three_alike",
        raised_in=_FAILING,
        count=3,
    ),
    Case(
        "a host that is not allowed",
        "/ship/",
        "400",
        "DisallowedHost",
        handled=True,
        status_code=400,
        raised_in="django/http/request.py",
        host="elsewhere.example",
        has_span=False,
    ),
    Case("a view handles an exception and records it on a span", "/handle_and_note/", "200"),
    Case("a view handles an exception that left an inner span", "/handle_inner_span/", "200"),
    Case("a view handles a failed database query", "/handle_database_error/", "200"),
    Case("a view raises `Http404`", "/raise_404/", "404"),
    Case("a view raises `PermissionDenied`", "/raise_403/", "403"),
    Case("a view raises `BadRequest`", "/raise_400/", "400"),
    Case("a view raises `SuspiciousOperation`", "/raise_suspicious/", "400"),
    Case(
        "a middleware's `process_exception` answers 404", "/raise_plainly/?friendly=404", "404", events=(1,)
    ),
    Case(
        "a view of Django REST framework answers 400 by its `handle_exception`",
        "/rest/?status=400",
        "400",
        events=(1,),
    ),
    Case("no URL fits", "/nowhere/", "404"),
    Case("a view returns 404", "/return_404/", "404"),
    Case("a view returns 500, without an exception", "/return_500/", "500"),
    Case(
        "a transaction is rolled back, and the exception handled", "/ship_and_roll_back/", "200", events=(14,)
    ),
    Case("a streamed answer succeeds", "/stream/", "200", events=(1,)),
    Case("an async streamed answer succeeds", "/stream_async/", "200", events=(1,)),
    Case("a view succeeds", "/ship/", "200", events=(0,)),
)


def render() -> str:
    """Return the document."""
    return "\n".join(
        [
            _HEADER,
            *_lines(),
            _ENDINGS,
            *endings.lines(),
            _TASKS,
            *tasks.lines(),
            _OTHER_PROGRAMS,
            *frameworks.lines(),
            "",
        ]
    )


def _lines() -> Iterator[str]:
    yield _line(*_COLUMNS)
    yield _line(*("---" for _ in _COLUMNS))
    for case in CASES:
        got = case.got if case.got_from_wsgi is None else f"{case.got}; under WSGI {case.got_from_wsgi}"
        if case.error_type is None:
            yield _line(case.what, got, "no", "", "", "")
            continue
        yield _line(
            case.what,
            got,
            "handled" if case.handled else "unhandled",
            f"`{case.error_type}`",
            f"`{case.view_name}`" if case.view_name else "",
            str(case.status_code),
        )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(render())
