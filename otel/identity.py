"""Identity of events: added to spans while a request runs, because the exporter's thread has no request."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

from otel.attributes import OPTED_OUT, SESSION_ID, USER_ID, VISITOR_ID

__all__ = [
    "FixedIdentity",
    "Identity",
    "IdentitySource",
    "current_identity",
    "enter_identity",
    "has_identity",
    "identified",
    "leave_identity",
]


_NONE: Mapping[str, str] = MappingProxyType({})


class _Stamped:
    """Memory for an identity's stamps, outside its fields, which are compared and sent to tasks."""

    __slots__ = ("_stamped",)

    _stamped: tuple[Mapping[str, str], Mapping[str, str | bool]]


@dataclass(frozen=True, slots=True)
class Identity(_Stamped):
    """The person, groups and session to which an event is attributed.

    Args:
        distinct_id: the signed-in person's id; takes precedence over the visitor's id.
        groups: the key of each group type, such as `{"team": "<public id>"}`. An event with groups but
            without a person is attributed to the system: no person caused it.
        opted_out: whether the person asked not to be tracked.
        visitor_id: posthog-js's id of a visitor who is not signed in.
        session_id: posthog-js's session id, a UUIDv7.
        span_attributes: additional attributes of the request's or task's span, for the setting
            `ERROR_PROPERTIES`, such as `{"acme.team.slug": "rockets"}`.
    """

    distinct_id: str | None = None
    groups: Mapping[str, str] = field(default_factory=lambda: _NONE)
    opted_out: bool = False
    visitor_id: str | None = None
    session_id: str | None = None
    span_attributes: Mapping[str, str] = field(default_factory=lambda: _NONE)

    def as_fields(self) -> dict[str, Any]:
        """Return the arguments that make an equal identity, for a task's message; JSON can carry them."""
        plain = {"groups": dict(self.groups), "span_attributes": dict(self.span_attributes)}
        return {**asdict(replace(self, groups={}, span_attributes={})), **plain}

    def attributes(self, group_attributes: Mapping[str, str]) -> dict[str, str | bool]:
        """Return the attributes to set on spans and span events.

        People who opted out get neither an id nor a group, not even on trace spans.

        Args:
            group_attributes: for each group type, the attribute that carries the group's key.
        """
        if self.opted_out:
            return {OPTED_OUT: True}
        attributes: dict[str, str | bool] = {}
        if self.distinct_id:
            # A primary key may be a UUID object: OpenTelemetry warns about it on each span, and the mapping
            # does not accept it as an id.
            attributes[USER_ID] = str(self.distinct_id)
        elif self.visitor_id:
            attributes[VISITOR_ID] = self.visitor_id
        if self.session_id:
            attributes[SESSION_ID] = self.session_id
        for group_type, key in self.groups.items():
            attribute = group_attributes.get(group_type)
            if attribute:
                attributes[attribute] = str(key)
        return attributes

    def stamps(self, group_attributes: Mapping[str, str]) -> Mapping[str, str | bool]:
        """Return what `attributes` returns, and the same mapping for each call.

        The events of a request share the mapping, so that it is built, stored and resolved once.

        Args:
            group_attributes: for each group type, the attribute that carries the group's key.
        """
        stamped = getattr(self, "_stamped", None)
        if stamped is None or stamped[0] is not group_attributes:
            stamped = group_attributes, self.attributes(group_attributes)
            object.__setattr__(self, "_stamped", stamped)
        return stamped[1]

    def entry_attributes(self, group_attributes: Mapping[str, str]) -> dict[str, str | bool]:
        """Return the attributes to set on the span of a request or task.

        Args:
            group_attributes: for each group type, the attribute that carries the group's key.
        """
        stamps = self.stamps(group_attributes)
        return dict(stamps) if self.opted_out else {**self.span_attributes, **stamps}


class IdentitySource(Protocol):
    """Source of a running request's or task's identity, read late so that a login during it counts."""

    def identity(self) -> Identity | None:
        """Return the current identity; None while it cannot be determined."""
        ...


class FixedIdentity:
    """A source whose identity does not change.

    Args:
        identity: the identity of every event.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def identity(self) -> Identity:
        """Return the identity."""
        return self._identity


# A separate context variable instead of a key in OpenTelemetry's context: Celery's instrumentation attaches
# and detaches that context in signal handlers whose order relative to ours is undefined, and a token that is
# reset out of order would leave the span of a finished task current.
_source: ContextVar[IdentitySource | None] = ContextVar("otel_identity_source", default=None)


def current_identity() -> Identity | None:
    """Return the identity of the running request or task; None outside of both."""
    source = _source.get()
    return None if source is None else source.identity()


def has_identity() -> bool:
    """Whether a request or task is running whose identity is current."""
    return _source.get() is not None


def enter_identity(source: IdentitySource) -> Token[IdentitySource | None]:
    """Make a source current; return the token for `leave_identity`.

    Args:
        source: the source that is read at each event.
    """
    return _source.set(source)


def leave_identity(entered: Token[IdentitySource | None]) -> None:
    """Restore the previous source.

    Args:
        entered: the token from `enter_identity`, called in the same thread.
    """
    _source.reset(entered)


class identified:  # noqa: N801 - reads well in use: `with identified(source):`
    """A context manager that attributes the events recorded inside it to a source's identity.

    A class instead of a generator, which would take three times as long, because every request enters one.

    Args:
        source: the source that is read at each event.
    """

    __slots__ = ("_entered", "_source")

    def __init__(self, source: IdentitySource) -> None:
        self._source = source

    def __enter__(self) -> None:
        """Make the source current."""
        self._entered = enter_identity(self._source)

    def __exit__(self, *_: object) -> None:
        """Restore the previous source."""
        leave_identity(self._entered)
