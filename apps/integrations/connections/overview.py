"""What a team has connected, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.integrations.models import Connection, Provider
from apps.integrations.providers import PROVIDERS
from apps.teams.models import Team

__all__ = ["ProviderState", "State", "overview"]

State = Literal["connected", "revoked", "disconnected", "never", "not_configured"]


@dataclass(frozen=True)
class ProviderState:
    """Be one provider, as it stands with a team.

    Args:
        provider: which one.
        state: whether it is connected, or was.
        connection: the live one, else the last; None if there never was one.
    """

    provider: Provider
    state: State
    connection: Connection | None


def overview(team: Team) -> list[ProviderState]:
    """Return how each provider stands with a team, in one query.

    Args:
        team: whose.
    """
    # Tokens are not read: the page needs none, and shows even where their key is gone.
    rows = (
        team.connections.select_related("connected_by")
        .defer("access_token", "refresh_token")
        .order_by("connected_at", "pk")
    )
    latest = {Provider(row.provider): row for row in rows}
    return [
        ProviderState(provider, _state(provider, latest.get(provider)), latest.get(provider))
        for provider in Provider
    ]


def _state(provider: Provider, connection: Connection | None) -> State:
    if connection is not None and connection.disconnected_at is None:
        return "connected"
    if not PROVIDERS[provider].is_configured():
        return "not_configured"
    if connection is None:
        return "never"
    return "revoked" if connection.was_revoked else "disconnected"
