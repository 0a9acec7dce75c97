"""The interface of the provider modules that OAuth flows use."""

from __future__ import annotations

from typing import Protocol

from apps.integrations.providers.grant import Account, Grant

__all__ = ["OAuthProvider"]


class OAuthProvider(Protocol):
    """A module that implements OAuth with one provider; calls with requests may raise `ProviderError`."""

    # The provider's word for an account: organization, site or workspace.
    ACCOUNT_NOUN: str
    # The text that tells a user without an account what to do.
    NO_ACCOUNT_ADVICE: str

    def is_configured(self) -> bool:
        """Return whether this installation has an OAuth app at the provider."""

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return the URL where a user grants access.

        Args:
            redirect_uri: the callback URL.
            state: the value that the provider passes back to the callback.
            verifier: PKCE's secret, which `exchange` sends.
        """

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Exchange a code for access.

        Args:
            code: the code that the callback received.
            redirect_uri: the callback URL that the authorization was started with.
            verifier: the PKCE secret that the authorization was started with.
        """

    def accounts(self, token: str) -> list[Account]:
        """Return the accounts that can be connected with a token.

        Args:
            token: an access token.
        """

    def revoke(self, token: str) -> None:
        """Revoke an access token.

        Args:
            token: an access token.
        """
