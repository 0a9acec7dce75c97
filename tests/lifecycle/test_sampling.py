from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.bridging import bridging, through
from tests.lifecycle.servers import environment, gunicorn, serving, traceparent, uvicorn

# On one worker: the tests share a fixture that takes long to set up.
pytestmark = pytest.mark.xdist_group("sampling")

_SERVERS = {"WSGI": gunicorn(), "ASGI": uvicorn()}

_PATHS = (
    "/ship/",
    "/ship/?count=200",
    "/ship_async/",
    "/ship_plainly/",
    "/ship_in_inner_span/",
    "/ship_and_roll_back/",
    "/sign_in/?as=anna",
    "/stream/",
    "/raise_plainly/",
    "/raise_in_inner_span/",
    "/raise_404/",
    "/ship/?middleware=before",
    "/stream/?fail=1",
    "/handle_and_report/",
    "/handle_inner_span/",
    "/handle_database_error/",
)

_BROWSER = {
    "X-POSTHOG-DISTINCT-ID": "01932c07-9b6f-7c6e-8a53-3f2d4b1c0e9a",
    "X-POSTHOG-SESSION-ID": "01932c07-9b6f-7c6e-8a53-3f2d4b1c0e9b",
}

Delivered = list[tuple[str, str, dict[str, Any]]]


def _deliver(
    flavour: str,
    folder: Path,
    database: str,
    flags: str,
    *,
    is_bridged: bool = False,
    sampler: Mapping[str, str] | None = None,
) -> tuple[Delivered, set[str]]:
    """Return the captures of the requests, without ids and times, and how their spans were sampled."""
    spans = folder / "spans"
    spans.write_text("")
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        if is_bridged:
            env = through(stack.enter_context(bridging(inspector.url, folder)))
        else:
            env = environment(inspector.url)
        env |= {"HOST_DATABASE": database, "HOST_SPANS": str(spans), **(sampler or {})}
        with serving(_SERVERS[flavour], env, folder) as server:
            spans.write_text("")  # remove the spans of the requests that polled the server
            for number, path in enumerate(_PATHS, 1):
                server.get(path, traceparent(f"{number:032x}", flags) | _BROWSER)
            server.stop()
        delivered = [_timeless(capture) for capture in inspector.good()]
    decisions = {line.partition("\t")[2] for line in spans.read_text().splitlines()} - {"shut down"}
    return sorted(delivered, key=repr), decisions


def _timeless(capture: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    properties = {name: value for name, value in capture["properties"].items() if name != "$span_id"}
    return capture["event"], capture["distinct_id"], properties


@pytest.fixture(scope="module", params=_SERVERS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def all_sampled(flavour: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("all")
    delivered, decisions = _deliver(
        flavour, folder, database, "01", sampler={"OTEL_TRACES_SAMPLER": "always_on"}
    )
    assert decisions == {"sampled"}
    assert {event for event, _, _ in delivered} == {
        "parcel_shipped",
        "host_failed",
        "$exception",
        "$identify",
        "$set",
    }
    assert len([event for event, _, _ in delivered if event == "parcel_shipped"]) == 209
    return delivered


@pytest.mark.parametrize(
    ("flags", "decision", "sampler"),
    [
        ("01", "recorded", {"OTEL_TRACES_SAMPLER": "always_off"}),
        ("01", "recorded", {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}),
        (
            "00",
            "recorded",
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        ),
        # Level 2 of W3C Trace Context: the second bit marks a random trace id.
        (
            "02",
            "recorded",
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        ),
        (
            "03",
            "sampled",
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        ),
    ],
)
def test_the_same_requests_deliver_the_same_captures_whatever_is_sampled(
    flags: str,
    decision: str,
    sampler: dict[str, str],
    flavour: str,
    all_sampled: Delivered,
    database: str,
    tmp_path: Path,
) -> None:
    delivered, decisions = _deliver(flavour, tmp_path, database, flags, sampler=sampler)
    assert delivered == all_sampled
    assert decisions == {decision}


@pytest.mark.parametrize(("flags", "decision"), [("01", "sampled"), ("00", "recorded")])
def test_the_same_requests_deliver_the_same_captures_through_the_bridge(
    flags: str, decision: str, flavour: str, all_sampled: Delivered, database: str, tmp_path: Path
) -> None:
    delivered, decisions = _deliver(flavour, tmp_path, database, flags, is_bridged=True)
    assert delivered == all_sampled
    assert decisions == {decision}
