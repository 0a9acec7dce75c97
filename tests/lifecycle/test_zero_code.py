from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import BIN, ROOT, environment, gunicorn, run, serving

_SHOP = ROOT / "tests" / "lifecycle" / "programs" / "shop.py"

_NOWHERE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}


def _shop(posthog: str | None, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = environment(posthog, **(_NOWHERE | {"POSTHOG_EVENTS": "order_*"} | more))
    del env["DJANGO_SETTINGS_MODULE"]
    return run([BIN / "opentelemetry-instrument", sys.executable, _SHOP, *arguments], env)


def test_a_program_without_our_code_delivers_its_events_even_if_no_trace_is_sampled(
    inspector: RunningInspector,
) -> None:
    ended = _shop(inspector.url, OTEL_TRACES_SAMPLER="always_off")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "recorded\n", "")
    [order] = inspector.good()
    properties = {name: value for name, value in order["properties"].items() if not name.startswith("$")}
    assert (order["event"], order["distinct_id"]) == ("order_placed", "person-anna")
    assert properties == {"amount": 12.5, "currency": "EUR"}


def test_an_uncaught_exception_of_a_program_without_our_code_is_an_error(inspector: RunningInspector) -> None:
    ended = _shop(inspector.url, "fail", OTEL_TRACES_SAMPLER="always_off")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "LookupError: out of stock"
    order, error = inspector.good()
    assert (order["event"], error["event"]) == ("order_placed", "$exception")
    [exception] = error["properties"]["$exception_list"]
    assert (exception["type"], exception["mechanism"]["handled"]) == ("LookupError", False)
    assert exception["stacktrace"]["frames"][-1]["filename"].endswith("shop.py")
    assert order["properties"]["$trace_id"] == error["properties"]["$trace_id"]


def test_a_django_server_under_opentelemetry_instrument_delivers_each_event_once(
    inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, **_NOWHERE)
    with serving([BIN / "opentelemetry-instrument", *gunicorn()], env, tmp_path) as server:
        server.get("/raise_plainly/")
        server.stop()
    delivered = [(one["event"], one["deliveries"]) for one in inspector.good()]
    assert delivered == [("parcel_shipped", 1), ("$exception", 1), ("host_failed", 1)]


def test_without_a_key_a_program_works_as_before(inspector: RunningInspector) -> None:
    ended = _shop(None, POSTHOG_HOST=inspector.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "recorded\n", "")
    assert inspector.requests() == []


def test_an_unusable_setting_causes_a_warning_and_does_not_stop_the_program(
    inspector: RunningInspector,
) -> None:
    ended = _shop(inspector.url, POSTHOG_FLUSH_TIMEOUT="soon")
    assert (ended.returncode, ended.stdout) == (0, "recorded\n")
    assert "POSTHOG_FLUSH_TIMEOUT=soon is ignored" in ended.stderr
    assert [one["event"] for one in inspector.good()] == ["order_placed"]


def test_the_exporter_alone_delivers_the_events_of_sampled_spans_once(inspector: RunningInspector) -> None:
    ended = _shop(inspector.url, OTEL_TRACES_EXPORTER="posthog")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "recorded\n", "")
    assert [(one["event"], one["deliveries"]) for one in inspector.good()] == [("order_placed", 1)]


def test_the_exporter_alone_sees_only_sampled_spans(inspector: RunningInspector) -> None:
    ended = _shop(inspector.url, OTEL_TRACES_EXPORTER="posthog", OTEL_TRACES_SAMPLER="always_off")
    assert (ended.returncode, ended.stdout) == (0, "recorded\n")
    assert inspector.requests() == []


def test_the_exporter_alone_delivers_an_uncaught_exception(inspector: RunningInspector) -> None:
    _shop(inspector.url, "fail", OTEL_TRACES_EXPORTER="posthog")
    assert [(one["event"], one["deliveries"]) for one in inspector.good()] == [
        ("order_placed", 1),
        ("$exception", 1),
    ]


def test_the_exporter_alone_without_a_key_warns_once_and_leaves_opentelemetry_on(
    inspector: RunningInspector,
) -> None:
    ended = _shop(None, POSTHOG_HOST=inspector.url, OTEL_TRACES_EXPORTER="posthog")
    assert (ended.returncode, ended.stdout) == (0, "recorded\n")
    assert ended.stderr.splitlines() == ["POSTHOG_API_KEY is not set: no event is sent to PostHog"]
    assert inspector.requests() == []
