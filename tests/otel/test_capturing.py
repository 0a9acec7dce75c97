"""The test kit: captures events, and restores the pipeline."""

from __future__ import annotations

import pytest

from otel import RecordingError, pipeline, record_named
from otel.testing import CapturedEvents
from tests.otel.shop import REGISTRY, ParcelShipped, shop


def test_the_previous_pipeline_is_restored() -> None:
    before = pipeline.running()
    assert before is not None
    with shop():
        during = pipeline.running()
        assert during is not None
        assert during.registry is REGISTRY
    after = pipeline.running()
    assert after is not None
    assert (after.settings, after.registry) == (before.settings, before.registry)
    assert after.recorder.on_commit is before.recorder.on_commit


def test_the_fixture_contains_the_events_that_would_have_been_delivered(
    captured_events: CapturedEvents,
) -> None:
    record_named("user_signed_up", {"method": "email", "signup_source": "invite"})
    assert [capture.properties["signup_source"] for capture in captured_events] == ["invite"]
    assert captured_events.of(ParcelShipped) == []
    with pytest.raises(RecordingError):
        record_named("user_signed_up", {"method": "email"})
    captured_events.clear()
    assert len(captured_events) == 0


@pytest.mark.django_db
def test_events_that_wait_for_the_tests_own_transaction_are_captured(captured_events: CapturedEvents) -> None:
    from django.db import transaction

    with transaction.atomic():
        record_named("user_signed_up", {"method": "email", "signup_source": "email"})
    assert len(captured_events) == 1
    with transaction.atomic():
        record_named("user_signed_up", {"method": "email", "signup_source": "email"})
        transaction.set_rollback(True)
    assert len(captured_events) == 1
