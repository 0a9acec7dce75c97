"""Cases of single exceptions, in every kind of code that can raise."""

from __future__ import annotations

import ast
import asyncio
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider

from tests.otel.exceptions.cases import CASES, TRACEBACK, ShopError, case, fail


@case
def plain() -> None:
    fail()


@case
def builtin() -> None:
    int("twelve")


@case
def key_error_quotes_its_key() -> None:
    dict[str, int]()["it's"]


@case
def recursion() -> None:
    def down(depth: int) -> None:
        if not depth:
            fail("at the bottom")
        down(depth - 1)

    down(40)


@case
def deep_recursion() -> None:
    def down(depth: int) -> None:
        if not depth:
            fail("at the bottom")
        down(depth - 1)

    down(250)


@case
def mutual_recursion() -> None:
    def ping(depth: int) -> None:
        pong(depth - 1) if depth else fail("missed")

    def pong(depth: int) -> None:
        ping(depth - 1) if depth else fail("missed")

    ping(30)


@case
def syntax_error() -> None:
    ast.parse("x = (1,\ny = 2\n", "/srv/app/broken.py")


@case
def syntax_error_in_a_string() -> None:
    compile("f(", "<string>", "exec")


@case
def non_ascii_source() -> None:
    größe = "naïve 日本語 🎈"; raise ShopError(f"Größe {größe}")  # noqa: E702 # fmt: skip


@case
def message_of_lines() -> None:
    fail("first\n\nsecond: with a colon\n    indented\n")


@case
def message_that_is_a_traceback() -> None:
    fail(f"worker failed:\n{TRACEBACK}")


@case
def note() -> None:
    error = ShopError("noted")
    error.add_note("tried twice\nand once more")
    raise error


@case
def in_a_lambda() -> None:
    (lambda: fail())()


@case
def in_a_comprehension() -> None:
    [int(text) for text in ("1", "x")]


@case
def in_a_generator() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        fail()

    list(numbers())


@case
def in_a_context_manager() -> None:
    @contextmanager
    def shop() -> Iterator[None]:
        try:
            yield
        finally:
            fail("on the way out")

    with shop():
        fail("inside")


@case
def in_a_decorated_function() -> None:
    def twice(function: Callable[[], None]) -> Callable[[], None]:
        @functools.wraps(function)
        def wrapper() -> None:
            function()

        return wrapper

    @twice
    def decorated() -> None:
        fail()

    decorated()


@case
def in_a_coroutine() -> None:
    async def inner() -> None:
        await asyncio.sleep(0)
        fail()

    async def outer() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inner())

    with asyncio.Runner() as runner:
        runner.run(outer())


@case
def in_a_method() -> None:
    ShopError("method").fail()


@case
def in_c_code() -> None:
    sorted([1, "a"])  # type: ignore[type-var]  # fails on purpose


@case
def in_executed_code() -> None:
    exec(compile("def f():\n    fail()\nf()", "<shop>", "exec"), {"fail": fail, "__name__": "shop"})


@case
def in_code_without_a_name() -> None:
    exec("1/0", {})


@case
def never_raised() -> BaseException:
    return ShopError("never raised")


@case
def assertion() -> None:
    assert not CASES


@case
def message_none() -> None:
    raise ShopError(None)


@case
def empty_message() -> None:
    raise ShopError


@case
def before_a_long_line() -> None:
    fail()


@case
def long_line() -> None:
    long = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"  # noqa: E501
    raise ShopError(len(long))


@case
def local_class() -> None:
    class LocalError(Exception):
        pass

    raise LocalError("local")


class DetailedError(Exception):
    detail = "what an API shows"


@case
def exception_with_a_detail() -> None:
    raise DetailedError("what it is")


@case
def line_breaks_of_other_systems() -> None:
    fail("one\r\ntwo\x0bthree\u2028four")


@case
def exit_of_the_program() -> None:
    sys.exit("bye")


@case
def os_error() -> None:
    open("/no/such/file")  # noqa: PTH123, SIM115 - the file is never opened


@case
def unicode_error() -> None:
    b"\xff".decode()


@case
def through_a_span() -> None:
    with TracerProvider().get_tracer("shop").start_as_current_span("sell"):
        fail()
