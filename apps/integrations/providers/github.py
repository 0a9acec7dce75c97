"""GitHub: its OAuth app, its client, and what connections need of it."""

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

# Members of the organisation, and pull requests of its private repositories, for which OAuth apps know no
# narrower scope.
SCOPES = ("read:org", "repo")
_PAGE = 100  # the most that GitHub gives at once


class GitHubRepository(NamedTuple):
    """Be a repository as GitHub names it."""

    id: int
    full_name: str


def is_configured() -> bool:
    """Whether this installation has an OAuth app at GitHub."""
    return bool(settings.GITHUB_CLIENT_ID)


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
        ProviderError: if GitHub does not do it.
    """
    return _app().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def client(token: str) -> GitHub[TokenAuthStrategy]:
    """Return a client; a server error is tried again once, and a rate limit is left to the caller.

    Args:
        token: an access token.
    """
    return GitHub(
        token,
        base_url=settings.GITHUB_API_URL,
        timeout=TIMEOUT_S,
        ssl_verify=_trust(),
        # Once, after a second: more is for those who have the time, which a page has not.
        auto_retry=RetryServerError(max_retry=1),
        # Nothing is asked for twice; a cache would grow in each worker.
        http_cache=False,
    )


def accounts(token: str) -> list[Account]:
    """Return the organisations that a person can connect.

    Args:
        token: an access token.

    Raises:
        ProviderError: if GitHub does not tell.
    """
    with translated():
        return [
            Account(str(one["id"]), one["login"], f"{settings.GITHUB_URL.rstrip('/')}/{one['login']}")
            for one in _pages(client(token), "/user/orgs")
        ]


def member_count(token: str, organisation: str) -> int:
    """Return how many members an organisation has, in one request.

    Args:
        token: an access token.
        organisation: its login.

    Raises:
        ProviderError: if GitHub does not tell.
    """
    with translated():
        # With one member a page, the last page's number is the count.
        answer = client(token).request("GET", f"/orgs/{organisation}/members", params={"per_page": 1})
        last = answer.raw_response.links.get("last")
        if last is None:
            return len(_list(answer.json()))
        return int(parse_qs(urlsplit(last["url"]).query)["page"][0])


def repositories(token: str, organisation: str) -> list[GitHubRepository]:
    """Return an organisation's repositories, as far as the token reaches.

    Args:
        token: an access token.
        organisation: its login.

    Raises:
        ProviderError: if GitHub does not tell.
    """
    with translated():
        return [
            GitHubRepository(int(one["id"]), str(one["full_name"]))
            for one in _pages(client(token), f"/orgs/{organisation}/repos")
        ]


def revoke(token: str) -> None:
    """Give one token back; the person's other tokens, of a login or another team, stay.

    Args:
        token: an access token.

    Raises:
        ProviderError: if GitHub does not do it.
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
    """Turn what githubkit raises into `ProviderError`."""
    try:
        yield
    except RateLimitExceeded as error:
        message = "GitHub has had enough of our requests for now"
        raise UnavailableError(message) from error
    except RequestFailed as error:
        raise _of_status(error.response.status_code) from error
    except RequestError as error:
        message = f"GitHub could not be reached: {type(error.exc).__name__}"
        raise UnavailableError(message) from error
    except (GitHubException, AttributeError, LookupError, TypeError, ValueError) as error:
        message = "GitHub answered with something that we do not understand"
        raise UnexpectedAnswerError(message) from error


@cache
def _trust() -> ssl.SSLContext:
    """Read the authorities once: httpx would for each request, which takes it a tenth of a second."""
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
