"""The traces that SREs see have all spans and events, but no personal data, secrets or PostHog attributes."""

from __future__ import annotations

import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.conftest import Gateway
from tests.collector.otlp import event, send_spans, span
from tests.collector.test_for_posthog import IDENTITY
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

TOKEN = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


def test_a_trace_has_its_events_once_and_no_spans_that_are_only_for_posthog(
    gateway: Gateway, trace: int
) -> None:
    happened = event("integration_connected", {"provider": "github", "user.id": "ann", "posthog.ordinal": 1})
    send_spans(
        gateway.url,
        span(trace, "GET github/callback/", {"posthog.apart": True}, happened),
        span(trace, "GET github/callback/", {"posthog.only": True}, happened),
        span(trace, "SELECT", {"posthog.apart": True}, number=2, parent=1, kind=Span.SPAN_KIND_CLIENT),
    )

    spans = gateway.traced(trace)

    assert sorted(one["name"] for one in spans) == ["GET github/callback/", "SELECT"]
    (entry,) = (one for one in spans if one["name"] != "SELECT")
    (shown,) = entry["events"]
    assert shown["name"] == "integration_connected"
    assert [one["key"] for one in shown["attributes"]] == ["provider"]


def test_personal_data_and_the_pipelines_own_attributes_are_removed_but_the_team_is_kept(
    gateway: Gateway, trace: int
) -> None:
    personal = {
        "client.address": "203.0.113.9",
        "network.peer.address": "203.0.113.9",
        "net.peer.ip": "203.0.113.9",
    }
    about = {**IDENTITY, **personal, "note": "write to Bob.B@mail.example.org", "http.route": "team/"}
    failed = event("exception", {"exception.message": "no bob.b@mail.example.org", **IDENTITY})
    send_spans(
        gateway.url,
        span(trace, "mail bob@example.org", about, failed, error="no bob@example.org"),
        resource={"user.name": "ann", "posthog.x": "y", "process.owner": "ann"},
    )

    (shown,) = gateway.traced(trace)

    keys = {one["key"] for one in shown["attributes"]}
    assert keys == {"tformance.team.id", "note", "http.route"}
    text = json.dumps(gateway.jaeger.trace(f"{trace:032x}"))
    assert "[email]" in text
    for leaked in ('"ann"', "@", "0192-", "0192a3b4-", "203.0.113.9", "posthog"):
        assert leaked not in text


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [  # no secret consists of hexadecimal digits: "abc" is in one of 140 trace ids
        ("http.request.header.authorization", "xyz", "xyz"),
        ("http.request.header.cookie", "k=xyz", "xyz"),
        ("db.password", "xyz", "xyz"),
        ("slack_api_key", "xyz", "xyz"),
        ("access_token", "xyz", "xyz"),
        ("django.sessionid", "xyz", "xyz"),
        ("process.command_line", "run --key xyz", "xyz"),
        ("url.query", "code=xyz", "xyz"),
        ("url.full", "https://example.org/cb?code=xyz&state=de", "xyz"),
        ("http.target", "/cb/?state=xyz", "xyz"),
        ("db.url", "postgresql://app:xyz@db/app", "xyz"),
        ("note", f"used {TOKEN} there", TOKEN),
        ("note", f"jwt {JWT}", JWT),
        ("note", "Authorization: Bearer abcdefghijklmnop1", "abcdefghijklmnop1"),
        ("note", "client_secret=xyz", "xyz"),
        ("notes", ["plain", f"in a list {TOKEN}"], TOKEN),
    ],
)
def test_secrets_reach_neither_posthog_nor_the_sres(
    gateway: Gateway, trace: int, key: str, value: object, secret: str
) -> None:
    leaky = {key: value, "harmless": "stays"}
    sent = span(trace, f"call {value}", leaky, event("$set", leaky), error=f"failed: {value}")
    send_spans(gateway.url, sent, resource=leaky)

    (bridged,) = gateway.bridged(trace)
    gateway.traced(trace)

    if key not in (
        "note",
        "notes",
        "url.full",
        "http.target",
        "db.url",
    ):  # the value alone is not recognizable as a secret
        bridged.ClearField("name")
        bridged.ClearField("status")
        attributes = [*bridged.attributes, *bridged.events[0].attributes]
        assert secret not in str(attributes)
    else:
        assert secret not in str(bridged)
        assert secret not in json.dumps(gateway.jaeger.trace(f"{trace:032x}"))
    assert "stays" in str(bridged)


@pytest.mark.parametrize(
    "text",
    [
        "model.token_count=5",
        "Is it so? yes = no",
        "basic authentication",
        "https://example.org/pull/5#top",
        "secretary of state",
        "4111-2222",
    ],
)
def test_harmless_text_is_kept(gateway: Gateway, trace: int, text: str) -> None:
    send_spans(gateway.url, span(trace, text, {"note": text, "llm.token_count": 5}, event("$set")))

    (got,) = gateway.bridged(trace)

    assert got.name == text
    assert text in str(got.attributes)
    assert "int_value: 5" in str(got.attributes)
