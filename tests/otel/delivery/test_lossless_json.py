"""The quarantine's JSON preserves every value that an attribute can have."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.outcomes import lossless_json

# Surrogates are included: `os.fsdecode` puts them into paths and environment variables.
texts = st.text(st.characters())
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.binary()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(values)
def test_every_value_round_trips_on_one_line(value: Any) -> None:
    line = lossless_json.dumps(value)
    assert b"\n" not in line
    assert lossless_json.loads(line) == value


def test_integers_beyond_64_bits_and_beyond_pythons_digit_limit_round_trip() -> None:
    numbers = [2**64, -(2**200), 10**5_000, -(10**5_000)]
    assert lossless_json.loads(lossless_json.dumps(numbers)) == numbers


def test_numbers_that_json_cannot_represent_round_trip_in_strict_json() -> None:
    line = lossless_json.dumps([math.nan, math.inf, -math.inf])
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    nan, *infinities = lossless_json.loads(line)
    assert math.isnan(nan)
    assert infinities == [math.inf, -math.inf]


def test_sequences_become_lists_and_other_objects_become_text() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    value = {"tuple": (1, 2), 3: complex(1, 2), "odd": Odd()}
    found = lossless_json.loads(lossless_json.dumps(value))
    assert found["tuple"] == [1, 2]
    assert found["3"] == "(1+2j)"
    assert "Odd object" in found["odd"]


def test_a_cycle_is_cut() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert b"[...]" in lossless_json.dumps(cycle)
