"""The table of errors of Celery tasks, from which tests and docs/errors.md are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["TASKS", "Errors", "Failure", "lines"]

Errors = list[tuple[list[str], bool, str]]
"""For each error: the types of its chain, whether it was handled, and the function that raised it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a task of tests/host ends.

    Args:
        what: a description of the case.
        errors: the errors that are sent.
    """

    what: str
    errors: Errors


TASKS: Mapping[str, Failure] = {
    "fail_later": Failure("a task raises", [(["ValueError"], False, "fail_later")]),
    "fail_with_two": Failure(
        "a task raises an exception that pickle cannot make again",
        [(["NeedsTwoError"], False, "fail_with_two")],
    ),
    "fail_with_lock": Failure(
        "a task raises an exception that pickle cannot take", [(["HoldsLockError"], False, "fail_with_lock")]
    ),
    "fail_with_cause": Failure(
        "a task raises such an exception from another one",
        [(["NeedsTwoError", "ValueError"], False, "fail_with_cause")],
    ),
    "fail_unspeakably": Failure(
        "a task raises an exception whose `__str__` raises",
        [(["UnspeakableError"], False, "fail_unspeakably")],
    ),
    "fail_twice": Failure(
        "a task raises, and then its `on_failure` does", [(["ValueError"], False, "fail_twice")]
    ),
    "report_and_fail_alike": Failure(
        "a task calls `record_error` for an exception, and ends by another one of the same type",
        [
            (["TimeoutError"], False, "_time_out"),
            (["TimeoutError"], True, "report_and_fail_alike"),
        ],
    ),
    "exceed_soft_limit": Failure(
        "a task exceeds its soft time limit", [(["SoftTimeLimitExceeded"], False, "exceed_soft_limit")]
    ),
    "exceed_hard_limit": Failure("a task exceeds its hard time limit", [(["TimeLimitExceeded"], False, "")]),
    "be_killed": Failure("a task's process is killed", [(["WorkerLostError"], False, "")]),
    "leave": Failure("a task ends its process", [(["WorkerLostError"], False, "")]),
    "be_cancelled": Failure(
        "a task raises what is not an `Exception`, such as `asyncio.CancelledError`",
        [(["CancelledError"], False, "be_cancelled")],
    ),
    "fail_to_retry": Failure(
        "a task is tried again, and its `on_retry` raises", [(["LookupError", "Retry"], False, "on_retry")]
    ),
    "fail_as_expected": Failure("a task raises an exception in its `throws`", []),
    "be_revoked": Failure("a task is revoked and terminated", []),
    "retry_later": Failure("a task is tried again, and succeeds", []),
}


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| what happens | error | `error_type` |"
    yield "| --- | --- | --- |"
    for failure in TASKS.values():
        handled = ", ".join("handled" if is_handled else "unhandled" for _, is_handled, _ in failure.errors)
        types = ", ".join(f"`{chain[0]}`" for chain, _, _ in failure.errors)
        yield f"| {failure.what} | {handled or 'no'} | {types} |"
