"""Feature flags, evaluated in this process from definitions that PostHog's client polls."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from functools import cache

from posthog import Posthog

from otel import Settings

__all__ = ["evaluated", "is_enabled"]

_log = logging.getLogger(__name__)


def is_enabled(flag: str, distinct_id: str, groups: Mapping[str, str], default: bool) -> bool:
    """Evaluate a flag locally, without a network request.

    Args:
        flag: the flag's key.
        distinct_id: the person's public id.
        groups: the group keys of the person, by group type.
        default: the result without an API key, before the definitions are loaded, and for a flag that only
            PostHog can evaluate.
    """
    client = _client()
    # Evaluating a flag before the definitions are loaded would fetch them during the request.
    if client is None or client.feature_flags is None:
        return default
    try:
        flags = client.evaluate_flags(
            distinct_id, groups=groups, flag_keys=[flag], only_evaluate_locally=True
        )
        return flags.is_enabled(flag, default, send_feature_flag_events=False)
    except Exception:  # noqa: BLE001 - an external definition must never raise into the product
        _log.exception("cannot evaluate feature flag %r; using the default", flag)
        return default


def evaluated(distinct_id: str, groups: Mapping[str, str]) -> dict[str, bool | str]:
    """Evaluate all flags of a person locally, for a page's scripts, without a network request.

    Flags that only PostHog can evaluate are left out; before the definitions are loaded, the result is empty.

    Args:
        distinct_id: the person's public id.
        groups: the group keys of the person, by group type.
    """
    client = _client()
    if client is None or client.feature_flags is None:
        return {}
    try:
        flags = client.evaluate_flags(distinct_id, groups=groups, only_evaluate_locally=True)
        values = {key: flags.get_flag(key, send_feature_flag_events=False) for key in flags.keys}
    except Exception:  # noqa: BLE001 - as above
        _log.exception("cannot evaluate feature flags; the page gets none")
        return {}
    return {key: value for key, value in values.items() if value is not None}


@cache
def _client() -> Posthog | None:
    """Create the client once per process, on first use, so that each worker polls on its own."""
    settings, secret = Settings.from_environ(), os.environ.get("POSTHOG_PERSONAL_API_KEY", "").strip()
    if not settings.api_key or not secret:
        return None
    client = Posthog(settings.api_key, host=settings.host, secret_key=secret, send=False)
    threading.Thread(target=client.load_feature_flags, name="feature-flags", daemon=True).start()
    return client
