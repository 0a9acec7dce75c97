"""Mistakes in a call of `record`: an exception in development and tests, a counted loss in production."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import otel
from otel import pipeline
from otel.recording import RecordingError
from tests.otel.shop import REGISTRY, SETTINGS, ParcelShipped, shop

ship: Any = ParcelShipped  # the type checker sees each of these mistakes

_HERE = Path(inspect.getfile(ParcelShipped)).relative_to(Path.cwd())
_LINE = inspect.getsourcelines(ParcelShipped)[1]
_FIX = f"Fix the call, or the declaration in {_HERE}:{_LINE}."
_ADVICE = f"Declare it in {_HERE}:{_LINE}, or fix the call."

# What is called, the reason, and the message.
MISTAKES: dict[str, tuple[Callable[[], object], str, str]] = {
    "a missing value": (
        lambda: ship(carrier="bike"),
        "missing_property",
        f"event 'parcel_shipped': number is required. {_FIX}",
    ),
    "an unknown name": (
        lambda: ship(number=1, carier="bike"),
        "unknown_property",
        f"event 'parcel_shipped' has no property 'carier'. Did you mean 'carrier'? {_ADVICE}",
    ),
    "a value without a name": (
        lambda: ship(1),
        "unknown_property",
        "event 'parcel_shipped' takes keyword arguments only: name each value in the call.",
    ),
    "a value of another type": (
        lambda: ship(number="one"),
        "wrong_type",
        f"event 'parcel_shipped': number is a str that does not fit int. {_FIX}",
    ),
    "a name instead of an event": (
        lambda: "parcel_shipped",
        "undeclared",
        "record() takes an event, not a name: call record_named('parcel_shipped', {…}) instead.",
    ),
    "a class instead of an event": (
        lambda: ship,
        "undeclared",
        "record() takes an instance: call record(ParcelShipped(…)) instead.",
    ),
    "something else": (lambda: 7, "undeclared", "record() takes an event, not a value of type int."),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_in_tests_and_says_what_to_do(mistake: str) -> None:
    make, _, message = MISTAKES[mistake]
    with shop(), pytest.raises(RecordingError) as raised:
        otel.record(make())  # type: ignore[arg-type]  # the mistake
    assert str(raised.value) == message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_counted_in_production_and_never_raises(mistake: str) -> None:
    make, reason, _ = MISTAKES[mistake]
    with shop() as captured:
        program = pipeline.install(SETTINGS.replace(strict=False), registry=REGISTRY, sink=captured)
        otel.record(make())  # type: ignore[arg-type]  # the mistake
        assert pipeline.flush()
        assert list(captured) == []
        assert program.counters.totals() == {reason: 1}


def test_an_undeclared_name_is_compared_with_the_declared_ones() -> None:
    with shop(), pytest.raises(RecordingError, match="Did you mean 'parcel_shipped'"):
        otel.record_named("parcel_shiped", {})


def test_a_good_event_is_as_a_dataclass_makes_it() -> None:
    event = ParcelShipped(number=3)
    assert event == ParcelShipped(number=3, carrier="post", note=None)
    assert repr(event) == "ParcelShipped(number=3, carrier='post', note=None)"
    assert list(inspect.signature(ParcelShipped).parameters) == ["number", "carrier", "note"]
    with pytest.raises(AttributeError):
        event.number = 4  # type: ignore[misc]  # frozen
