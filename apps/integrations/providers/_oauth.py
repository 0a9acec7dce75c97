"""OAuth's authorization code flow, by Authlib, with each failure as one of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from apps.integrations.providers.errors import (
    MissingScopesError,
    RevokedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from apps.integrations.providers.grant import Grant

__all__ = ["TIMEOUT_S", "OAuthApp", "translated"]

# The standard's word for a code or a refresh token that is used or too old, then GitHub's and Slack's own.
_REFUSED = frozenset({"invalid_grant", "bad_verification_code", "invalid_code", "code_already_used"})


@dataclass(frozen=True, kw_only=True)
class OAuthApp:
    """Be our app at a provider.

    Args:
        client_id: public.
        client_secret: secret.
        authorize_endpoint: where people go.
        token_endpoint: where codes become tokens.
        scopes: what we ask for, and need.
        scope_separator: between them, in the address.
        has_pkce: whether the provider documents PKCE.
        extra: what its authorize address takes besides.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authorize_endpoint: str
    token_endpoint: str
    scopes: tuple[str, ...]
    scope_separator: str = " "
    has_pkce: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return where a person goes to grant access.

        Args:
            redirect_uri: where the person comes back to.
            state: comes back with the person.
            verifier: PKCE's secret.
        """
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self.authorize_endpoint,
                state=state,
                code_verifier=verifier if self.has_pkce else None,
                redirect_uri=redirect_uri,
                **self.extra,
            )
        return str(url)

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Return the access that a code stands for.

        Args:
            code: what the person came back with.
            redirect_uri: the same as before.
            verifier: the same as before.

        Raises:
            ProviderError: if the provider does not do it, or grants too little.
        """
        pkce = {"code_verifier": verifier} if self.has_pkce else {}
        with self._session() as session, translated():
            token = session.fetch_token(
                self.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                **pkce,
            )
            grant = _grant(token)
        # Where the answer names no scopes, all that were asked for are granted (RFC 6749, 5.1).
        granted = str(token.get("scope") or " ".join(self.scopes)).replace(",", " ").split()
        missing = sorted(set(self.scopes).difference(granted))
        if missing:
            message = f"not granted: {', '.join(missing)}"
            raise MissingScopesError(message)
        return grant

    def refresh(self, refresh_token: str) -> Grant:
        """Return the next access, for which the refresh token is used up.

        Args:
            refresh_token: the latest.

        Raises:
            ProviderError: if the provider does not do it; `RevokedError` if it never will.
        """
        with self._session() as session, translated():
            token = session.refresh_token(self.token_endpoint, refresh_token=refresh_token)
            return _grant(token, refresh_token)

    def _session(self) -> Any:
        session = OAuth2Session(
            self.client_id,
            self.client_secret,
            scope=self.scope_separator.join(self.scopes),
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the method's name
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )
        for answer in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(answer, _unlimited)
        return session


@contextmanager
def translated() -> Iterator[None]:
    """Turn what Authlib and requests raise into `ProviderError`."""
    try:
        yield
    except OAuthError as error:
        word = str(error.error)
        kind = RevokedError if word in _REFUSED else UnexpectedAnswerError
        message = f"the provider answered {word!r}"
        raise kind(message) from error
    except requests.HTTPError as error:
        raise _of_status(error.response.status_code) from error
    except requests.JSONDecodeError as error:
        message = "the provider answered with something that is no JSON"
        raise UnexpectedAnswerError(message) from error
    except requests.RequestException as error:
        message = f"the provider could not be reached: {type(error).__name__}"
        raise UnavailableError(message) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = "the provider answered with something that we do not understand"
        raise UnexpectedAnswerError(message) from error


def _unlimited(response: requests.Response) -> requests.Response:
    """Raise for a rate limit, whose answer is JSON that Authlib would take for a token."""
    is_spent = response.headers.get("x-ratelimit-remaining") == "0"  # as GitHub says it, with 403
    if is_spent or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        message = "the provider has had enough of our requests for now"
        raise UnavailableError(message)
    return response


def _of_status(status: int) -> Exception:
    message = f"the provider answered {status}"
    if status == HTTPStatus.UNAUTHORIZED:
        return RevokedError(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return UnavailableError(message)
    return UnexpectedAnswerError(message)


def _grant(token: Mapping[str, Any], refresh_token: str = "") -> Grant:
    """Read a token answer; an answer to a refresh may leave out the refresh token, which then goes on."""
    access_token, expires_at = token.get("access_token"), token.get("expires_at")
    if not isinstance(access_token, str) or not access_token:
        message = "the provider's answer holds no access token"
        raise UnexpectedAnswerError(message)
    return Grant(
        access_token=access_token,
        refresh_token=str(token.get("refresh_token") or refresh_token),
        expires_at=None if expires_at is None else datetime.fromtimestamp(int(expires_at), UTC),
    )


# A person waits for the answer in most cases; all three answer in well under a second when they are well.
TIMEOUT_S = 10
