"""Identity of a request: the signed-in user takes precedence over any id in a header or cookie."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.functional import LazyObject

from otel._guard import report_internal_error, suppress_internal_errors
from otel.django.consent import refuses
from otel.identity import Identity
from otel.mapping.identify import uuid7_or_none

__all__ = ["Browser", "Identify", "RequestIdentity"]

# posthog-js ends a session after this much inactivity, and after this total length.
_IDLE_MS, _LENGTH_MS = 30 * 60 * 1000, 24 * 60 * 60 * 1000

Identify = Callable[[AbstractBaseUser, HttpRequest | None], Identity]


class Browser(NamedTuple):
    """The consent and ids that the visitor's browser sends.

    Args:
        refuses: whether the browser asks not to be tracked.
        visitor_id: posthog-js's id of a visitor who is not signed in.
        session_id: posthog-js's id of the session.
    """

    refuses: bool
    visitor_id: str | None
    session_id: str | None


class RequestIdentity:
    """The identity of a request, read late so that a login during the request counts.

    Confined to the threads of one request.

    Args:
        request: a running request.
        identify: the product's function that returns the identity of a signed-in user.
    """

    def __init__(self, request: HttpRequest, identify: Identify) -> None:
        self._request = request
        self._identify = identify
        self._browser: Browser | None = None
        # The last answers, so that the same one is the same object, whose stamps are built once.
        self._visitor: Identity | None = None
        self._account: Identity | None = None
        self._has_opted_out = False
        self.is_awaited = False

    def identity(self) -> Identity | None:
        """Return the current identity; None in an event loop, where an unloaded user cannot be loaded.

        In that case `is_awaited` is set, and the middleware loads the user before the request's span ends.
        """
        user = self._known_user()
        if user is None and self._has_session:
            if _in_event_loop():
                self.is_awaited = True
                return None
            user = self._request.user
            bool(user.is_authenticated)  # loads the user, which the request did not need so far
        return self._about(user)

    def known_identity(self) -> Identity:
        """Return the identity without loading a user that the request did not need."""
        return self._about(self._known_user())

    @property
    def browser(self) -> Browser:
        """The consent and ids that the visitor's browser sends, parsed on first use."""
        if self._browser is None:
            self._browser = _read(self._request)
        return self._browser

    def _about(self, user: object) -> Identity:
        if not isinstance(user, AbstractBaseUser) or not user.is_authenticated:
            if self._visitor is None:
                refuses, visitor_id, session_id = self.browser
                self._visitor = Identity(None, {}, refuses, visitor_id, session_id)
            return self._visitor
        try:
            answer = self._identify(user, self._request)
            account = self._account
            if (
                account is None
                or answer.distinct_id != account.distinct_id
                or answer.groups != account.groups
                or answer.span_attributes != account.span_attributes
                or answer.opted_out != self._has_opted_out
            ):
                refuses, _, session_id = self.browser
                self._has_opted_out = answer.opted_out
                # Copies, because the mappings may be the product's own and change.
                groups, span_attributes = dict(answer.groups), dict(answer.span_attributes)
                opted_out = answer.opted_out or refuses
                account = Identity(answer.distinct_id, groups, opted_out, None, session_id, span_attributes)
                self._account = account
            return account
        except Exception as error:  # noqa: BLE001 - the hook is the product's
            report_internal_error("identifying a request's user", error)
        # The hook failed, so the person may have opted out. Errors are still sent, without the person.
        return Identity(opted_out=True)

    def _known_user(self) -> object:
        """Return the user if it is already loaded, by `login()` or by an earlier access."""
        user = getattr(self._request, "user", None)
        if user is not None and not isinstance(user, LazyObject):
            return user
        # Django stores the user that `request.user` and `request.auser()` loaded in these attributes.
        state = vars(self._request)
        return state.get("_cached_user") or state.get("_acached_user")

    @property
    def _has_session(self) -> bool:
        return hasattr(self._request, "user") and settings.SESSION_COOKIE_NAME in self._request.COOKIES


def _read(request: HttpRequest) -> Browser:
    """Return a browser's claims from posthog-js's tracing headers, or from its first-party cookie."""
    # `request.headers` would first build all headers, which takes longer than the rest of this function.
    headers = request.META
    cookie = _posthog_cookie(request)
    # After posthog-js has identified an account, its id belongs to the account and not to a visitor.
    is_visitor = cookie.get("$user_state") != "identified"
    visitor_id = headers.get("HTTP_X_POSTHOG_DISTINCT_ID") or cookie.get("distinct_id")
    session_id = headers.get("HTTP_X_POSTHOG_SESSION_ID")
    if session_id is None:
        session_id = _session(cookie)
    return Browser(
        refuses=refuses(request),
        # posthog-js generates UUIDv7 ids and accounts have UUIDv4, so a header cannot claim to be an account.
        visitor_id=uuid7_or_none(visitor_id) if is_visitor else None,
        session_id=uuid7_or_none(session_id),
    )


def _session(cookie: dict[str, object]) -> object:
    """Return the cookie's session id unless the session is over: posthog-js keeps it until its next event."""
    match cookie.get("$sesid"):
        case [int(active), session_id, int(began)]:
            now = time.time_ns() // 1_000_000
            return session_id if now - active <= _IDLE_MS and now - began <= _LENGTH_MS else None
    return None


def _posthog_cookie(request: HttpRequest) -> dict[str, object]:
    """Return the content of posthog-js's first-party cookie, `ph_<key>_posthog`."""
    for name, value in request.COOKIES.items():
        if name.startswith("ph_") and name.endswith("_posthog"):
            with suppress_internal_errors("reading posthog-js's cookie"):
                try:
                    state = orjson.loads(unquote(value))
                except orjson.JSONDecodeError:
                    continue  # not posthog-js's cookie
                return state if isinstance(state, dict) else {}
    return {}


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
