"""Registry of cases: exceptions of every kind, each raised or returned by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

CASES: dict[str, Callable[[], BaseException | None]] = {}

TRACEBACK = """Traceback (most recent call last):
  File "worker.py", line 3, in work
    give_up()
ValueError: remote

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "worker.py", line 9, in outer
RuntimeError: remote too"""


def case(function: Callable[[], BaseException | None]) -> Callable[[], BaseException | None]:
    CASES[function.__name__] = function
    return function


def caught(name: str) -> BaseException:
    try:
        returned = CASES[name]()
    except BaseException as raised:  # noqa: BLE001 - some cases are not an Exception
        return raised
    assert returned is not None
    return returned


class ShopError(Exception):
    class NestedError(Exception):
        pass

    def fail(self) -> NoReturn:
        raise self


def fail(message: object = "out of stock") -> NoReturn:
    raise ShopError(message)
