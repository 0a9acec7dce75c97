"""The table of other programs' errors, from which the tests and docs/errors-elsewhere.md are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.otel.bridge.traces import (
    CLIENT,
    CONSUMER,
    ERROR,
    INTERNAL,
    PRODUCER,
    UNSET,
    Trace,
    python,
    raised,
)

__all__ = ["CASES", "DOCUMENT", "Case", "render"]

DOCUMENT = Path(__file__).parents[3] / "docs" / "errors-elsewhere.md"

_HEADER = """\
# What counts as an error of another program

Programs that have only OpenTelemetry send spans and log records to [the bridge](bridge.md), in any
language and without a library of ours. The bridge sees their exceptions as text, after the fact. It
judges all spans of a trace that are in one request together: an entry span (a request, a task or a
script) and the spans inside it are one error, about the person, page and status of the entry span. A log
record doesn't say whether its exception was handled, so `handled` is left out.

This page is written by `python -m tests.otel.bridge.elsewhere` from the table that `tests/otel/bridge`
runs. `tests/clients` runs real programs: Express under `auto-instrumentations-node`, Flask, FastAPI and a
script with Python's SDK, and what Java's agent and the SDKs of Go and Rust have sent.

"""

_FOOTER = """
## One error, whatever signals are on

An exception that a program sends both on a span and as a log record is one event. Its id is made of the
trace, the span and the place where the exception was raised, and not of the time: see [decision
0022](adr/0022-errors-known-as-text-are-identified-by-their-raise-site.md). PostHog keeps one of two
events with the same id, day and person. So that the person is the same:

- Let spans leave before log records: `OTEL_BSP_SCHEDULE_DELAY=1000` and `OTEL_BLRP_SCHEDULE_DELAY=5000`.
  The bridge remembers the person of the last 10,000 traces with something for PostHog, and attributes log
  records to that person.
- Or write `user.id` on log records, too.

If a log record comes first and doesn't name the person of its span, PostHog keeps both: one issue, with
two occurrences.

Within one request, a Python exception that is logged on its way outwards is one error, and an exception
that is raised again in a loop is several. Other languages keep an exception's stack, so equal stacks and
messages in one trace are one error.

## If spans of a trace arrive separately

SDKs send a trace's spans in one request unless a batch is full, and the Collector merges what arrives
within half a second. If the entry span of an inner exception is missing, there is no error: the exception
reaches the entry span, and is recorded there. In Node.js it doesn't, so the exception is an error of
which it is unknown whether it was handled.
"""

_COLUMNS = ("what the program sends", "error")


@dataclass(frozen=True, slots=True)
class Case:
    """What a program sends, and the error that arrives.

    Args:
        what: a description of the case.
        send: sends it to a bridge.
        error: whether the error was handled; None if no error arrives.
        language: the language of its SDK.
    """

    what: str
    send: Callable[[Trace, str], None]
    error: Literal["unhandled", "unknown"] | None
    language: str = "python"


def _span(
    *, kind: int | None = None, status: int | None = None, code: int | None = None, is_panic: bool = False
) -> Callable[[Trace, str], None]:
    def send(trace: Trace, bridge: str) -> None:
        given = {"kind": kind, "status": status, "code": code}
        chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        trace.span(raised(), end=0 if is_panic else 100, **chosen)
        trace.post(bridge)

    return send


def _inside(
    *, code: int | None = None, status: int | None = None, kind: int = INTERNAL, is_alone: bool = False
) -> Callable[[Trace, str], None]:
    def send(trace: Trace, bridge: str) -> None:
        server = trace.span(code=code, status=ERROR if status is None else status)
        inner = trace.span(raised(), kind=kind, parent=server, start=1, end=99)
        trace.post(bridge, *([inner] if is_alone else []))

    return send


def _repeated(trace: Trace, bridge: str) -> None:
    call = trace.span(kind=CLIENT)
    for _ in range(2):
        trace.span(raised(), code=500, parent=call)
    trace.post(bridge)


def _log(**changes: Any) -> Callable[[Trace, str], None]:
    def send(trace: Trace, bridge: str) -> None:
        trace.log(bridge, trace.logged(python(), **changes))

    return send


def _both(trace: Trace, bridge: str) -> None:
    server = trace.span(raised(), code=500)
    trace.post(bridge)
    trace.log(bridge, trace.logged(python(), server))


CASES = (
    Case("a request's span with an exception and a 5xx", _span(code=500), "unhandled"),
    Case("the same without an error status", _span(code=500, status=UNSET), "unhandled"),
    Case("a request's span with an exception, an error status and no HTTP status", _span(), "unhandled"),
    Case("a task's span with an exception and an error status", _span(kind=CONSUMER), "unhandled"),
    Case("a script's span with an exception and an error status", _span(kind=INTERNAL), "unhandled"),
    Case("a panic that passes a request's span in Go", _span(status=UNSET, is_panic=True), "unhandled", "go"),
    Case(
        "a request's span with a 5xx, and an exception on a span inside",
        _inside(code=500),
        "unhandled",
        "nodejs",
    ),
    Case(
        "a request's span with a 5xx, and an exception on a call inside", _inside(code=500, kind=CLIENT), None
    ),
    Case("an exception that was logged as well", _both, "unhandled"),
    Case("two failed requests, by which a client repeated one call", _repeated, "unhandled"),
    Case("a request's span with an exception, an error status and a 2xx", _span(code=200), "unknown"),
    Case("an exception that was only logged, at `ERROR`", _log(), "unknown"),
    Case("the same, with the severity as text", _log(severityNumber=0, severityText="SEVERE"), "unknown"),
    Case("the same, outside any trace", _log(traceId="", spanId=""), "unknown"),
    Case(
        "an instrumentation's event, `http.server.request.exception`",
        _log(eventName="http.server.request.exception"),
        "unhandled",
    ),
    Case("a logged exception at `FATAL`", _log(severityNumber=21), "unhandled"),
    Case("an exception logged at `WARN`", _log(severityNumber=13), None),
    Case(
        "an exception on a span inside, whose request's span is in another request, in Node.js",
        _inside(code=500, is_alone=True),
        "unknown",
        "nodejs",
    ),
    Case("the same in Python, Java, .NET, Ruby, PHP or Go", _inside(code=500, is_alone=True), None),
    Case("an exception on a span inside a request that succeeds", _inside(code=200, status=UNSET), None),
    Case("a request's span with an exception, and a 4xx", _span(code=404), None),
    Case(
        "a request's span with an exception, a 2xx and no error status", _span(code=200, status=UNSET), None
    ),
    Case("a call's span with an exception, even without a parent", _span(kind=CLIENT), None),
    Case("a sent message's span with an exception, even without a parent", _span(kind=PRODUCER), None),
)


def render() -> str:
    """Return the document."""
    return _HEADER + "\n".join(_lines()) + "\n" + _FOOTER


def _lines() -> Iterator[str]:
    yield _line(*_COLUMNS)
    yield _line(*("---" for _ in _COLUMNS))
    for case in CASES:
        yield _line(case.what, case.error or "no")


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(render())
