"""Processes that run Python functions and keep their state between calls."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context

from benchmarks._result import Result

__all__ = ["own_process", "run_benchmark"]


@contextmanager
def own_process() -> Iterator[ProcessPoolExecutor]:
    """Start a process that inherits no state, because benchmarks install code for the whole process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        yield process


def run_benchmark(name: str, *, is_quick: bool) -> Result:
    """Run one benchmark in this process.

    Args:
        name: the name of the benchmark's module.
        is_quick: whether to run only a few rounds.
    """
    found: Result = import_module(f"benchmarks.{name}").measure(is_quick=is_quick)
    return found
