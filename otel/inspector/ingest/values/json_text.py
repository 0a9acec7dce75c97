"""JSON parsing, serialization and parsing errors as in PostHog's capture service."""

from __future__ import annotations

from typing import NoReturn

import orjson

from otel.inspector.ingest.messages import Refused

__all__ = ["fail_parsing", "parse_json", "to_text"]

_PARSING_CODE = "request_parsing_error"


def fail_parsing(reason: str, *, rule: str = "V0-1") -> NoReturn:
    """Refuse a request whose JSON does not have the form that PostHog requires.

    Args:
        reason: what is wrong; PostHog itself often says only that nothing matched.
        rule: id of the rule that refuses the request.

    Raises:
        Refused: always.
    """
    raise Refused(400, f"failed to parse request: {reason}", code=_PARSING_CODE, rule=rule)


def parse_json(text: bytes, *, rule: str) -> object:
    """Return parsed JSON.

    Args:
        text: JSON in UTF-8.
        rule: id of the rule that refuses invalid JSON.

    Raises:
        Refused: if the text is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        fail_parsing(str(error), rule=rule)


def to_text(value: object, *, is_sorted: bool = False) -> bytes:
    """Serialize parsed JSON.

    Args:
        value: parsed JSON.
        is_sorted: whether to sort the keys of objects, like serde_json.

    Raises:
        Refused: if the value is nested too deeply; PostHog's v0 stops at 128 levels, orjson's writer at 254.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if is_sorted else None)
    except orjson.JSONEncodeError as error:
        fail_parsing(str(error))
