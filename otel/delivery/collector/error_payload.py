"""An error on its way through the Collector: a span event whose one attribute holds what mapping needs."""

from __future__ import annotations

from typing import Any

import orjson

from otel.envelope import Envelope
from otel.events import to_valid_text
from otel.exceptions import BY_HAND, ExceptionInfo, ExceptionSnapshot, Hook
from otel.mapping.errors import ErrorRecord

__all__ = ["carried", "carried_error"]


def carried(error: ErrorRecord, occurrences: int, listed: list[dict[str, Any]]) -> str:
    """Write an error as the attribute `posthog.error`.

    Its `$exception_list` is made before it leaves: the lines around a frame, and whether it is the product's
    own, only the machine knows that ran it; and messages are scrubbed before anybody else stores them. Whom
    it is about, and the entry that it ended, are told by the span's own attributes.

    Args:
        error: what happened.
        occurrences: for how many errors of its kind it stands.
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


def carried_error(text: str, event: Envelope) -> tuple[ErrorRecord, int]:
    """Read what `carried` wrote; return the error, and for how many of its kind it stands.

    Args:
        text: the attribute `posthog.error`.
        event: the envelope of the span event that has it.

    Raises:
        ValueError: if the text is none of ours.
    """
    fields = orjson.loads(text)
    match fields:
        case {"type": str(name), "handled": bool(handled), "occurrences": int(count), "list": list(listed)}:
            if count > 0 and all(_is_exception(one) for one in listed):
                entry = event.span_attributes
                live = ExceptionSnapshot((ExceptionInfo(name),), name, "")
                return ErrorRecord(event, entry, handled, _hook(fields.get("source")), live, listed), count
    msg = "posthog.error holds no error as this version writes them"
    raise ValueError(msg)


def _hook(source: object) -> Hook:
    """Return the hook with a source; its mechanism stands in the list already."""
    return BY_HAND._replace(source=source) if isinstance(source, str) else BY_HAND


def _is_exception(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("value"), str)
