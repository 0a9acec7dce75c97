"""Codes and tokens: what people have granted, for how long, and what was taken back."""

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

# GitHub's ten minutes; the others' are about as short.
_CODE_LASTS = timedelta(minutes=10)
# What each service's tokens look like.
_PREFIX = {"github": "gho_", "jira": "eyJ", "slack": "xoxb-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Say what somebody has granted.

    Args:
        service: at which service.
        login: who.
        scopes: what for.
        places: organisations, sites or the workspace, by their short names.
    """

    service: Service
    login: str
    scopes: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Be an authorization code on its way.

    Args:
        granted: what it stands for.
        redirect_uri: where it was sent.
        challenge: PKCE's (S256); empty for none.
        ends_at: until when it can be redeemed.
    """

    granted: Granted
    redirect_uri: str
    challenge: str
    ends_at: datetime

    def is_proved_by(self, verifier: str) -> bool:
        """Whether whoever redeems it is who asked for it.

        Args:
            verifier: PKCE's.
        """
        if not self.challenge:
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Be a token that was given out.

    Args:
        value: the access token.
        refresh: the refresh token; empty for none.
        granted: what it stands for.
        since: when it was given out.
        ends_at: when the access token ends; None for one that does not.
        is_revoked: whether it was taken back, or replaced by a refreshed one.
    """

    value: str
    refresh: str
    granted: Granted
    since: datetime
    ends_at: datetime | None
    is_revoked: bool = False


class Tokens:
    """Keep what was given out.

    Args:
        clock: by which codes and tokens end.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}

    def new_code(self, granted: Granted, *, redirect_uri: str, challenge: str) -> str:
        """Return a code for what was granted.

        Args:
            granted: what.
            redirect_uri: where it is sent.
            challenge: PKCE's; empty for none.
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
        """Take a code, which is good once and for a short time.

        Args:
            service: whose.
            value: of the code.
        """
        code = self._codes.pop(value, None)
        if code is None or code.granted.service != service or code.ends_at <= self._clock.now():
            return None
        return code

    def give(
        self, granted: Granted, *, lasts: timedelta | None = None, is_refreshable: bool = False
    ) -> Token:
        """Give out a token.

        Args:
            granted: what it stands for.
            lasts: until the access token ends; None for one that does not.
            is_refreshable: whether a refresh token comes with it.
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
        """Give out a token for a refresh token, which then is worth nothing any more.

        Args:
            refresh: what was given out last.
            lasts: until the access token ends.
        """
        for token in self._tokens.values():
            if refresh and token.refresh == refresh and not token.is_revoked:
                self.revoke(token)
                return self.give(token.granted, lasts=lasts, is_refreshable=True)
        return None

    def valid(self, service: Service, value: str) -> Token | None:
        """Return the token, unless it is unknown, revoked or has ended.

        Args:
            service: whose.
            value: what was sent.
        """
        token = self._tokens.get(value)
        if token is None or token.granted.service != service or token.is_revoked:
            return None
        return token if token.ends_at is None or token.ends_at > self._clock.now() else None

    def given(self, service: Service | None = None) -> list[Token]:
        """Return what was given out, oldest first.

        Args:
            service: only its.
        """
        return [one for one in self._tokens.values() if service in (None, one.granted.service)]

    def revoke(self, token: Token) -> None:
        """Take a token back.

        Args:
            token: which.
        """
        self._tokens[token.value] = replace(token, is_revoked=True)

    def revoke_all(self, service: Service) -> int:
        """Take back all tokens of a service, as somebody does in their settings there; return how many.

        Args:
            service: whose.
        """
        live = [one for one in self.given(service) if not one.is_revoked]
        for token in live:
            self.revoke(token)
        return len(live)
