"""The event that every benchmark records: six properties, about one signed-in person."""

from __future__ import annotations

from typing import Any, Final, Literal

from otel import Identity, Settings, TeamEvent, event

__all__ = ["EVENT", "GROUPS", "IDENTITY", "OneIdentity", "SyncFinished", "properties", "settings"]

GROUPS: Final = {"team": "benchmark.team.id"}

# As long as Tformance's identities: two UUIDs, and a session's UUIDv7 from posthog-js.
IDENTITY: Final = Identity(
    distinct_id="7d0f5f0e-9a53-4d58-8e5f-0f3c7c5b8a10",
    groups={"team": "c1a7bb3e-64b2-4a7a-8b0c-52f0d2a3f9d4"},
    session_id="0199f2a4-7b1c-7d3e-9f60-2a4b6c8d0e1f",
)


@event("benchmark_sync_finished", tier=1, owner="benchmarks")
class SyncFinished(TeamEvent):
    """A repository sync has finished; same shape as Tformance's `repo_sync_completed`.

    Args:
        trigger: the trigger of the sync.
        is_initial: whether it was the first sync of the repository.
        outcome: the outcome of the sync.
        prs_synced: the number of pull requests that were read.
        duration_ms: the duration of the sync in milliseconds.
    """

    trigger: Literal["onboarding", "manual", "scheduled"]
    is_initial: bool
    outcome: Literal["success", "partial", "failed"]
    prs_synced: int
    duration_ms: int


EVENT: Final = "benchmark_sync_finished"


class OneIdentity:
    """An identity source that always returns the same person."""

    def identity(self) -> Identity:
        """Return the person."""
        return IDENTITY


def properties(number: int) -> dict[str, Any]:
    """Return the event's properties, with numbers that vary between events as in reality.

    Args:
        number: the number of the event.
    """
    return {
        "team_slug": "acme-engineering",
        "trigger": "scheduled",
        "is_initial": False,
        "outcome": "success",
        "prs_synced": number % 97,
        "duration_ms": 1_000 + number * 7_919 % 60_000,
    }


def settings(host: str = "http://127.0.0.1:9") -> Settings:
    """Return the pipeline's settings.

    Args:
        host: the URL of PostHog's stand-in; nothing listens at the default URL.
    """
    return Settings(api_key="phc_benchmark", host=host, groups=GROUPS)
