"""Validation of the form of a project API key (rust/capture/src/token.rs @14b6bb0)."""

from __future__ import annotations

from otel.inspector.ingest.messages import Refused
from otel.inspector.ingest.values.ids import trimmed

__all__ = ["check_token"]

_LIMIT = 64  # bytes


def check_token(token: str, *, rule: str = "") -> None:
    """Check the form of a project API key. The inspector accepts every key of a valid form.

    Args:
        token: the key as sent.
        rule: id of the rule that refuses an invalid key.

    Raises:
        Refused: with status 401 and PostHog's reason, if the form is invalid.
    """
    token = trimmed(token)
    if not token:
        fault = "empty"
    elif len(token.encode()) > _LIMIT:
        fault = "too_long"
    elif not token.isascii():
        fault = "not_ascii"
    elif token.startswith("phx_"):
        fault = "personal_api_key"
    elif "\0" in token:
        fault = "null_byte"
    else:
        return
    raise Refused(401, f"API key is not valid: {fault}", code="invalid_api_token", rule=rule)
