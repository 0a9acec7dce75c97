"""The table of requests that end without a response, from which tests and docs/errors.md are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["ENDINGS", "Ending", "lines"]


@dataclass(frozen=True, slots=True)
class Ending:
    """What leaves a view of tests/host, and the error that is sent.

    Args:
        what: a description of the case.
        error_type: the type of the error; None if no error is sent.
        is_cancellation: whether it is how a request ends under ASGI when its client hangs up, and then no
            error.
    """

    what: str
    error_type: str | None
    is_cancellation: bool = False

    def error_from(self, flavour: str) -> str | None:
        return None if flavour == "ASGI" and self.is_cancellation else self.error_type


ENDINGS: Mapping[str, Ending] = {
    "exit": Ending("`SystemExit` with a code, such as gunicorn's timeout", "SystemExit"),
    "exit_with_a_message": Ending("`SystemExit` with a message", "SystemExit"),
    "exit_regularly": Ending("`SystemExit` without a code", None),
    "interrupt": Ending("`KeyboardInterrupt`", "KeyboardInterrupt"),
    "cancel": Ending("`asyncio.CancelledError`", "CancelledError", is_cancellation=True),
    "close": Ending("`GeneratorExit`", "GeneratorExit", is_cancellation=True),
    "group": Ending("`BaseExceptionGroup`", "BaseExceptionGroup"),
}


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| what leaves the view | under WSGI | under ASGI |"
    yield "| --- | --- | --- |"
    for ending in ENDINGS.values():
        cells = [ending.error_from(flavour) for flavour in ("WSGI", "ASGI")]
        errors = " | ".join("no" if one is None else f"unhandled `{one}`" for one in cells)
        yield f"| {ending.what} | {errors} |"
