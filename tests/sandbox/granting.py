"""Grants of access at the sandbox, with Authlib, as in the product."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.integrations.requests_client import OAuth2Session
from githubkit import GitHub

from tformance.sandbox.running import RunningSandbox

__all__ = ["CALLBACK", "SCOPES", "addresses", "github", "grant", "new_session", "parameters"]

CALLBACK = "http://127.0.0.1:8000/callback/"
SCOPES = {
    "github": "repo read:org user:email",
    "jira": "read:jira-work read:jira-user offline_access",
    "slack": "chat:write,channels:read",
}


def new_session(sandbox: RunningSandbox, service: str, *, secret: str | None = None, **kept: Any) -> Any:
    """Return an OAuth session for a service."""
    environ = sandbox.environ()
    session = OAuth2Session(
        environ[f"{service.upper()}_CLIENT_ID"],
        secret or environ[f"{service.upper()}_CLIENT_SECRET"],
        scope=SCOPES[service],
        redirect_uri=CALLBACK,
        token_endpoint_auth_method="client_secret_post",
        **kept,
    )
    session.trust_env = False
    return session


def addresses(sandbox: RunningSandbox, service: str) -> tuple[str, str]:
    """Return the authorize URL and the token URL of a service."""
    environ = sandbox.environ()
    return {
        "github": (
            f"{environ['GITHUB_URL']}/login/oauth/authorize",
            f"{environ['GITHUB_URL']}/login/oauth/access_token",
        ),
        "jira": (f"{environ['JIRA_AUTH_URL']}/authorize", f"{environ['JIRA_AUTH_URL']}/oauth/token"),
        "slack": (
            f"{environ['SLACK_URL']}/oauth/v2/authorize",
            f"{environ['SLACK_URL']}/api/oauth.v2.access",
        ),
    }[service]


def grant(
    sandbox: RunningSandbox,
    service: str,
    *,
    login: str = "ada",
    organisations: Collection[str] | None = None,
    scope: str | None = None,
) -> dict[str, Any]:
    """Grant access as a person, and return the token."""
    authorize, exchange = addresses(sandbox, service)
    session = new_session(sandbox, service)
    url, state = session.create_authorization_url(authorize, **({"scope": scope} if scope else {}))
    back = sandbox.authorize(url, login=login, organisations=organisations)
    token: dict[str, Any] = session.fetch_token(exchange, authorization_response=back, state=state)
    return token


def github(sandbox: RunningSandbox, **granted: Any) -> GitHub[Any]:
    """Return a GitHub client with a granted token; the client does not retry."""
    token = grant(sandbox, "github", **granted)["access_token"]
    return GitHub(token, base_url=sandbox.settings()["GITHUB_API_URL"], auto_retry=False, http_cache=False)


def parameters(url: str) -> dict[str, str]:
    """Return the query parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
