"""An error on its way through the Collector, as one attribute that holds everything mapping needs."""

from __future__ import annotations

from typing import Any

import orjson

from otel.envelope import Envelope
from otel.exceptions import BY_HAND, ExceptionInfo, ExceptionSnapshot, Hook
from otel.mapping.errors import ErrorRecord
from otel.text.unicode import to_valid_text

__all__ = ["read_error", "write_error"]


def write_error(error: ErrorRecord, occurrences: int, listed: list[dict[str, Any]]) -> str:
    """Return an error as the value of the attribute `posthog.error`.

    The `$exception_list` is made before the error leaves, because only the machine that ran the code knows
    the lines around a frame and whether the frame is the product's own, and because messages must be scrubbed
    before another program stores them. The span's attributes hold the person and the entry span.

    Args:
        error: what happened.
        occurrences: the number of errors that it represents.
        listed: its `$exception_list`, from `ErrorMapper.listed`.
    """
    fields = {
        "type": to_valid_text(error.exceptions[0].type_name),
        "handled": error.is_handled,
        "occurrences": occurrences,
        "list": listed,
        "source": error.hook.source,
    }
    return orjson.dumps(fields).decode()


def read_error(text: str, event: Envelope) -> tuple[ErrorRecord, int]:
    """Return an error that `write_error` wrote, and the number of errors that it represents.

    Args:
        text: the attribute `posthog.error`.
        event: the envelope of the span event with this attribute.

    Raises:
        ValueError: if this version cannot read the text.
    """
    fields = orjson.loads(text)
    match fields:
        case {
            "type": str(name),
            "handled": bool() | None as handled,
            "occurrences": int(count),
            "list": list(listed),
        }:
            if count > 0 and all(_is_exception(one) for one in listed):
                entry = event.span_attributes
                live = ExceptionSnapshot((ExceptionInfo(name),), name, "")
                return ErrorRecord(event, entry, handled, _hook(fields.get("source")), live, listed), count
    msg = "posthog.error does not hold an error that this version can read"
    raise ValueError(msg)


def _hook(source: object) -> Hook:
    """Return a hook with a source; its mechanism is already in the list."""
    return BY_HAND._replace(source=source) if isinstance(source, str) else BY_HAND


def _is_exception(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("value"), str)
