"""The event that every benchmark records: six properties, about a signed-in person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from otel import Identity, Settings, TeamEvent, event

__all__ = ["EVENT", "GROUPS", "IDENTITY", "QUERY", "SyncFinished", "identity_of", "properties", "settings"]

GROUPS: Final = {"team": "benchmark.team.id"}

_PEOPLE, _TEAMS = 200, 50


def identity_of(number: int) -> Identity:
    """Return the identity of a request, as long as Tformance's: two UUIDs, and a session's UUIDv7.

    Each request has its own object, and the requests of 20 seconds come from 200 people of 50 teams:
    whatever is kept for a person or for an object is worth as much as in a product.

    Args:
        number: the number of the request.
    """
    return Identity(
        distinct_id=f"{number % _PEOPLE:08x}-9a53-4d58-8e5f-0f3c7c5b8a10",
        groups={"team": f"{number % _TEAMS:08x}-64b2-4a7a-8b0c-52f0d2a3f9d4"},
        session_id=f"0199f2a4-{number % _PEOPLE:04x}-7d3e-9f60-2a4b6c8d0e1f",
    )


IDENTITY: Final = identity_of(1)

# Attributes as a database instrumentation sets them, in number and length.
QUERY: Final[Mapping[str, str | int]] = {
    "db.system.name": "postgresql",
    "db.namespace": "tformance",
    "db.query.text": "SELECT id, title, state FROM metrics_pullrequest WHERE team_id = %s LIMIT 20",
    "db.operation.name": "SELECT",
    "db.collection.name": "metrics_pullrequest",
    "server.address": "db.internal",
    "server.port": 5432,
    "network.peer.address": "10.0.3.7",
    "network.peer.port": 5432,
    "db.response.returned_rows": 20,
}


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
