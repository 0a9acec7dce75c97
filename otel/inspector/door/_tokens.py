"""The project API keys that PostHog refuses by their form (`wire.md` section 1.4)."""

from __future__ import annotations

from otel.inspector._answer import Refused

__all__ = ["check_token"]

_LIMIT = 64  # characters


def check_token(token: str) -> None:
    """Refuse a project API key of a form that PostHog refuses; any other is a project to the inspector.

    Args:
        token: as sent.

    Raises:
        Refused: 401, saying why.
    """
    token = token.strip()
    if not token:
        fault = "empty"
    elif len(token) > _LIMIT:
        fault = "too_long"
    elif not token.isascii():
        fault = "not_ascii"
    elif token.startswith("phx_"):
        fault = "personal_api_key"
    elif "\0" in token:
        fault = "null_byte"
    else:
        return
    raise Refused(401, f"API key is not valid: {fault}", code="invalid_api_token")
