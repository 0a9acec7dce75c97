"""Atlassian's OAuth app, and the Jira API calls that connections need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import requests
from django.conf import settings

from apps.integrations.providers._oauth import TIMEOUT_S, OAuthApp, translated
from apps.integrations.providers.grant import Account, Grant

__all__ = [
    "ACCOUNT_NOUN",
    "NO_ACCOUNT_ADVICE",
    "SCOPES",
    "Project",
    "accounts",
    "authorize_url",
    "exchange",
    "is_configured",
    "projects",
    "refresh",
    "revoke",
]

ACCOUNT_NOUN = "site"
NO_ACCOUNT_ADVICE = (
    "This Atlassian account has let Tformance into no site that has Jira. Choose one when Atlassian asks, or "
    "ask your Jira admin for access."
)

# Access to projects, and a refresh token, because Jira's access tokens expire after an hour.
_READ = "read:jira-work"
SCOPES = (_READ, "offline_access")
_PAGE = 50  # Jira's maximum


class Project(NamedTuple):
    """A project's key and name in Jira."""

    key: str
    name: str


def is_configured() -> bool:
    """Return whether this installation has an OAuth app at Atlassian."""
    return bool(settings.JIRA_CLIENT_ID)


def authorize_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the URL where a user grants access.

    Args:
        redirect_uri: the callback URL.
        state: the value that Atlassian passes back to the callback.
        verifier: PKCE's secret.
    """
    return _app().authorize_url(redirect_uri=redirect_uri, state=state, verifier=verifier)


def exchange(*, code: str, redirect_uri: str, verifier: str) -> Grant:
    """Exchange a code for access, which expires after an hour and comes with a refresh token.

    Args:
        code: the code that the callback received.
        redirect_uri: the callback URL that the authorization was started with.
        verifier: the PKCE secret that the authorization was started with.

    Raises:
        ProviderError: if the exchange fails.
    """
    return _app().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def refresh(refresh_token: str) -> Grant:
    """Exchange a refresh token for new access; the refresh token cannot be used again.

    Args:
        refresh_token: the latest refresh token.

    Raises:
        ProviderError: if the exchange fails; `RevokedError` if Atlassian refuses the refresh token.
    """
    return _app().refresh(refresh_token)


def accounts(token: str) -> list[Account]:
    """Return the sites that a user can connect: the granted sites that have Jira.

    Args:
        token: an access token.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        sites = _get(token, "/oauth/token/accessible-resources")
        return [
            Account(str(one["id"]), str(one["name"]), str(one["url"]))
            for one in sites
            if _READ in one["scopes"]
        ]


def projects(token: str, site: str) -> list[Project]:
    """Return a site's projects that the token can access.

    Args:
        token: an access token; see `apps.integrations.connections.token.fresh_token`.
        site: the cloud id of the site.

    Raises:
        ProviderError: if the request fails.
    """
    with translated():
        return list(_projects(token, site))


def revoke(token: str) -> None:
    """Do nothing, because Atlassian has no endpoint for revocation.

    The access token expires within an hour, and the unused refresh token, which we delete, after 90 days.

    Args:
        token: an access token.
    """


def _projects(token: str, site: str) -> Iterator[Project]:
    start = 0
    while True:
        page = _get(
            token,
            f"/ex/jira/{site}/rest/api/3/project/search",
            startAt=start,
            maxResults=_PAGE,
            orderBy="key",
        )
        yield from (Project(str(one["key"]), str(one["name"])) for one in page["values"])
        start += len(page["values"])
        if page["isLast"] or not page["values"]:
            return


def _get(token: str, path: str, **params: Any) -> Any:
    answer = requests.get(
        f"{settings.JIRA_API_URL.rstrip('/')}{path}",
        params=params,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    return answer.json()


def _app() -> OAuthApp:
    base = settings.JIRA_AUTH_URL.rstrip("/")
    return OAuthApp(
        client_id=settings.JIRA_CLIENT_ID,
        client_secret=settings.JIRA_CLIENT_SECRET,
        authorize_endpoint=f"{base}/authorize",
        token_endpoint=f"{base}/oauth/token",
        scopes=SCOPES,
        # `consent` shows the choice of sites each time; without it Atlassian silently reuses the last choice.
        extra={"audience": "api.atlassian.com", "prompt": "consent"},
    )
