"""Whom a request is about: the signed-in user before anything that a header claims."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from urllib.parse import unquote

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.functional import LazyObject

from otel._guard import guarded
from otel.mapping.identify import uuid7_or_none
from otel.recording import Identity

__all__ = ["Identify", "RequestIdentity"]

Identify = Callable[[AbstractBaseUser, HttpRequest | None], Identity]


class RequestIdentity:
    """Know whom a request is about, asked late so that a login within it counts.

    Args:
        request: under way.
        identify: the product's own answer for a signed-in user.
    """

    def __init__(self, request: HttpRequest, identify: Identify) -> None:
        self._request = request
        self._identify = identify
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

    @cached_property
    def visitor_id(self) -> str | None:
        """posthog-js's id for a visitor: of its tracing header, else of its first-party cookie."""
        claimed = self._request.headers.get("X-POSTHOG-DISTINCT-ID") or self._cookie.get("distinct_id")
        # posthog-js makes UUIDv7 ids, accounts have UUIDv4: nobody can claim to be an account by a header.
        return uuid7_or_none(claimed)

    def _about(self, user: object) -> Identity:
        if not isinstance(user, AbstractBaseUser) or not user.is_authenticated:
            return Identity(None, {}, self._refuses, self.visitor_id, self._session_id)
        with guarded("asking whom a request is about"):
            known = self._identify(user, self._request)
            opted_out = known.opted_out or self._refuses
            return Identity(known.distinct_id, known.groups, opted_out, None, self._session_id)
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

    @cached_property
    def _refuses(self) -> bool:
        """Whether the browser asks not to be tracked (Global Privacy Control, Do Not Track)."""
        headers = self._request.headers
        return headers.get("Sec-GPC") == "1" or headers.get("DNT") == "1"

    @cached_property
    def _session_id(self) -> str | None:
        claimed = self._request.headers.get("X-POSTHOG-SESSION-ID")
        if claimed is None:
            session = self._cookie.get("$sesid")
            claimed = session[1] if isinstance(session, list) and len(session) > 1 else None
        return uuid7_or_none(claimed)

    @cached_property
    def _cookie(self) -> dict[str, object]:
        """What posthog-js keeps in its first-party cookie, `ph_<key>_posthog`."""
        for name, value in self._request.COOKIES.items():
            if name.startswith("ph_") and name.endswith("_posthog"):
                with guarded("reading posthog-js's cookie"):
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
