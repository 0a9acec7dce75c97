"""OAuth authorizations: each is completed once, in time, and by the person who started it."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.auth.models import LIFETIME, Authorization
from apps.auth.pending_choice import PendingChoice
from apps.auth.problems import already_used, expired, invalid_address, no_admin, wrong_session
from apps.auth.tasks import give_up_expired
from apps.background import send_after_commit
from apps.integrations.events import Flow
from apps.integrations.models import Provider
from apps.integrations.providers import PROVIDERS
from apps.teams.models import Role, Team
from apps.users.models import User

__all__ = ["begin", "claim", "claim_returned", "defer_choice", "waiting_for_choice"]

_signer = signing.TimestampSigner(salt="apps.auth.authorizations")


def begin(
    team: Team, user: User, provider: Provider, flow: Flow, *, session: SessionBase, redirect_uri: str
) -> str:
    """Start an authorization and return the provider's URL, where the user grants access.

    Args:
        team: the team to connect.
        user: an admin of the team.
        provider: the provider to connect the team to.
        flow: whether the user started in the onboarding or in settings.
        session: the user's session.
        redirect_uri: the callback URL that the provider redirects to.
    """
    if Authorization.expired().exists():
        send_after_commit(give_up_expired, ())  # in the background: this calls the providers
    authorization = Authorization.objects.create(
        team=team,
        user=user,
        provider=provider,
        flow=flow,
        session=_digest(session),
        verifier=secrets.token_urlsafe(32),  # 43 characters, the minimum that PKCE allows
    )
    return PROVIDERS[provider].authorize_url(
        redirect_uri=redirect_uri,
        state=_signer.sign(authorization.pk.hex),
        verifier=authorization.verifier,
    )


def claim_returned(state: str, provider: Provider, user: User, session: SessionBase) -> Authorization:
    """Claim and return the authorization that a state belongs to, so that it cannot be used again.

    Args:
        state: the `state` parameter of the callback.
        provider: the provider that redirected the user.
        user: the signed-in user.
        session: the user's session.

    Raises:
        ConnectingError: if the state is forged, expired, used or belongs to another session, or if the user
            is no longer an admin of the team.
    """
    try:
        key = UUID(_signer.unsign(state, max_age=LIFETIME))
    except signing.SignatureExpired as error:
        raise expired() from error
    except signing.BadSignature as error:
        raise invalid_address() from error
    authorization = _found(key)
    if authorization is None:
        raise already_used()
    if authorization.provider != provider:
        raise invalid_address()
    _must_be_the_same(authorization, user, session)
    return claim(authorization)


def waiting_for_choice(key: str, provider: Provider, user: User, session: SessionBase) -> Authorization:
    """Return the authorization for which a user still has to choose an account.

    Args:
        key: the primary key of the authorization, in hexadecimal.
        provider: the provider in the URL.
        user: the signed-in user.
        session: the user's session.

    Raises:
        ConnectingError: if the authorization is unknown, expired, completed or belongs to another session, or
            if the user is no longer an admin of the team.
    """
    try:
        authorization = _found(UUID(key))
    except ValueError as error:
        raise invalid_address() from error
    if authorization is None or authorization.provider != provider or not authorization.waiting:
        raise already_used()
    _must_be_the_same(authorization, user, session)
    if authorization.since < timezone.now() - LIFETIME:
        raise expired()
    return authorization


def claim(authorization: Authorization) -> Authorization:
    """Delete an authorization, so that only one of several concurrent requests completes it.

    Args:
        authorization: the authorization to complete.

    Raises:
        ConnectingError: if another request has claimed the authorization.
    """
    deleted, _ = Authorization.objects.filter(pk=authorization.pk).delete()
    if not deleted:
        raise already_used()
    return authorization


def defer_choice(authorization: Authorization, waiting: PendingChoice) -> Authorization:
    """Store the accounts to choose from in a new authorization, which no earlier URL leads to.

    Args:
        authorization: the claimed authorization.
        waiting: the granted access and the accounts that it reaches.
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
    """Raise an error unless the user and the session are the same and the user is still an admin."""
    if authorization.user != user or not constant_time_compare(authorization.session, _digest(session)):
        raise wrong_session()
    if not authorization.team.memberships.filter(user=user, role=Role.ADMIN).exists():
        raise no_admin(authorization.team.name)


def _digest(session: SessionBase) -> str:
    """Return a digest that identifies a session; the key itself would open the session if it leaked."""
    return salted_hmac("apps.auth.authorizations", session.session_key or "", algorithm="sha256").hexdigest()
