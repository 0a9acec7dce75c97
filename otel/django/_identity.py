"""Whom a request is about: the signed-in user before anything that a header claims."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.functional import LazyObject

from otel._guard import suppress_internal_errors
from otel.django.consent import refuses
from otel.identity import Identity
from otel.mapping.identify import uuid7_or_none

__all__ = ["Browser", "Identify", "RequestIdentity"]

# posthog-js goes on with a session for so long after its last event, and for so long in all.
_IDLE_MS, _LENGTH_MS = 30 * 60 * 1000, 24 * 60 * 60 * 1000

Identify = Callable[[AbstractBaseUser, HttpRequest | None], Identity]


class Browser(NamedTuple):
    """Be what the visitor's browser says of itself.

    Args:
        refuses: whether it asks not to be tracked.
        visitor_id: posthog-js's id of a visitor who is not signed in.
        session_id: posthog-js's id of the session.
    """

    refuses: bool
    visitor_id: str | None
    session_id: str | None


class RequestIdentity:
    """Know whom a request is about, asked late so that a login within it counts.

    Args:
        request: under way.
        identify: the product's own answer for a signed-in user.
    """

    def __init__(self, request: HttpRequest, identify: Identify) -> None:
        self._request = request
        self._identify = identify
        self._browser: Browser | None = None
        self.is_awaited = False

    def identity(self) -> Identity | None:
        """Return the identity as it is now; None if the user cannot be loaded here, in an event loop.

        The middleware then loads the user before the request's span ends (`is_awaited`).
        """
        user = self._known_user()
        if user is None and self._has_session:
            if _in_event_loop():
                self.is_awaited = True
                return None
            user = self._request.user
            bool(user.is_authenticated)  # loads it, which the request did not need until now
        return self._about(user)

    def known_identity(self) -> Identity:
        """Return the identity without loading a user whom the request did not need."""
        return self._about(self._known_user())

    @property
    def browser(self) -> Browser:
        """What the visitor's browser says of itself, read when it is first asked for."""
        if self._browser is None:
            self._browser = _read(self._request)
        return self._browser

    def _about(self, user: object) -> Identity:
        if not isinstance(user, AbstractBaseUser) or not user.is_authenticated:
            refuses, visitor_id, session_id = self.browser
            return Identity(None, {}, refuses, visitor_id, session_id)
        with suppress_internal_errors("asking whom a request is about"):
            known = self._identify(user, self._request)
            refuses, _, session_id = self.browser
            return replace(
                known, opted_out=known.opted_out or refuses, visitor_id=None, session_id=session_id
            )
        # The hook failed: nobody can say that this person did not opt out. Their errors still leave.
        return Identity(opted_out=True)

    def _known_user(self) -> object:
        """Return the user if it is loaded: by `login()`, or by whoever first asked for it."""
        user = getattr(self._request, "user", None)
        if user is not None and not isinstance(user, LazyObject):
            return user
        # Where Django keeps what `request.user` and `request.auser()` loaded.
        state = vars(self._request)
        return state.get("_cached_user") or state.get("_acached_user")

    @property
    def _has_session(self) -> bool:
        return hasattr(self._request, "user") and settings.SESSION_COOKIE_NAME in self._request.COOKIES


def _read(request: HttpRequest) -> Browser:
    """Read what a browser claims, of posthog-js's tracing headers, else of its first-party cookie."""
    # `request.headers` would first build all of them, which takes longer than all else here.
    headers = request.META
    cookie = _posthog_cookie(request)
    # Once posthog-js has been told of an account, its id is that account's and no visitor's.
    is_visitor = cookie.get("$user_state") != "identified"
    visitor_id = headers.get("HTTP_X_POSTHOG_DISTINCT_ID") or cookie.get("distinct_id")
    session_id = headers.get("HTTP_X_POSTHOG_SESSION_ID")
    if session_id is None:
        session_id = _session(cookie)
    return Browser(
        refuses=refuses(request),
        # posthog-js makes UUIDv7 ids, accounts have UUIDv4: nobody can claim to be an account by a header.
        visitor_id=uuid7_or_none(visitor_id) if is_visitor else None,
        session_id=uuid7_or_none(session_id),
    )


def _session(cookie: dict[str, object]) -> object:
    """Return the session of the cookie, unless it is over: posthog-js keeps it until its next event."""
    match cookie.get("$sesid"):
        case [int(active), session_id, int(began)]:
            now = time.time_ns() // 1_000_000
            return session_id if now - active <= _IDLE_MS and now - began <= _LENGTH_MS else None
    return None


def _posthog_cookie(request: HttpRequest) -> dict[str, object]:
    """Return what posthog-js keeps in its first-party cookie, `ph_<key>_posthog`."""
    for name, value in request.COOKIES.items():
        if name.startswith("ph_") and name.endswith("_posthog"):
            with suppress_internal_errors("reading posthog-js's cookie"):
                try:
                    state = orjson.loads(unquote(value))
                except orjson.JSONDecodeError:
                    continue  # not posthog-js's after all
                return state if isinstance(state, dict) else {}
    return {}


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
