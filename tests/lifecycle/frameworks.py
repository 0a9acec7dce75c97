"""The table of errors in programs that are not Django's, from which tests and docs/errors.md are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["FRAMEWORKS", "ROWS", "Row", "lines"]

FRAMEWORKS = ("FastAPI", "Starlette", "Flask")

_ASGI = ("FastAPI", "Starlette")


@dataclass(frozen=True, slots=True)
class Row:
    """A request to tests/lifecycle/programs/frameworks.py, its status, and the error that is sent.

    Args:
        what: a description of the case.
        page: the page that is requested.
        status: the status of the response; a `+` marks one that breaks off.
        error_type: the type of the error that is sent; None if no error is sent.
        handled: whether the program handled it; None if unknown.
        frameworks: those that have the case.
        events: the number of business events that are sent as well.
        has_trace: whether the error is in the request's trace.
    """

    what: str
    page: str
    status: str
    error_type: str | None = None
    handled: bool | None = False
    frameworks: tuple[str, ...] = FRAMEWORKS
    events: int = 0
    has_trace: bool = True


ROWS = (
    Row("a view raises", "unhandled", "500", "LookupError", events=1),
    Row("a sync view raises", "unhandled_sync", "500", "LookupError", frameworks=_ASGI),
    Row("the program's own handler answers 500", "own_500", "500", "OwnError"),
    Row("a view refuses with 503", "refused_503", "503", "HTTPException", frameworks=_ASGI),
    Row("a view aborts with 503", "refused_503", "503", "ServiceUnavailable", frameworks=("Flask",)),
    Row("a streamed response breaks", "stream", "200, broken off", "LookupError"),
    Row("a background task of the response fails", "background", "200", "LookupError", frameworks=_ASGI),
    Row("a thread fails", "in_thread", "200", "LookupError"),
    Row(
        "an asyncio task fails that nobody awaits, in no trace",
        "in_task",
        "200",
        "LookupError",
        frameworks=_ASGI,
        has_trace=False,
    ),
    Row("a view handles an exception and calls `record_error`", "handled", "200", "LookupError", True),
    Row(
        "a background task handles an exception and calls `record_error`",
        "background_handled",
        "200",
        "LookupError",
        True,
        _ASGI,
    ),
    Row("a view logs an exception, and logs are instrumented", "logged", "200", "LookupError", None),
    Row("the program's own handler answers 400", "own_400", "400"),
    Row("a view refuses with 404", "refused_404", "404"),
)


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| what happens | where | the client gets | error | `error_type` |"
    yield "| --- | --- | --- | --- | --- |"
    for row in ROWS:
        handled = {True: "handled", False: "unhandled", None: "unknown"}[row.handled]
        error = handled if row.error_type else "no"
        kind = f"`{row.error_type}`" if row.error_type else ""
        yield f"| {row.what} | {', '.join(row.frameworks)} | {row.status} | {error} | {kind} |"
