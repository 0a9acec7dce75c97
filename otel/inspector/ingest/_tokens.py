"""The project API keys that PostHog refuses by their form (rust/capture/src/token.rs @14b6bb0)."""

from __future__ import annotations

from otel.inspector.ingest.messages import Refused
from otel.inspector.ingest.values.ids import trimmed

__all__ = ["check_token"]

_LIMIT = 64  # bytes


def check_token(token: str, *, rule: str = "") -> None:
    """Refuse a project API key of a form that PostHog refuses; any other is a project to the inspector.

    Args:
        token: as sent.
        rule: the id of the rule that refuses it.

    Raises:
        Refused: 401, saying why.
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
