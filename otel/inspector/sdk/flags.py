"""Feature flags and the remote configuration of posthog-js, in the form that PostHog serves them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

__all__ = ["Flags", "FlagsError", "remote_config"]


class FlagsError(ValueError):
    """Raised for invalid flags; the message says what is expected."""


class Flags:
    """Feature flags, which are the same for everybody. Confined to the server's event loop."""

    def __init__(self) -> None:
        self._flags: dict[str, bool | str] = {}

    def __bool__(self) -> bool:
        return bool(self._flags)

    def clear(self) -> None:
        """Remove all flags."""
        self._flags.clear()

    def replace(self, flags: object) -> None:
        """Replace all flags.

        Args:
            flags: parsed JSON: `true`, `false` or a variant by the flag's name.

        Raises:
            FlagsError: if `flags` has another form.
        """
        if not isinstance(flags, Mapping) or not all(isinstance(one, bool | str) for one in flags.values()):
            msg = 'give an object, such as {"new-chart": true, "layout": "wide"}'
            raise FlagsError(msg)
        self._flags = dict(flags)

    def evaluated(self) -> dict[str, Any]:
        """Return the response of `/flags/` (versions 2 and 4 do not differ here)."""
        reason = {"code": "condition_match", "condition_index": 0, "description": "Matched condition set 1"}
        return {
            "flags": {
                key: {
                    "key": key,
                    "enabled": value is not False,
                    "variant": value if isinstance(value, str) else None,
                    "reason": reason,
                    "metadata": {"id": number, "version": 1, "payload": None, "description": None},
                }
                for number, (key, value) in enumerate(self._flags.items(), 1)
            },
            "errorsWhileComputingFlags": False,
            "requestId": str(uuid.uuid4()),
        }

    def definitions(self) -> dict[str, Any]:
        """Return the response of `/flags/definitions`, from which an SDK evaluates flags locally."""
        flags = [
            _definition(number, key, value) for number, (key, value) in enumerate(self._flags.items(), 1)
        ]
        return {"flags": flags, "group_type_mapping": {}, "cohorts": {}}


def _definition(number: int, key: str, value: bool | str) -> dict[str, Any]:
    filters: dict[str, Any] = {
        "groups": [{"properties": [], "rollout_percentage": 100 * (value is not False)}]
    }
    if isinstance(value, str):
        filters["multivariate"] = {"variants": [{"key": value, "rollout_percentage": 100}]}
    return {"id": number, "key": key, "name": key, "active": True, "filters": filters, "version": 1}


def remote_config(*, has_flags: bool) -> dict[str, Any]:
    """Return the response of `/array/<token>/config` (`wire.md` section 4.4).

    Args:
        has_flags: whether posthog-js should request flags.
    """
    return {
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": has_flags,
        "sessionRecording": False,
        "surveys": False,
        "heatmaps": False,
        "captureDeadClicks": False,
        "autocapture_opt_out": False,
        "autocaptureExceptions": False,
        "capturePerformance": {"web_vitals": True},
        "siteApps": [],
        "toolbarParams": {},
        "isAuthenticated": False,
        "defaultIdentifiedOnly": True,
    }
