"""Snapshots of live exceptions."""

from __future__ import annotations

import gc
import weakref

from otel.exceptions import ExceptionSnapshot
from tests.otel.exceptions.cases import ShopError, fail
from tests.otel.exceptions.raisers import caught


class Local:
    pass


def test_a_snapshot_keeps_no_object_alive() -> None:
    kept: list[weakref.ref[object]] = []

    def work() -> None:
        local = Local()
        kept.append(weakref.ref(local))
        fail()

    def snapshot() -> ExceptionSnapshot:
        try:
            work()
        except ShopError as error:
            kept.append(weakref.ref(error))
            return ExceptionSnapshot.of(error)
        raise AssertionError

    live = snapshot()
    gc.collect()
    assert [reference() for reference in kept] == [None, None]
    assert live.exceptions[0].frames[-1].function == "fail"


def test_a_frame_knows_its_module() -> None:
    modules = {frame.module for frame in ExceptionSnapshot.of(caught("plain")).exceptions[0].frames}
    assert modules == {"tests.otel.exceptions.cases", "tests.otel.exceptions.singles"}


def test_a_long_message_is_cut() -> None:
    assert len(ExceptionSnapshot.of(ShopError("x" * 100_000)).message) < 10_000


def test_a_carriers_snapshot_contains_the_original() -> None:
    carrier = caught("carried_out_of_a_celery_worker")
    live = ExceptionSnapshot.of(carrier)
    assert [one.type_name for one in live.exceptions] == ["ShopError", "JSONDecodeError"]


class HostileMeta(type):
    @property
    def __module__(cls) -> str:  # type: ignore[override]  # hostile on purpose
        msg = "no module"
        raise RuntimeError(msg)


def test_a_class_that_raises_when_asked_is_still_an_exception() -> None:
    hostile = HostileMeta("HostileError", (Exception,), {})
    live = ExceptionSnapshot.of(hostile("x"))
    assert [one.type_name for one in live.exceptions] == ["HostileError"]


def test_a_deep_recursion_keeps_both_ends() -> None:
    frames = ExceptionSnapshot.of(caught("deep_recursion")).exceptions[0].frames
    assert len(frames) == 100
    assert [frames[0].function, frames[-1].function] == ["caught", "fail"]


def test_a_cycle_of_causes_ends() -> None:
    live = ExceptionSnapshot.of(caught("context_cycle"))
    assert [(one.message, one.source) for one in live.exceptions] == [("one", None), ("other", "cause")]


def test_a_chain_of_a_thousand_ends_at_fifty() -> None:
    exc = ShopError("root")
    for number in range(1000):
        outer = ShopError(number)
        outer.__cause__ = exc
        exc = outer
    live = ExceptionSnapshot.of(exc)
    assert [one.message for one in live.exceptions] == [str(number) for number in range(999, 949, -1)]
