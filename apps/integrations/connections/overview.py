"""Overview of a team's connections, as the integrations page shows it."""

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
    """The state of one provider for a team.

    Args:
        provider: the provider.
        state: whether the provider is connected, was connected, or can be connected.
        connection: the live connection, otherwise the last one; None if there never was one.
    """

    provider: Provider
    state: State
    connection: Connection | None


def overview(team: Team) -> list[ProviderState]:
    """Return the state of each provider for a team; runs one query.

    Args:
        team: the team.
    """
    # Do not read tokens: the page must work even if they cannot be decrypted.
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
