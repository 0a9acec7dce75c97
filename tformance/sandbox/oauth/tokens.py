"""Authorization codes and tokens: what they grant, when they expire, and which are revoked."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tformance.sandbox.clock import Clock

__all__ = ["Code", "Granted", "Service", "Token", "Tokens"]

Service = Literal["github", "jira", "slack"]

# GitHub's lifetime of a code; Jira's and Slack's are similar.
_CODE_LASTS = timedelta(minutes=10)
# The prefix of each service's tokens.
_PREFIX = {"github": "gho_", "jira": "eyJ", "slack": "xoxb-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The access that a person has granted.

    Args:
        service: the service.
        login: the person's login.
        scopes: the granted scopes.
        places: the short names of the organizations, sites or workspace.
    """

    service: Service
    login: str
    scopes: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code that was not redeemed yet.

    Args:
        granted: the access that the code grants.
        redirect_uri: the URI to which the code was sent.
        challenge: the PKCE code challenge (S256); empty if PKCE is not used.
        ends_at: the time at which the code expires.
    """

    granted: Granted
    redirect_uri: str
    challenge: str
    ends_at: datetime

    def is_proved_by(self, verifier: str) -> bool:
        """Return whether the client that redeems the code is the client that requested it.

        Args:
            verifier: the PKCE code verifier.
        """
        if not self.challenge:
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that was issued.

    Args:
        value: the access token.
        refresh: the refresh token; empty if there isn't one.
        granted: the access that the token grants.
        since: the time at which the token was issued.
        ends_at: the time at which the access token expires; None for never.
        is_revoked: whether the token was revoked, or replaced by a refreshed token.
    """

    value: str
    refresh: str
    granted: Granted
    since: datetime
    ends_at: datetime | None
    is_revoked: bool = False


class Tokens:
    """The codes and tokens that were issued.

    Args:
        clock: the clock by which codes and tokens expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}

    def new_code(self, granted: Granted, *, redirect_uri: str, challenge: str) -> str:
        """Issue an authorization code.

        Args:
            granted: the access that the code grants.
            redirect_uri: the URI to which the code is sent.
            challenge: the PKCE code challenge (S256); empty if PKCE is not used.
        """
        value = secrets.token_hex(10)
        self._codes[value] = Code(
            granted=granted,
            redirect_uri=redirect_uri,
            challenge=challenge,
            ends_at=self._clock.now() + _CODE_LASTS,
        )
        return value

    def redeem(self, service: Service, value: str) -> Code | None:
        """Redeem a code, which is valid once; return None if it is invalid or expired.

        Args:
            service: the service that redeems the code.
            value: the code.
        """
        code = self._codes.pop(value, None)
        if code is None or code.granted.service != service or code.ends_at <= self._clock.now():
            return None
        return code

    def give(
        self, granted: Granted, *, lasts: timedelta | None = None, is_refreshable: bool = False
    ) -> Token:
        """Issue a token.

        Args:
            granted: the access that the token grants.
            lasts: the lifetime of the access token; None for unlimited.
            is_refreshable: whether to issue a refresh token as well.
        """
        now = self._clock.now()
        token = Token(
            value=f"{_PREFIX[granted.service]}{secrets.token_hex(18)}",
            refresh=secrets.token_hex(24) if is_refreshable else "",
            granted=granted,
            since=now,
            ends_at=now + lasts if lasts is not None else None,
        )
        self._tokens[token.value] = token
        return token

    def refreshed(self, refresh: str, *, lasts: timedelta) -> Token | None:
        """Exchange a refresh token, which is revoked, for a new token; return None if it is invalid.

        Args:
            refresh: the refresh token.
            lasts: the lifetime of the access token.
        """
        for token in self._tokens.values():
            if refresh and token.refresh == refresh and not token.is_revoked:
                self.revoke(token)
                return self.give(token.granted, lasts=lasts, is_refreshable=True)
        return None

    def valid(self, service: Service, value: str) -> Token | None:
        """Return the token, or None if it is unknown, revoked or expired.

        Args:
            service: the service that received the token.
            value: the access token.
        """
        token = self._tokens.get(value)
        if token is None or token.granted.service != service or token.is_revoked:
            return None
        return token if token.ends_at is None or token.ends_at > self._clock.now() else None

    def given(self, service: Service | None = None) -> list[Token]:
        """Return the issued tokens, oldest first.

        Args:
            service: limits the tokens to a service.
        """
        return [one for one in self._tokens.values() if service in (None, one.granted.service)]

    def revoke(self, token: Token) -> None:
        """Revoke a token.

        Args:
            token: the token.
        """
        self._tokens[token.value] = replace(token, is_revoked=True)

    def revoke_all(self, service: Service) -> int:
        """Revoke all tokens of a service, as people can in its settings; return their number.

        Args:
            service: the service.
        """
        live = [one for one in self.given(service) if not one.is_revoked]
        for token in live:
            self.revoke(token)
        return len(live)
