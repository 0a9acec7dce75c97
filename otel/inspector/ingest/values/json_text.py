"""JSON as the door reads it, and what it says of JSON that it cannot read."""

from __future__ import annotations

from typing import NoReturn

import orjson

from otel.inspector.ingest.messages import Refused

__all__ = ["fail_parsing", "parse_json", "to_text"]

_PARSING_CODE = "request_parsing_error"


def fail_parsing(reason: str, *, rule: str = "V0-1") -> NoReturn:
    """Refuse a request whose JSON is not of PostHog's form.

    Args:
        reason: what is wrong; PostHog itself often says only that nothing matched.
        rule: the id of the rule that refuses it.

    Raises:
        Refused: always.
    """
    raise Refused(400, f"failed to parse request: {reason}", code=_PARSING_CODE, rule=rule)


def parse_json(text: bytes, *, rule: str) -> object:
    """Return parsed JSON.

    Args:
        text: UTF-8.
        rule: the id of the rule that refuses what is not JSON.

    Raises:
        Refused: for what is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        fail_parsing(str(error), rule=rule)


def to_text(value: object, *, is_sorted: bool = False) -> bytes:
    """Return parsed JSON as text again.

    Args:
        value: parsed JSON.
        is_sorted: whether the keys of objects are sorted, as serde_json does.

    Raises:
        Refused: for what is nested too deeply: PostHog's v0 stops at 128 levels, orjson's writer at 254.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if is_sorted else None)
    except orjson.JSONEncodeError as error:
        fail_parsing(str(error))
