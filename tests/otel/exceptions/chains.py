"""Cases of exceptions with causes, contexts and members."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any, NoReturn

from billiard import einfo

from tests.otel.exceptions.cases import CASES, TRACEBACK, ShopError, case, fail


@case
def cause() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        raise ShopError("no order") from error


@case
def context() -> None:
    try:
        dict[str, int]()["order"]
    except KeyError:
        fail("while handling")


@case
def suppressed_context() -> None:
    try:
        dict[str, int]()["order"]
    except KeyError:
        raise ShopError("alone") from None


@case
def cause_of_a_context_of_a_cause() -> None:
    try:
        try:
            try:
                int("x")
            except ValueError as error:
                raise LookupError("second") from error
        except LookupError:
            fail("third")
    except ShopError as error:
        raise RuntimeError("fourth") from error


@case
def context_cycle() -> BaseException:
    one, other = ShopError("one"), ShopError("other")
    one.__cause__, other.__cause__ = other, one
    return one


@case
def same_type_and_message_twice() -> None:
    try:
        fail("again")
    except ShopError as error:
        raise ShopError("again") from error


def _raised(function: Callable[..., Any], *args: object) -> Exception:
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 - any exception
        return error
    raise AssertionError


@case
def group() -> None:
    raise ExceptionGroup("two failed", [_raised(fail, "one"), _raised(int, "two")])


@case
def nested_groups() -> None:
    inner = _raised(_raise_group, "inner", [_raised(fail, "one"), ShopError("never raised")])
    deepest = ExceptionGroup("deepest", [_raised(int, "x")])
    raise ExceptionGroup("outer", [inner, _raised(fail, "between"), ExceptionGroup("middle", [deepest])])


def _raise_group(message: str, members: list[Exception]) -> NoReturn:
    raise ExceptionGroup(message, members)


@case
def group_as_cause() -> None:
    try:
        _raise_group("several", [_raised(fail, "one"), _raised(int, "two")])
    except ExceptionGroup as error:
        raise ShopError("gave up") from error


@case
def group_of_chains() -> None:
    chained = [_raised(cause), _raised(context), _raised(group_as_cause)]
    try:
        fail("before")
    except ShopError:
        raise ExceptionGroup("chains", chained) from chained[0].__cause__


@case
def group_with_a_message_of_lines() -> None:
    raise ExceptionGroup("first\n  | second\nthird", [_raised(fail, "one\n\ntwo\n+-+---- 1 ----")])


@case
def base_exception_group() -> None:
    raise BaseExceptionGroup("stop", [KeyboardInterrupt(), _raised(fail)])


@case
def group_of_twenty() -> None:
    raise ExceptionGroup("many", [_raised(fail, number) for number in range(20)])


@case
def syntax_error_as_cause() -> None:
    try:
        ast.parse("def f(:\n  pass")
    except SyntaxError as error:
        raise ShopError("no template") from error


@case
def message_that_is_a_traceback_and_a_cause() -> None:
    try:
        dict[str, int]()["order"]
    except KeyError as error:
        raise ShopError(TRACEBACK) from error


@case
def message_with_a_separator_that_separates_nothing() -> None:
    try:
        fail("a\n\nDuring handling of the above exception, another exception occurred:\n\nit says (once)")
    except ShopError as error:
        raise ShopError("outer") from error


@case
def note_on_a_cause() -> None:
    try:
        CASES["note"]()
    except ShopError as error:
        raise ShopError("outer") from error


@case
def never_raised_and_caused() -> BaseException:
    error = ShopError("never raised")
    error.__cause__ = KeyError("k")
    return error


class UnprintableError(Exception):
    def __str__(self) -> str:
        msg = "no words"
        raise RuntimeError(msg)


@case
def unprintable_as_cause() -> None:
    try:
        raise UnprintableError
    except UnprintableError as error:
        raise ShopError("printed") from error


@case
def local_class_as_cause() -> None:
    try:
        CASES["local_class"]()
    except Exception as error:
        raise ShopError("outer") from error


@case
def nested_class_as_cause() -> None:
    try:
        raise ShopError.NestedError("nested")
    except ShopError.NestedError as error:
        raise ShopError("outer") from error


@case
def carried_out_of_a_celery_worker() -> BaseException | None:
    try:
        cause()
    except ShopError:
        return einfo.ExceptionInfo().exception
    raise AssertionError


@case
def remote_traceback() -> BaseException:
    error = ShopError("remote")
    carrier: type[Exception] = vars(einfo)["RemoteTraceback"]  # missing in billiard's type stubs
    error.__cause__ = carrier(f'\n"""\n{TRACEBACK}\n"""')
    return error


@case
def note_that_is_a_separator() -> None:
    try:
        fail("noted")
    except ShopError as error:
        error.add_note(
            f"\nDuring handling of the above exception, another exception occurred:\n\n{TRACEBACK}"
        )
        raise


@case
def note_on_a_member() -> None:
    member = ValueError("one")
    member.add_note("a note")
    raise ExceptionGroup("noted", [member])


@case
def group_of_forty() -> None:
    raise ExceptionGroup("many", [ValueError(number) for number in range(40)])


@case
def groups_twelve_deep() -> None:
    error: Exception = ValueError("deep")
    for level in range(12):
        error = ExceptionGroup(f"level {level}", [error])
    raise error


@case
def type_with_spaces_as_cause() -> None:
    odd: type[Exception] = type("Odd Error[int]", (Exception,), {"__module__": "shop"})
    try:
        raise odd("odd")
    except odd as error:
        raise ShopError("caused") from error


@case
def one_exception_twice_in_a_group() -> None:
    error = _raised(fail, "twice")
    raise ExceptionGroup("twice", [error, error])


@case
def syntax_error_as_member() -> None:
    raise ExceptionGroup("one", [_raised(compile, "a b", "f.py", "exec"), ValueError("two")])
