"""The way to a provider and back: begun with a button, ended by who began it, once and in time."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.auth.models import LIFETIME, Authorization
from apps.auth.pending_choice import PendingChoice
from apps.auth.problems import expired, foreign, misfit, no_admin, used
from apps.auth.tasks import give_up_expired
from apps.background import send_after_commit
from apps.integrations.events import Flow
from apps.integrations.models import Provider
from apps.integrations.providers import PROVIDERS
from apps.teams.models import Role, Team
from apps.users.models import User

__all__ = ["begin", "claim", "defer_choice", "returned", "waiting_for_choice"]

_signer = signing.TimestampSigner(salt="apps.auth.authorizations")


def begin(
    team: Team, user: User, provider: Provider, flow: Flow, *, session: SessionBase, redirect_uri: str
) -> str:
    """Return the provider's address at which a person grants access.

    Args:
        team: what is to be connected.
        user: an admin of it.
        provider: to what.
        flow: where the person is.
        session: the person's.
        redirect_uri: where the person comes back to.
    """
    if Authorization.expired().exists():
        send_after_commit(give_up_expired, ())  # providers are asked, for whom nobody is to wait
    authorization = Authorization.objects.create(
        team=team,
        user=user,
        provider=provider,
        flow=flow,
        session=_digest(session),
        verifier=secrets.token_urlsafe(32),  # 43 characters, the fewest that PKCE takes
    )
    return PROVIDERS[provider].authorize_url(
        redirect_uri=redirect_uri,
        state=_signer.sign(authorization.pk.hex),
        verifier=authorization.verifier,
    )


def returned(state: str, provider: Provider, user: User, session: SessionBase) -> Authorization:
    """Return the way that a state belongs to, taken back: nobody else gets it.

    Args:
        state: what the person has come back with.
        provider: from where.
        user: the person.
        session: the person's.

    Raises:
        ConnectingError: if it is forged, expired, another's or used, or the person is no admin any more.
    """
    try:
        key = UUID(_signer.unsign(state, max_age=LIFETIME))
    except signing.SignatureExpired as error:
        raise expired() from error
    except signing.BadSignature as error:
        raise misfit() from error
    authorization = _found(key)
    if authorization is None:
        raise used()
    if authorization.provider != provider:
        raise misfit()
    _must_be_the_same(authorization, user, session)
    return claim(authorization)


def waiting_for_choice(key: str, provider: Provider, user: User, session: SessionBase) -> Authorization:
    """Return the way of a person who is back and has to choose.

    Args:
        key: the row's.
        provider: from where.
        user: the person.
        session: the person's.

    Raises:
        ConnectingError: if it is unknown, expired, another's or done, or the person is no admin any more.
    """
    try:
        authorization = _found(UUID(key))
    except ValueError as error:
        raise misfit() from error
    if authorization is None or authorization.provider != provider or not authorization.waiting:
        raise used()
    _must_be_the_same(authorization, user, session)
    if authorization.since < timezone.now() - LIFETIME:
        raise expired()
    return authorization


def claim(authorization: Authorization) -> Authorization:
    """Take a way off the list; of two at once, one gets it.

    Args:
        authorization: read before.

    Raises:
        ConnectingError: if another was quicker.
    """
    deleted, _ = Authorization.objects.filter(pk=authorization.pk).delete()
    if not deleted:
        raise used()
    return authorization


def defer_choice(authorization: Authorization, waiting: PendingChoice) -> Authorization:
    """Let a person who is back choose; a row of its own, which no address made before leads to.

    Args:
        authorization: claimed.
        waiting: what there is to choose from.
    """
    return Authorization.objects.create(
        team=authorization.team,
        user=authorization.user,
        provider=authorization.provider,
        flow=authorization.flow,
        session=authorization.session,
        waiting=waiting.to_text(),
    )


def _found(key: UUID) -> Authorization | None:
    return Authorization.objects.select_related("team", "user").filter(pk=key).first()


def _must_be_the_same(authorization: Authorization, user: User, session: SessionBase) -> None:
    """Raise unless it is the same person, in the same session, and still an admin of the team."""
    if authorization.user != user or not constant_time_compare(authorization.session, _digest(session)):
        raise foreign()
    if not authorization.team.memberships.filter(user=user, role=Role.ADMIN).exists():
        raise no_admin(authorization.team.name)


def _digest(session: SessionBase) -> str:
    """Return what tells one session from another; its key itself opens it, and is nothing to copy."""
    return salted_hmac("apps.auth.authorizations", session.session_key or "", algorithm="sha256").hexdigest()
