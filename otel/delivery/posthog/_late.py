"""Late events: what is old when it is first sent goes to PostHog as a historical migration."""

from __future__ import annotations

from collections.abc import Sequence

from otel.envelope import Capture
from otel.mapping.capture import timestamp

__all__ = ["migration", "parts_by_age"]

# PostHog asks for the flag for events "dated at least 48 hours before the time of import"
# (https://posthog.com/docs/migrate), since late ones would look like a spike of traffic to it
# (https://posthog.com/docs/api/capture). Its ingestion takes the flag back from anything younger
# (PostHog/posthog, `validate-historical-migration`), so a clock that is a little fast does no harm.
_LATE = 48 * 3600


def parts_by_age(captures: Sequence[Capture], time: float) -> list[list[int]]:
    """Return the positions of the fresh captures and those of the late ones, without an empty part.

    The flag belongs to a whole batch, so a mixed one becomes two requests. The fresh ones come first: they
    are what somebody looks at now.

    Args:
        captures: what is to be sent.
        time: seconds since 1970.
    """
    limit = _limit(time)
    fresh: list[int] = []
    late: list[int] = []
    for index, capture in enumerate(captures):
        (late if capture.timestamp <= limit else fresh).append(index)
    return [part for part in (fresh, late) if part]


def migration(captures: Sequence[Capture], time: float) -> dict[str, bool]:
    """Return the field of the batch that marks late events; nothing for fresh ones.

    Args:
        captures: one part, so all late or none.
        time: seconds since 1970, the one that they were parted by.
    """
    is_late = bool(captures) and captures[0].timestamp <= _limit(time)
    return {"historical_migration": True} if is_late else {}


def _limit(time: float) -> str:
    # Every capture's time is written by the same function, in one width: texts compare as times do.
    return timestamp(int((time - _LATE) * 1_000_000_000))
