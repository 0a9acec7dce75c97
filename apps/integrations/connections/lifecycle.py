"""Connecting a team to an account at GitHub, Jira or Slack, and disconnecting it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.integrations.connections.revocation import give_back
from apps.integrations.events import (
    Flow,
    IntegrationConnected,
    IntegrationDisconnected,
    JiraConnected,
    ProviderName,
)
from apps.integrations.models import Connection, JiraProject, Provider, SlackFeatures
from apps.integrations.providers.grant import Account, Grant
from apps.integrations.telemetry import connection_flag
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.teams.telemetry import identity_in, team_identity
from apps.users.identity import identify
from apps.users.models import User
from otel import Identity, record, set_group, set_person

__all__ = [
    "Reason",
    "connect",
    "disconnect",
    "end_all",
    "forget_choices",
    "live_connection",
]

Reason = Literal["user", "revoked"]

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class _Tracked(TypedDict):
        tracked: int

    class _Others(TypedDict):
        has_other: bool

    _LockedTeam = WithAnnotations[Team, _Tracked]
    _CountedConnection = WithAnnotations[Connection, _Others]


def live_connection(team: Team, provider: Provider) -> Connection | None:
    """Return a team's live connection; None if the team is not connected.

    The tokens are loaded on access, because most pages do not need them and must work even if the tokens
    cannot be decrypted.

    Args:
        team: the team.
        provider: the provider of the connection.
    """
    live = Connection.objects.filter(team=team, provider=provider, disconnected_at=None)
    return live.defer("access_token", "refresh_token").first()


@transaction.atomic
def connect(
    team: Team, provider: Provider, account: Account, grant: Grant, *, user: User, flow: Flow
) -> Connection:
    """Connect a team to an account, replacing its connection to the same provider.

    Granting access to the same account again renews the connection: it records another
    `integration_connected`, with `is_reconnect`, and no `integration_disconnected`. Another account records
    both events, because the first connection has ended.

    Args:
        team: the team.
        provider: the provider of the account.
        account: the chosen account.
        grant: the access to the account.
        user: an admin of the team.
        flow: whether the user started in the onboarding or in settings.
    """
    now = timezone.now()
    locked = _locked_team(team)
    # Do not read tokens here: a token that cannot be decrypted must not prevent a reconnect.
    before = list(_with_others(Connection.objects.filter(team=locked, provider=provider)))
    live = next((one for one in before if one.disconnected_at is None), None)
    identity = identity_in(user, locked)
    if live is not None:
        _give_back_after_commit(live)
        _clear_flag(live, unless=user)
        if live.account_id != account.id:
            _close(live, now, "user", identity)
            live = None
    is_other = bool(before) and before[-1].account_id != account.id
    if is_other:
        forget_choices(locked, provider)
    connection = live or Connection(team=locked, provider=provider, account_id=account.id, connected_at=now)
    connection.account_name, connection.site_url = account.name, account.site_url
    connection.access_token, connection.refresh_token = grant.access_token, grant.refresh_token
    connection.expires_at, connection.connected_by = grant.expires_at, user
    connection.save()
    record(
        IntegrationConnected(
            team_slug=locked.slug,
            provider=cast("ProviderName", provider.value),
            flow=flow,
            is_reconnect=bool(before),
        ),
        identity=identity,
    )
    if provider is Provider.JIRA:
        record(JiraConnected(team_slug=locked.slug, site_url=account.site_url), identity=identity)
    set_person(connection_flag(provider, True), identity=identify(user))
    if provider is Provider.GITHUB:
        tracked = 0 if is_other else locked.tracked
        set_group(TeamProperties(repos_tracked=tracked), key=str(locked.public_id))
    return connection


@transaction.atomic
def disconnect(connection: Connection, *, refused: str | None = None) -> bool:
    """End a connection: delete its tokens, revoke them if they still work, and keep the synced data.

    Args:
        connection: the connection to end.
        refused: the token that the provider no longer accepts; None if the request's user disconnects.

    Returns:
        Whether this call ended the connection.
    """
    # Of two concurrent requests, the second finds the connection closed.
    live = _with_others(Connection.objects.filter(pk=connection.pk, disconnected_at=None)).first()
    if live is None:
        return False
    # A user may have renewed the access while the provider was still answering.
    if refused is not None and refused not in (live.access_token, live.refresh_token):
        return False
    provider = Provider(live.provider)
    reason: Reason = "user" if refused is None else "revoked"
    if reason == "user":
        _give_back_after_commit(live)
    _clear_flag(live)
    _close(live, timezone.now(), reason, team_identity(live.team) if reason == "revoked" else None)
    if provider is Provider.GITHUB:
        set_group(TeamProperties(repos_tracked=0), key=str(live.team.public_id))
    return True


@transaction.atomic
def end_all(team: Team) -> None:
    """End the connections of a team that is about to be deleted.

    The team's own members keep their person properties, because a team is deleted together with the account
    of its last member.

    Args:
        team: the team.
    """
    members = set(team.memberships.values_list("user_id", flat=True))
    for live in _with_others(Connection.objects.filter(team=team, disconnected_at=None)):
        _give_back_after_commit(live)
        if live.connected_by_id not in members:
            _clear_flag(live)
        _close(live, timezone.now(), "user", team_identity(team))


def _locked_team(team: Team) -> _LockedTeam:
    """Lock a team, so that its connections change one at a time, and count its tracked repositories."""
    tracked = Repository.objects.filter(team=OuterRef("pk"), is_tracked=True).order_by().values("team")
    count = Subquery(tracked.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Team.objects.select_for_update(of=("self",)).annotate(tracked=Coalesce(count, 0)).get(pk=team.pk)


def _with_others(connections: QuerySet[Connection]) -> QuerySet[_CountedConnection]:
    """Lock connections, the latest last; annotate whether their creator has another to the same provider."""
    others = Connection.objects.filter(
        connected_by=OuterRef("connected_by"), provider=OuterRef("provider"), disconnected_at=None
    ).exclude(pk=OuterRef("pk"))
    return (
        connections.select_for_update(of=("self",))
        .select_related("team", "connected_by")
        .defer("access_token", "refresh_token")
        .annotate(has_other=Exists(others))
        .order_by("connected_at", "pk")
    )


def _close(connection: Connection, now: datetime, reason: Reason, identity: Identity | None) -> None:
    connection.access_token = connection.refresh_token = ""
    connection.expires_at, connection.disconnected_at = None, now
    connection.was_revoked = reason == "revoked"
    connection.save(
        update_fields=["access_token", "refresh_token", "expires_at", "disconnected_at", "was_revoked"]
    )
    record(
        IntegrationDisconnected(
            team_slug=connection.team.slug,
            provider=cast("ProviderName", connection.provider),
            reason=reason,
            connected_days=(now - connection.connected_at).days,
        ),
        identity=identity,
    )


def _clear_flag(connection: _CountedConnection, *, unless: User | None = None) -> None:
    """Clear the flag of the person who made a connection if it was their last one to the provider."""
    person = connection.connected_by
    if person is not None and person != unless and not connection.has_other:
        set_person(connection_flag(Provider(connection.provider), False), identity=identify(person))


def _give_back_after_commit(connection: Connection) -> None:
    with suppress(InvalidToken):  # a token that cannot be decrypted cannot be revoked either
        provider, token = Provider(connection.provider), connection.access_token
        transaction.on_commit(partial(give_back, provider, token, account_id=connection.account_id))


def forget_choices(team: Team, provider: Provider) -> None:
    """Drop a team's choices for the previous account of a provider; synced data is kept.

    Args:
        team: the team.
        provider: the provider where another account is connected now.
    """
    match provider:
        case Provider.GITHUB:
            Repository.objects.filter(team=team, is_tracked=True).update(is_tracked=False)
        case Provider.JIRA:
            JiraProject.objects.filter(team=team).delete()
        case Provider.SLACK:
            SlackFeatures.objects.filter(team=team).delete()
