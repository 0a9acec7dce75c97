"""Errors that a pipeline sends through the bridge become the same captures as errors sent directly."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext

from otel.delivery.collector.error_payload import write_error
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture, Envelope
from otel.exceptions import ExceptionSnapshot
from otel.inspector.running import RunningInspector
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.outcomes import Ledger
from otel.settings import Settings
from tests.otel.bridge.sending import arrived, encoded, post
from tests.otel.bridge.test_traces import SPAN_ID, TRACE_ID, WHEN
from tests.otel.shop import REGISTRY

_ENTRY: dict[str, Any] = {"user.id": "anna", "shop.team.id": "acme", "http.status_code": 500}


def test_an_error_through_the_bridge_equals_one_sent_directly(
    inspector: RunningInspector, bridge: str, settings: Settings
) -> None:
    ids = int(TRACE_ID, 16), int(SPAN_ID, 16)
    error = ErrorRecord(
        Envelope("exception", {}, WHEN, *ids, 0, _ENTRY), _ENTRY, is_handled=True, live=_live()
    )
    mapper = ErrorMapper(settings, lambda: REGISTRY.get("shop_failed"))
    mapped = [one for one in mapper(error, 3) if isinstance(one, Capture)]
    delivery = PostHogClient(settings, Ledger())
    assert (len(mapped), delivery.deliver(mapped)) == (2, ())
    delivery.close()
    in_process = arrived(inspector)
    inspector.reset()
    event_attributes = {"posthog.error": write_error(error, 3, mapper.listed(error))}
    span = ReadableSpan(
        "exception",
        SpanContext(*ids, is_remote=False),
        attributes=_ENTRY | {"posthog.only": True},
        events=[Event("exception", event_attributes, WHEN)],
        start_time=WHEN,
        end_time=WHEN,
    )
    assert post(bridge, encoded([span])).body == b""
    assert arrived(inspector) == in_process


def _live() -> ExceptionSnapshot:
    with pytest.raises(IndexError) as caught:
        [].pop()
    return ExceptionSnapshot.of(caught.value)
