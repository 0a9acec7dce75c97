from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.errors import CASES, DOCUMENT, Case, Flavour, render
from tests.lifecycle.servers import Answer, Server, environment, gunicorn, serving, traceparent, uvicorn

# On one worker: the tests share a fixture that takes long to set up.
pytestmark = pytest.mark.xdist_group("errors-over-http")

_SERVERS = {"WSGI": gunicorn(), "ASGI": uvicorn()}

Captures = list[dict[str, Any]]


class Outcome:
    """A server's responses to all cases, and the captures after it was stopped."""

    def __init__(self, flavour: Flavour, answers: dict[Case, Answer], captures: Captures) -> None:
        self.flavour = flavour
        self.answers = answers
        self.captures = captures

    def of(self, case: Case) -> Captures:
        if not case.has_span:
            known = {_trace_id(one) for one in CASES}
            return [one for one in self.captures if one["properties"]["$trace_id"] not in known]
        return [one for one in self.captures if one["properties"]["$trace_id"] == _trace_id(case)]


def _trace_id(case: Case) -> str:
    return f"{CASES.index(case) + 1:032x}"


def _ask(server: Server, case: Case) -> Answer:
    return server.get(case.path, traceparent(_trace_id(case)) | ({"Host": case.host} if case.host else {}))


@pytest.fixture(scope="module", params=_SERVERS)
def outcome(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    flavour: Flavour = request.param
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        env = environment(inspector.url, HOST_DATABASE=database)
        server = stack.enter_context(serving(_SERVERS[flavour], env, tmp_path_factory.mktemp(flavour)))
        answers = {case: _ask(server, case) for case in CASES}
        server.stop()
        yield Outcome(flavour, answers, inspector.good())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_client_traces_and_posthog_agree_on_what_is_an_error(case: Case, outcome: Outcome) -> None:
    answer = outcome.answers[case]
    assert f"{answer.status}{', broken off' if answer.is_broken else ''}" == case.got_from(outcome.flavour)

    captures = outcome.of(case)
    errors = ["$exception", "host_failed"] if case.error_type else []
    assert Counter(one["event"] for one in captures) == Counter(
        errors * case.count + ["parcel_shipped"] * len(case.events)
    )
    assert {one["properties"]["number"] for one in captures if one["event"] == "parcel_shipped"} == {
        *case.events
    }
    assert {one["deliveries"] for one in captures} <= {1}
    for capture in captures:
        assert len(capture["properties"]["$span_id"]) == 16
        assert len(capture["properties"]["$trace_id"]) == 32
    for error in (one for one in captures if one["event"] in errors):
        about = {name: value for name, value in error["properties"].items() if not name.startswith("$")}
        assert about == case.properties()


@pytest.mark.parametrize("case", [case for case in CASES if case.error_type], ids=lambda case: case.what)
def test_an_exception_has_the_frames_of_the_place_where_it_was_raised(case: Case, outcome: Outcome) -> None:
    exception = next(one for one in outcome.of(case) if one["event"] == "$exception")
    outermost = exception["properties"]["$exception_list"][0]
    assert outermost["type"] == case.error_type
    assert outermost["mechanism"]["handled"] is case.handled
    assert outermost["stacktrace"]["frames"][-1]["filename"] == case.raised_in


def test_the_chain_of_causes_is_sent(outcome: Outcome) -> None:
    case = next(case for case in CASES if case.path == "/raise_chained/")
    exception = next(one for one in outcome.of(case) if one["event"] == "$exception")
    assert [one["type"] for one in exception["properties"]["$exception_list"]] == ["LookupError", "KeyError"]


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text() == render(), "run `python -m tests.lifecycle.errors`"
