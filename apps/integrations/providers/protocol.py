"""What each provider can do for the way to a connection and back."""

from __future__ import annotations

from typing import Protocol

from apps.integrations.providers.grant import Account, Grant

__all__ = ["OAuthProvider"]


class OAuthProvider(Protocol):
    """Be a module that speaks OAuth with one provider; each call may raise `ProviderError`."""

    # What the provider calls an account: organisation, site, workspace.
    ACCOUNT_NOUN: str
    # What a person who has none of these can do.
    NO_ACCOUNT_ADVICE: str

    def is_configured(self) -> bool:
        """Whether this installation has an OAuth app at the provider."""

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return where a person goes to grant access.

        Args:
            redirect_uri: where the person comes back to.
            state: comes back with the person.
            verifier: PKCE's secret, which `exchange` shows.
        """

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Return the access that a person has granted.

        Args:
            code: what the person came back with.
            redirect_uri: the same as before.
            verifier: the same as before.
        """

    def accounts(self, token: str) -> list[Account]:
        """Return what can be connected with a token.

        Args:
            token: an access token.
        """

    def revoke(self, token: str) -> None:
        """Give an access token back.

        Args:
            token: an access token.
        """
