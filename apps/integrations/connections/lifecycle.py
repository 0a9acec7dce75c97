"""Connecting a team to an account at GitHub, Jira or Slack, and ending that."""

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
    """Return a team's connection; None if it has none, or had one.

    Its tokens are read when they are asked for: most pages need none, and show even where their key is gone.

    Args:
        team: whose.
        provider: to what.
    """
    live = Connection.objects.filter(team=team, provider=provider, disconnected_at=None)
    return live.defer("access_token", "refresh_token").first()


@transaction.atomic
def connect(
    team: Team, provider: Provider, account: Account, grant: Grant, *, user: User, flow: Flow
) -> Connection:
    """Connect a team to an account, in place of what it is connected to now.

    Of the events: access to the same account granted again renews the connection, which is one more
    `integration_connected`, a reconnect, and nothing was disconnected. Another account is a disconnect of the
    one and a connect of the other: the first connection existed, and is gone.

    Args:
        team: whose.
        provider: to what.
        account: the one that was chosen.
        grant: the access to it.
        user: an admin of the team.
        flow: from where.
    """
    now = timezone.now()
    locked = _locked_team(team)
    # Tokens are not read here: those whose key is gone must not keep anybody from connecting anew.
    before = list(_with_others(Connection.objects.filter(team=locked, provider=provider)))
    live = next((one for one in before if one.disconnected_at is None), None)
    identity = identity_in(user, locked)
    if live is not None:
        _give_back_after_commit(live)
        _tell_of_loss(live, unless=user)
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
    """End a connection: its tokens are forgotten and given back, what was read by it stays.

    Args:
        connection: which one.
        refused: its secret that the provider accepts no more; None if a user, the request's, ends it.
    """
    # Of two clicks at once the second finds it closed.
    live = _with_others(Connection.objects.filter(pk=connection.pk, disconnected_at=None)).first()
    if live is None:
        return False
    # A refusal comes as late as the provider answers: somebody may have renewed the access meanwhile.
    if refused is not None and refused not in (live.access_token, live.refresh_token):
        return False
    provider = Provider(live.provider)
    reason: Reason = "user" if refused is None else "revoked"
    if reason == "user":
        _give_back_after_commit(live)
    _tell_of_loss(live)
    _close(live, timezone.now(), reason, team_identity(live.team) if reason == "revoked" else None)
    if provider is Provider.GITHUB:
        set_group(TeamProperties(repos_tracked=0), key=str(live.team.public_id))
    return True


@transaction.atomic
def end_all(team: Team) -> None:
    """End the connections of a team that is about to be deleted.

    Nothing is told of its own members: a team is deleted with the account of the last of them.

    Args:
        team: which one.
    """
    members = set(team.memberships.values_list("user_id", flat=True))
    for live in _with_others(Connection.objects.filter(team=team, disconnected_at=None)):
        _give_back_after_commit(live)
        if live.connected_by_id not in members:
            _tell_of_loss(live)
        _close(live, timezone.now(), "user", team_identity(team))


def _locked_team(team: Team) -> _LockedTeam:
    """Let one at a time connect a team; its tracked repositories are counted along the way."""
    tracked = Repository.objects.filter(team=OuterRef("pk"), is_tracked=True).order_by().values("team")
    count = Subquery(tracked.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Team.objects.select_for_update(of=("self",)).annotate(tracked=Coalesce(count, 0)).get(pk=team.pk)


def _with_others(connections: QuerySet[Connection]) -> QuerySet[_CountedConnection]:
    """Lock connections, the latest last, and see whether who made them has another of that provider."""
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


def _tell_of_loss(connection: _CountedConnection, *, unless: User | None = None) -> None:
    """Take the flag from who had made a connection, if it was the last one and the person is still here."""
    person = connection.connected_by
    if person is not None and person != unless and not connection.has_other:
        set_person(connection_flag(Provider(connection.provider), False), identity=identify(person))


def _give_back_after_commit(connection: Connection) -> None:
    with suppress(InvalidToken):  # encrypted by a key that is gone: nobody can give it back
        provider, token = Provider(connection.provider), connection.access_token
        transaction.on_commit(partial(give_back, provider, token, account_id=connection.account_id))


def forget_choices(team: Team, provider: Provider) -> None:
    """Track and follow nothing of the account before; what was read of it stays.

    Args:
        team: whose.
        provider: of which another account is connected.
    """
    match provider:
        case Provider.GITHUB:
            Repository.objects.filter(team=team, is_tracked=True).update(is_tracked=False)
        case Provider.JIRA:
            JiraProject.objects.filter(team=team).delete()
        case Provider.SLACK:
            SlackFeatures.objects.filter(team=team).delete()
