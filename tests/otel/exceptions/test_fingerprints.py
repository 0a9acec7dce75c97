"""Fingerprints: equal for errors of one kind, different for different kinds."""

from __future__ import annotations

import pytest

from otel.exceptions import ExceptionInfo, ExceptionSnapshot, Frame, fingerprint
from tests.otel.exceptions.raisers import caught

HERE = Frame("/srv/app/shop/views.py", 3, "show")
THERE = Frame("/srv/app/shop/views.py", 9, "edit")
DJANGO = Frame("/venv/lib/python3.11/site-packages/django/core/handlers/base.py", 197, "_get_response")


def of(*frames: Frame, type_name: str = "E", message: str = "") -> str:
    return fingerprint([ExceptionInfo(type_name, "shop", message, frames)])


def test_line_numbers_values_and_the_frameworks_frames_do_not_matter() -> None:
    assert of(DJANGO, HERE, message="order 1") == of(HERE._replace(lineno=4), message="order 2")


def test_the_products_functions_and_the_type_matter() -> None:
    assert len({of(HERE), of(THERE), of(HERE, THERE), of(THERE, HERE), of(HERE, type_name="F")}) == 5


def test_frames_of_others_matter_where_there_are_no_own() -> None:
    assert of(DJANGO) != of(DJANGO._replace(function="other"))


def test_causes_matter() -> None:
    cause = ExceptionInfo("K", "", "", (THERE,), 0, "cause")
    assert fingerprint([ExceptionInfo("E", "shop", "", (HERE,)), cause]) != of(HERE)


def test_the_depth_of_a_recursion_does_not_matter() -> None:
    assert of(HERE, *[THERE] * 5) == of(HERE, *[THERE] * 50)
    assert of(*[HERE, THERE] * 5) == of(*[HERE, THERE] * 9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 12 of 3", "order 7 of 45"),
        ("no key 'a'", "no key 'other'"),
        ('no key "a"', 'no key "other"'),
        ("object at 0x7f3a2b1c4d5e", "object at 0x7fffffffffff"),
        ("job 0190f5b0-7d1e-7cc0-8a6b-5f1e7a2b3c4d", "job 3fa85f64-5717-4562-b3fc-2c963f66afa6"),
    ],
)
def test_without_frames_what_varies_in_a_message_does_not_matter(one: str, other: str) -> None:
    assert of(message=one) == of(message=other)
    assert of(message=one) != of(message="something else")


def test_it_is_the_same_in_every_process_and_release() -> None:
    assert of(DJANGO, HERE) == "7ca83af14fef3df0"
    assert fingerprint(ExceptionSnapshot.of(caught("plain")).exceptions) == fingerprint(
        ExceptionSnapshot.of(caught("plain")).exceptions
    )
