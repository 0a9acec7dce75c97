"""The quarantine's JSON carries what an attribute can hold, and gives it back."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.outcomes import lossless_json

# Surrogates included: `os.fsdecode` puts them into paths and environment variables.
texts = st.text(st.characters())
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.binary()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(values)
def test_every_value_comes_back_on_one_line(value: Any) -> None:
    line = lossless_json.dumps(value)
    assert b"\n" not in line
    assert lossless_json.loads(line) == value


def test_integers_beyond_64_bits_and_beyond_pythons_limit_of_digits_come_back() -> None:
    numbers = [2**64, -(2**200), 10**5_000, -(10**5_000)]
    assert lossless_json.loads(lossless_json.dumps(numbers)) == numbers


def test_numbers_that_json_has_no_word_for_come_back_in_strict_json() -> None:
    line = lossless_json.dumps([math.nan, math.inf, -math.inf])
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    nan, *infinities = lossless_json.loads(line)
    assert math.isnan(nan)
    assert infinities == [math.inf, -math.inf]


def test_sequences_come_back_as_lists_and_what_is_no_data_as_its_text() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    value = {"tuple": (1, 2), 3: complex(1, 2), "odd": Odd()}
    found = lossless_json.loads(lossless_json.dumps(value))
    assert found["tuple"] == [1, 2]
    assert found["3"] == "(1+2j)"
    assert "Odd object" in found["odd"]


def test_a_cycle_ends() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert b"[...]" in lossless_json.dumps(cycle)
