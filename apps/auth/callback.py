"""The last steps of an OAuth authorization: exchange the code, then connect or offer a choice of accounts."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import cast

from django.db import transaction

from apps.auth.authorizations import defer_choice
from apps.auth.models import Authorization
from apps.auth.pending_choice import PendingChoice
from apps.auth.problems import ConnectingError, declined, no_account, provider_failed
from apps.integrations.connections.lifecycle import connect
from apps.integrations.connections.revocation import give_back
from apps.integrations.events import Flow
from apps.integrations.models import Provider
from apps.integrations.providers import PROVIDERS, github
from apps.integrations.providers.errors import ProviderError, UnavailableError, UnexpectedAnswerError
from apps.integrations.providers.grant import Account, Grant
from apps.onboarding.connecting import github_connected
from apps.teams.telemetry import identity_in
from otel import record_error

__all__ = ["connect_account", "finish_authorization"]

_log = logging.getLogger(__name__)

# The form of an OAuth error code; a forged `error` parameter may contain any text.
_WORD = re.compile(r"[a-z_]{1,60}")


def finish_authorization(
    authorization: Authorization, answer: Mapping[str, str], *, redirect_uri: str
) -> Account | Authorization:
    """Connect the only account; if there are several, return an authorization that waits for a choice.

    Args:
        authorization: the claimed authorization.
        answer: the query parameters of the callback.
        redirect_uri: the callback URL that the authorization was started with.

    Raises:
        ConnectingError: if the account cannot be connected; nothing is connected then.
    """
    provider = Provider(authorization.provider)
    grant = _granted(authorization, answer, redirect_uri)
    try:
        accounts = PROVIDERS[provider].accounts(grant.access_token)
    except ProviderError as error:
        raise _failed(authorization, error, grant) from error
    if not accounts:
        give_back(provider, grant.access_token)
        raise no_account(provider)
    if len(accounts) > 1:
        return defer_choice(authorization, PendingChoice(grant, accounts))
    return connect_account(authorization, accounts[0], grant)


def connect_account(authorization: Authorization, account: Account, grant: Grant) -> Account:
    """Connect the team of an authorization to an account.

    Args:
        authorization: the claimed authorization.
        account: the only account, or the one that the user chose.
        grant: the access to the account.

    Raises:
        ConnectingError: if the account cannot be connected; nothing is connected then.
    """
    provider, team, user = Provider(authorization.provider), authorization.team, authorization.user
    flow = cast("Flow", authorization.flow)
    asks_members = provider is Provider.GITHUB and flow == "onboarding"
    try:
        # Outside the transaction, which must not wait for GitHub.
        members = github.member_count(grant.access_token, account.name) if asks_members else 0
    except ProviderError as error:
        raise _failed(authorization, error, grant) from error
    with transaction.atomic():
        connect(team, provider, account, grant, user=user, flow=flow)
        if asks_members:
            github_connected(team, account, members, user=user)
    return account


def _granted(authorization: Authorization, answer: Mapping[str, str], redirect_uri: str) -> Grant:
    provider = Provider(authorization.provider)
    word = answer.get("error", "")
    if word == "access_denied":
        raise declined(provider)
    code = answer.get("code", "")
    try:
        if word or not code:
            message = (
                f"sent back with the error {word!r}" if _WORD.fullmatch(word) else "sent back without a code"
            )
            raise UnexpectedAnswerError(message)
        return PROVIDERS[provider].exchange(
            code=code, redirect_uri=redirect_uri, verifier=authorization.verifier
        )
    except ProviderError as error:
        raise _failed(authorization, error) from error


def _failed(
    authorization: Authorization, error: ProviderError, grant: Grant | None = None
) -> ConnectingError:
    """Log a provider's error, record it if a developer can fix it, and revoke the granted access."""
    provider = Provider(authorization.provider)
    _log.warning("connecting %s failed: %r", provider.label, error)
    if isinstance(error, UnexpectedAnswerError):
        record_error(error, identity=identity_in(authorization.user, authorization.team))
    if grant is not None and not isinstance(error, UnavailableError):
        give_back(provider, grant.access_token)
    return provider_failed(provider, error)
