"""Slack's OAuth app, client, and the API calls that connections need."""

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

# Access to list public channels, and to post to them without an invitation.
SCOPES = ("channels:read", "chat:write", "chat:write.public")
_PAGE = 200  # Slack's recommendation; a page may have fewer

# Slack's error codes for a token that is no longer valid.
_REVOKED = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})


class Channel(NamedTuple):
    """A channel's id and name in Slack."""

    id: str
    name: str


def is_configured() -> bool:
    """Return whether this installation has an app at Slack."""
    return bool(settings.SLACK_CLIENT_ID)


def authorize_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the URL where a user grants access.

    Args:
        redirect_uri: the callback URL.
        state: the value that Slack passes back to the callback.
        verifier: PKCE's secret.
    """
    return _app().authorize_url(redirect_uri=redirect_uri, state=state, verifier=verifier)


def exchange(*, code: str, redirect_uri: str, verifier: str) -> Grant:
    """Exchange a code for access, which does not expire.

    Args:
        code: the code that the callback received.
        redirect_uri: the callback URL that the authorization was started with.
        verifier: the PKCE secret that the authorization was started with.

    Raises:
        ProviderError: if the exchange fails.
    """
    return _app().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def client(token: str) -> WebClient:
    """Return a client for Slack's Web API.

    Args:
        token: an access token.
    """
    return WebClient(token, base_url=f"{settings.SLACK_URL.rstrip('/')}/api/", timeout=TIMEOUT_S)


def accounts(token: str) -> list[Account]:
    """Return the workspace of a token, as the only account.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        workspace = client(token).auth_test()
        return [Account(str(workspace["team_id"]), str(workspace["team"]), str(workspace["url"]))]


def channels(token: str) -> list[Channel]:
    """Return a workspace's public channels, without archived ones.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        pages = client(token).conversations_list(exclude_archived=True, types="public_channel", limit=_PAGE)
        return [Channel(str(one["id"]), str(one["name"])) for page in pages for one in page["channels"]]


def revoke(token: str) -> None:
    """Revoke a token.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        client(token).auth_revoke()


@contextmanager
def translated() -> Iterator[None]:
    """Translate exceptions of slack_sdk into `ProviderError`."""
    try:
        yield
    except SlackApiError as error:
        raise _of_answer(error) from error
    except (OSError, HTTPException) as error:
        message = f"Slack could not be reached: {type(error).__name__}"
        raise UnavailableError(message) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = "Slack's answer has an unexpected form"
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
