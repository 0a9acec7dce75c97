"""Feature flags and the remote configuration of posthog-js, as PostHog answers them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

__all__ = ["Flags", "FlagsError", "remote_config"]


class FlagsError(ValueError):
    """Raised for flags that cannot be understood; the message says what is wrong with them."""


class Flags:
    """Feature flags that are the same for everybody: a name, and `true`, `false` or a variant."""

    def __init__(self) -> None:
        self._flags: dict[str, bool | str] = {}

    def __bool__(self) -> bool:
        return bool(self._flags)

    def clear(self) -> None:
        """Forget all flags."""
        self._flags.clear()

    def replace(self, flags: object) -> None:
        """Set the flags.

        Args:
            flags: an object of name and `true`, `false` or a variant.

        Raises:
            FlagsError: for anything else.
        """
        if not isinstance(flags, Mapping) or not all(isinstance(one, bool | str) for one in flags.values()):
            msg = 'give an object, such as {"new-chart": true, "layout": "wide"}'
            raise FlagsError(msg)
        self._flags = dict(flags)

    def evaluated(self) -> dict[str, Any]:
        """Return the answer of `/flags/` (versions 2 and 4 are alike here)."""
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
        """Return the answer of `/flags/definitions`, from which an SDK evaluates locally."""
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
    """Return the answer of `/array/<token>/config` (`wire.md` section 4.4).

    Args:
        has_flags: whether posthog-js is to ask for flags.
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
