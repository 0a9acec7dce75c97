"""GitHub's OAuth app, client, and the API calls that connections need."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import certifi
from django.conf import settings
from githubkit import GitHub
from githubkit.auth import OAuthAppAuthStrategy, TokenAuthStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed
from githubkit.retry import RetryServerError

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
    "GitHubRepository",
    "accounts",
    "authorize_url",
    "client",
    "exchange",
    "is_configured",
    "member_count",
    "repositories",
    "revoke",
    "translated",
]

ACCOUNT_NOUN = "organisation"
NO_ACCOUNT_ADVICE = (
    "This GitHub account is in no organisation that lets Tformance in. Join one, or ask an owner of yours to "
    "approve Tformance in the organisation's settings under “Third-party access”."
)

# Access to the organization's members, and to pull requests of its private repositories, for which OAuth apps
# have no narrower scope.
SCOPES = ("read:org", "repo")
_PAGE = 100  # GitHub's maximum


class GitHubRepository(NamedTuple):
    """A repository's id and name at GitHub."""

    id: int
    full_name: str


def is_configured() -> bool:
    """Return whether this installation has an OAuth app at GitHub."""
    return bool(settings.GITHUB_CLIENT_ID)


def authorize_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the URL where a user grants access.

    Args:
        redirect_uri: the callback URL.
        state: the value that GitHub passes back to the callback.
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


def client(token: str) -> GitHub[TokenAuthStrategy]:
    """Return a client that retries once after a server error and leaves rate limits to the caller.

    Args:
        token: an access token.
    """
    return GitHub(
        token,
        base_url=settings.GITHUB_API_URL,
        timeout=TIMEOUT_S,
        ssl_verify=_trust(),
        # One retry after a second; a page has no time for more.
        auto_retry=RetryServerError(max_retry=1),
        # No request is made twice, and a cache would grow in each worker.
        http_cache=False,
    )


def accounts(token: str) -> list[Account]:
    """Return the organizations that a user can connect.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        return [
            Account(str(one["id"]), one["login"], f"{settings.GITHUB_URL.rstrip('/')}/{one['login']}")
            for one in _pages(client(token), "/user/orgs")
        ]


def member_count(token: str, organisation: str) -> int:
    """Return the number of members of an organization; makes one request.

    Args:
        token: an access token.
        organisation: the organization's login.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        # With one member per page, the number of the last page is the count.
        answer = client(token).request("GET", f"/orgs/{organisation}/members", params={"per_page": 1})
        last = answer.raw_response.links.get("last")
        if last is None:
            return len(_list(answer.json()))
        return int(parse_qs(urlsplit(last["url"]).query)["page"][0])


def repositories(token: str, organisation: str) -> list[GitHubRepository]:
    """Return an organization's repositories that the token can access.

    Args:
        token: an access token.
        organisation: the organization's login.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        return [
            GitHubRepository(int(one["id"]), str(one["full_name"]))
            for one in _pages(client(token), f"/orgs/{organisation}/repos")
        ]


def revoke(token: str) -> None:
    """Revoke one token; the user's other tokens, from a login or another team, stay valid.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    app = OAuthAppAuthStrategy(settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET)
    github = GitHub(
        app, base_url=settings.GITHUB_API_URL, timeout=TIMEOUT_S, auto_retry=False, http_cache=False
    )
    with translated():
        github.request(
            "DELETE", f"/applications/{settings.GITHUB_CLIENT_ID}/token", json={"access_token": token}
        )


@contextmanager
def translated() -> Iterator[None]:
    """Translate exceptions of githubkit into `ProviderError`."""
    try:
        yield
    except RateLimitExceeded as error:
        message = "GitHub's rate limit is used up"
        raise UnavailableError(message) from error
    except RequestFailed as error:
        raise _of_status(error.response.status_code) from error
    except RequestError as error:
        message = f"GitHub could not be reached: {type(error.exc).__name__}"
        raise UnavailableError(message) from error
    except (GitHubException, AttributeError, LookupError, TypeError, ValueError) as error:
        message = "GitHub's answer has an unexpected form"
        raise UnexpectedAnswerError(message) from error


@cache
def _trust() -> ssl.SSLContext:
    """Load the certificate authorities once; httpx takes a tenth of a second to load them for each client."""
    return ssl.create_default_context(cafile=certifi.where())


def _of_status(status: int) -> ProviderError:
    message = f"GitHub answered {status}"
    if status == HTTPStatus.UNAUTHORIZED:
        return RevokedError(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnavailableError(message)
    return UnexpectedAnswerError(message)


def _app() -> OAuthApp:
    base = f"{settings.GITHUB_URL.rstrip('/')}/login/oauth"
    return OAuthApp(
        client_id=settings.GITHUB_CLIENT_ID,
        client_secret=settings.GITHUB_CLIENT_SECRET,
        authorize_endpoint=f"{base}/authorize",
        token_endpoint=f"{base}/access_token",
        scopes=SCOPES,
        has_pkce=True,
    )


def _pages(github: GitHub[TokenAuthStrategy], path: str) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        answer = github.request("GET", path, params={"per_page": _PAGE, "page": page})
        yield from _list(answer.json())
        if "next" not in answer.raw_response.links:
            return
        page += 1


def _list(answer: object) -> list[dict[str, Any]]:
    if not isinstance(answer, list):
        raise TypeError(type(answer).__name__)
    return answer
