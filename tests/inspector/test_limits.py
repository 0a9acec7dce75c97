"""Limits: what is too large is refused, truncated or discarded (`wire.md` section 1.3)."""

from __future__ import annotations

import gzip

import orjson

from otel.inspector import RunningInspector, running_inspector
from tests.inspector.sending import Sender, batch, batch_v1, event

MIB = 1024 * 1024


def test_a_body_over_20_mib_is_refused_with_413(inspector: RunningInspector, sender: Sender) -> None:
    answer = sender.post(b" " * (20 * MIB + 1))
    assert (answer.status, b"maximum event size exceeded" in answer.data) == (413, True)
    assert inspector.requests()[0]["wire_bytes"] == 20 * MIB + 1
    assert inspector.bad()[0]["status"] == 413


def test_a_body_over_20_mib_once_decompressed_is_refused_with_413(
    inspector: RunningInspector, sender: Sender
) -> None:
    answer = sender.post(gzip.compress(b" " * (20 * MIB + 1)))
    assert (answer.status, b"maximum event size exceeded" in answer.data) == (413, True)
    assert inspector.good() == []


def test_a_body_of_exactly_20_mib_is_read(inspector: RunningInspector, sender: Sender) -> None:
    text = orjson.dumps(batch(event("at_the_limit")))
    assert sender.post(gzip.compress(text + b" " * (20 * MIB - len(text)))).status == 200
    assert [one["event"] for one in inspector.good()] == ["at_the_limit"]


def test_an_event_over_1_mb_is_accepted_and_discarded_with_a_warning(
    inspector: RunningInspector, sender: Sender
) -> None:
    large = event("large", properties={"text": "x" * 1_000_001})
    assert sender.post(batch(large, event("small"))).status == 200
    assert [one["event"] for one in inspector.good()] == ["small"]
    [warning] = inspector.warnings()
    assert (warning["type"], warning["event"], warning["uuid"]) == (
        "message_size_too_large",
        "large",
        large["uuid"],
    )
    [bad] = inspector.bad()
    assert (bad["status"], bad["reason"]) == (200, warning["message"])
    counts = inspector.all()
    assert (counts["total"], counts["good"], counts["bad"]) == (2, 1, 1)


def test_a_distinct_id_is_truncated_to_200_characters_with_a_warning(
    inspector: RunningInspector, sender: Sender
) -> None:
    sender.post(batch(event(distinct_id="é" * 201), event(distinct_id="é" * 200)))
    assert [one["distinct_id"] for one in inspector.good()] == ["é" * 200] * 2
    assert [one["type"] for one in inspector.warnings()] == ["distinct_id_truncated"]


def test_only_the_newest_captures_are_kept_and_all_are_counted() -> None:
    with running_inspector(captures_kept=3) as inspector:
        sender = Sender(inspector.url)
        sender.post(batch(*(event(f"event_{number}") for number in range(5))))
        sender.close()
        assert [one["event"] for one in inspector.good()] == ["event_2", "event_3", "event_4"]
        assert inspector.all()["good"] == 5


def test_discarded_events_are_counted_but_not_kept() -> None:
    with running_inspector(discard=True) as inspector:
        sender = Sender(inspector.url)
        assert sender.post_gzip(batch(event(), event())).status == 200
        assert sender.post_v1(batch_v1(event())).status == 200
        assert sender.post(b"{").status == 400
        sender.close()
        counts = inspector.all()
        assert (counts["total"], counts["good"], counts["bad"]) == (4, 3, 1)
        assert (inspector.good(), inspector.requests()) == ([], [])
