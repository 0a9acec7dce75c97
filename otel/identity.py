"""Whom an event is about: stamped while the request is alive; the exporter's thread sees none."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from otel.attributes import OPTED_OUT, SESSION_ID, USER_ID, VISITOR_ID

__all__ = [
    "FixedIdentity",
    "Identity",
    "IdentitySource",
    "current_identity",
    "enter_identity",
    "identified",
    "leave_identity",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an event is about.

    Args:
        distinct_id: the signed-in person's id; always wins over the visitor's.
        groups: the key of each group type, such as `{"team": "<public id>"}`. With groups and no person, an
            event is the system's: it happened by nobody's hand.
        opted_out: whether the person asked not to be tracked.
        visitor_id: posthog-js's id of a visitor who is not signed in.
        session_id: posthog-js's session id, a UUIDv7.
        span_attributes: what else the request's or task's own span carries, for the setting
            `ERROR_PROPERTIES`, such as `{"acme.team.slug": "rockets"}`.
    """

    distinct_id: str | None = None
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    opted_out: bool = False
    visitor_id: str | None = None
    session_id: str | None = None
    span_attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def attributes(self, group_attributes: Mapping[str, str]) -> dict[str, str | bool]:
        """Return what is stamped on spans and span events.

        People who opted out get neither an id nor a group, not even on trace spans.

        Args:
            group_attributes: for each group type the attribute that carries its key.
        """
        if self.opted_out:
            return {OPTED_OUT: True}
        stamps: dict[str, str | bool] = {}
        if self.distinct_id:
            # A primary key may be a UUID, of which OpenTelemetry warns at each span, and mapping takes no id.
            stamps[USER_ID] = str(self.distinct_id)
        elif self.visitor_id:
            stamps[VISITOR_ID] = self.visitor_id
        if self.session_id:
            stamps[SESSION_ID] = self.session_id
        for group_type, key in self.groups.items():
            attribute = group_attributes.get(group_type)
            if attribute:
                stamps[attribute] = str(key)
        return stamps

    def entry_attributes(self, group_attributes: Mapping[str, str]) -> dict[str, str | bool]:
        """Return what is stamped on the span of a request or task.

        Args:
            group_attributes: for each group type the attribute that carries its key.
        """
        stamps = self.attributes(group_attributes)
        return stamps if self.opted_out else {**self.span_attributes, **stamps}


class IdentitySource(Protocol):
    """Know the identity of a request or task under way; asked late, so that a login within it counts."""

    def identity(self) -> Identity | None:
        """Return the identity as it is now; None while it cannot be known."""
        ...


class FixedIdentity:
    """A source whose identity does not change.

    Args:
        identity: whom everything is about.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def identity(self) -> Identity:
        """Return the identity."""
        return self._identity


# A variable of its own rather than a key in OpenTelemetry's context: Celery's instrumentation attaches and
# detaches that context in signal handlers whose order with ours is not defined, and a token reset out of
# order would leave a dead task's span current.
_source: ContextVar[IdentitySource | None] = ContextVar("otel_identity_source", default=None)


def current_identity() -> Identity | None:
    """Return the identity of the request or task under way; None outside of any."""
    source = _source.get()
    return None if source is None else source.identity()


def enter_identity(source: IdentitySource) -> Token[IdentitySource | None]:
    """Make a source current; return what `leave_identity` needs.

    Args:
        source: asked at each event.
    """
    return _source.set(source)


def leave_identity(entered: Token[IdentitySource | None]) -> None:
    """Make the source before current again.

    Args:
        entered: from `enter_identity`, in the same thread.
    """
    _source.reset(entered)


class identified:  # noqa: N801 - reads as what it does: `with identified(source):`
    """Let events recorded inside be about the source's identity.

    A class, because every request stands in one: a generator would take three times as long.

    Args:
        source: asked at each event.
    """

    __slots__ = ("_entered", "_source")

    def __init__(self, source: IdentitySource) -> None:
        self._source = source

    def __enter__(self) -> None:
        """Make the source current."""
        self._entered = enter_identity(self._source)

    def __exit__(self, *_: object) -> None:
        """Make the source before current again."""
        leave_identity(self._entered)
