"""OAuth's authorization code flow with Authlib, whose errors become `ProviderError`."""

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

# Error codes for a used or expired code or refresh token: the standard's, then GitHub's and Slack's.
_REFUSED = frozenset({"invalid_grant", "bad_verification_code", "invalid_code", "code_already_used"})


@dataclass(frozen=True, kw_only=True)
class OAuthApp:
    """Our OAuth app at a provider.

    Args:
        client_id: the app's public id.
        client_secret: the app's secret.
        authorize_endpoint: the URL where users grant access.
        token_endpoint: the URL that exchanges codes for tokens.
        scopes: the scopes that Tformance requires.
        scope_separator: the separator of the scopes in the authorize URL.
        has_pkce: whether the provider documents PKCE.
        extra: further parameters of the authorize URL.
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
        """Return the URL where a user grants access.

        Args:
            redirect_uri: the callback URL.
            state: the value that the provider passes back to the callback.
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
        """Exchange a code for access.

        Args:
            code: the code that the callback received.
            redirect_uri: the callback URL that the authorization was started with.
            verifier: the PKCE secret that the authorization was started with.

        Raises:
            ProviderError: if the exchange fails; `MissingScopesError` if some scopes were not granted.
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
        # If the answer names no scopes, all requested scopes are granted (RFC 6749, 5.1).
        granted = str(token.get("scope") or " ".join(self.scopes)).replace(",", " ").split()
        missing = sorted(set(self.scopes).difference(granted))
        if missing:
            message = f"not granted: {', '.join(missing)}"
            raise MissingScopesError(message)
        return grant

    def refresh(self, refresh_token: str) -> Grant:
        """Exchange a refresh token for new access; the refresh token cannot be used again.

        Args:
            refresh_token: the latest refresh token.

        Raises:
            ProviderError: if the exchange fails; `RevokedError` if the provider refuses the refresh token.
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
    """Translate exceptions of Authlib and requests into `ProviderError`."""
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
        message = "the provider's answer is not JSON"
        raise UnexpectedAnswerError(message) from error
    except requests.RequestException as error:
        message = f"the provider could not be reached: {type(error).__name__}"
        raise UnavailableError(message) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = "the provider's answer has an unexpected form"
        raise UnexpectedAnswerError(message) from error


def _unlimited(response: requests.Response) -> requests.Response:
    """Raise an error for a rate limit, whose JSON Authlib would otherwise read as a token."""
    is_spent = response.headers.get("x-ratelimit-remaining") == "0"  # GitHub's form, with status 403
    if is_spent or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        message = "the provider's rate limit is used up"
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
    """Return the grant in a token response; a response without a refresh token keeps the previous one."""
    access_token, expires_at = token.get("access_token"), token.get("expires_at")
    if not isinstance(access_token, str) or not access_token:
        message = "the provider's answer has no access token"
        raise UnexpectedAnswerError(message)
    return Grant(
        access_token=access_token,
        refresh_token=str(token.get("refresh_token") or refresh_token),
        expires_at=None if expires_at is None else datetime.fromtimestamp(int(expires_at), UTC),
    )


# A user waits for most of these requests; all three providers normally answer in well under a second.
TIMEOUT_S = 10
