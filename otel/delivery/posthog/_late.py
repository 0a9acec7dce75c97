"""Late events, which are sent to PostHog as a historical migration."""

from __future__ import annotations

from collections.abc import Sequence

from otel.envelope import Capture
from otel.mapping.capture import timestamp

__all__ = ["migration", "parts_by_age"]

# PostHog requires the flag for events "dated at least 48 hours before the time of import"
# (https://posthog.com/docs/migrate), because late events look like a spike of traffic
# (https://posthog.com/docs/api/capture). Its ingestion removes the flag from younger events
# (PostHog/posthog, `validate-historical-migration`), so a clock that is slightly fast does no harm.
_LATE = 48 * 3600


def parts_by_age(captures: Sequence[Capture], time: float) -> list[list[int]]:
    """Return the positions of the fresh captures and of the late ones, without empty parts.

    The flag belongs to a whole batch, so a mixed batch becomes two requests. Fresh events are sent first,
    because people look at them now.

    Args:
        captures: the events.
        time: seconds since 1970.
    """
    limit = _limit(time)
    fresh: list[int] = []
    late: list[int] = []
    for index, capture in enumerate(captures):
        (late if capture.timestamp <= limit else fresh).append(index)
    return [part for part in (fresh, late) if part]


def migration(captures: Sequence[Capture], time: float) -> dict[str, bool]:
    """Return the field that marks a batch of late events; no field for fresh events.

    Args:
        captures: one part, so either all or none are late.
        time: seconds since 1970, the same as for `parts_by_age`.
    """
    is_late = bool(captures) and captures[0].timestamp <= _limit(time)
    return {"historical_migration": True} if is_late else {}


def _limit(time: float) -> str:
    # All timestamps are written by one function with one width, so they compare like times.
    return timestamp(int((time - _LATE) * 1_000_000_000))
