"""Slack: its OAuth app, its client, and what connections need of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import NamedTuple

from django.conf import settings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from apps.integrations.providers._oauth import TIMEOUT_S, OAuthApp
from apps.integrations.providers.errors import (
    ProviderError,
    RevokedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from apps.integrations.providers.grant import Account, Grant

__all__ = [
    "ACCOUNT_NOUN",
    "NO_ACCOUNT_ADVICE",
    "SCOPES",
    "Channel",
    "accounts",
    "authorize_url",
    "channels",
    "client",
    "exchange",
    "is_configured",
    "revoke",
    "translated",
]

ACCOUNT_NOUN = "workspace"
NO_ACCOUNT_ADVICE = "Ask an owner of your Slack workspace to approve Tformance, then try again."

# Finding public channels, and writing to them without being invited to each.
SCOPES = ("channels:read", "chat:write", "chat:write.public")
_PAGE = 200  # what Slack recommends; it may give less

# How Slack says that a token is worth nothing any more.
_REVOKED = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})


class Channel(NamedTuple):
    """Be a channel as Slack names it."""

    id: str
    name: str


def is_configured() -> bool:
    """Whether this installation has an app at Slack."""
    return bool(settings.SLACK_CLIENT_ID)


def authorize_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Return where a person goes to grant access.

    Args:
        redirect_uri: where the person comes back to.
        state: comes back with the person.
        verifier: PKCE's secret.
    """
    return _app().authorize_url(redirect_uri=redirect_uri, state=state, verifier=verifier)


def exchange(*, code: str, redirect_uri: str, verifier: str) -> Grant:
    """Return the access that a person has granted; it does not end by itself.

    Args:
        code: what the person came back with.
        redirect_uri: the same as before.
        verifier: the same as before.

    Raises:
        ProviderError: if Slack does not do it.
    """
    return _app().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def client(token: str) -> WebClient:
    """Return a client.

    Args:
        token: an access token.
    """
    return WebClient(token, base_url=f"{settings.SLACK_URL.rstrip('/')}/api/", timeout=TIMEOUT_S)


def accounts(token: str) -> list[Account]:
    """Return the one workspace that a token is for.

    Args:
        token: an access token.

    Raises:
        ProviderError: if Slack does not tell.
    """
    with translated():
        workspace = client(token).auth_test()
        return [Account(str(workspace["team_id"]), str(workspace["team"]), str(workspace["url"]))]


def channels(token: str) -> list[Channel]:
    """Return a workspace's public channels.

    Args:
        token: an access token.

    Raises:
        ProviderError: if Slack does not tell.
    """
    with translated():
        pages = client(token).conversations_list(exclude_archived=True, types="public_channel", limit=_PAGE)
        return [Channel(str(one["id"]), str(one["name"])) for page in pages for one in page["channels"]]


def revoke(token: str) -> None:
    """Give a token back.

    Args:
        token: an access token.

    Raises:
        ProviderError: if Slack does not do it.
    """
    with translated():
        client(token).auth_revoke()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what slack_sdk raises into `ProviderError`."""
    try:
        yield
    except SlackApiError as error:
        raise _of_answer(error) from error
    except (OSError, HTTPException) as error:
        message = f"Slack could not be reached: {type(error).__name__}"
        raise UnavailableError(message) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = "Slack answered with something that we do not understand"
        raise UnexpectedAnswerError(message) from error


def _of_answer(error: SlackApiError) -> ProviderError:
    status, answer = error.response.status_code, error.response.data
    word = str(answer.get("error")) if isinstance(answer, dict) else ""
    message = f"Slack answered {status} {word!r}"
    if word in _REVOKED:
        return RevokedError(message)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnavailableError(message)
    return UnexpectedAnswerError(message)


def _app() -> OAuthApp:
    base = settings.SLACK_URL.rstrip("/")
    return OAuthApp(
        client_id=settings.SLACK_CLIENT_ID,
        client_secret=settings.SLACK_CLIENT_SECRET,
        authorize_endpoint=f"{base}/oauth/v2/authorize",
        token_endpoint=f"{base}/api/oauth.v2.access",
        scopes=SCOPES,
        scope_separator=",",
    )
