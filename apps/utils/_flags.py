"""Feature flags, evaluated in this process from definitions that PostHog's own client polls."""

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
    """Evaluate a flag; nothing leaves the process and nothing waits.

    Args:
        flag: the flag's key.
        distinct_id: the person's public id.
        groups: the key of each of the person's groups.
        default: what counts without a key, until the definitions are here, and for a flag that only PostHog
            can evaluate.
    """
    client = _client()
    # Evaluating before the definitions are here would fetch them in the request.
    if client is None or client.feature_flags is None:
        return default
    try:
        flags = client.evaluate_flags(
            distinct_id, groups=groups, flag_keys=[flag], only_evaluate_locally=True
        )
        return flags.is_enabled(flag, default, send_feature_flag_events=False)
    except Exception:  # noqa: BLE001 - a definition from outside never raises into the product
        _log.exception("the feature flag %r cannot be evaluated; the default counts", flag)
        return default


def evaluated(distinct_id: str, groups: Mapping[str, str]) -> dict[str, bool | str]:
    """Evaluate all flags of a person, for a page's scripts; nothing leaves the process and nothing waits.

    Those that only PostHog can evaluate are left out, and until the definitions are here all are.

    Args:
        distinct_id: the person's public id.
        groups: the key of each of the person's groups.
    """
    client = _client()
    if client is None or client.feature_flags is None:
        return {}
    try:
        flags = client.evaluate_flags(distinct_id, groups=groups, only_evaluate_locally=True)
        values = {key: flags.get_flag(key, send_feature_flag_events=False) for key in flags.keys}
    except Exception:  # noqa: BLE001 - as above
        _log.exception("the feature flags cannot be evaluated; the page has none")
        return {}
    return {key: value for key, value in values.items() if value is not None}


@cache
def _client() -> Posthog | None:
    """Make the client once per process, at the first question, so that each worker polls for itself."""
    settings, secret = Settings.from_environ(), os.environ.get("POSTHOG_PERSONAL_API_KEY", "").strip()
    if not settings.api_key or not secret:
        return None
    client = Posthog(settings.api_key, host=settings.host, secret_key=secret, send=False)
    threading.Thread(target=client.load_feature_flags, name="feature-flags", daemon=True).start()
    return client
