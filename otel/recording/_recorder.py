"""Recording an event: stamped and timed where it happens, carried out after the commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from otel._guard import suppress_internal_errors
from otel.attributes import (
    ANON_DISTINCT_ID,
    GROUP_KEY,
    GROUP_TYPE,
    GROUPIDENTIFY_EVENT,
    IDENTIFY_EVENT,
    SET_EVENT,
)
from otel.envelope import Envelope, Rejection
from otel.events import Event, GroupProperties, PersonProperties, Registry, default_registry
from otel.identity import Identity, current_identity
from otel.mapping.validate import validate
from otel.outcomes.counters import Counters
from otel.reasons import Reason
from otel.recording._attributes import encode_attributes, encode_fields
from otel.recording.emitters import Emitter, SpanEmitter

__all__ = ["OnCommit", "Recorder", "RecordingError"]

_log = logging.getLogger("otel.recording")

_CARRYING = suppress_internal_errors("carrying an event out")  # made once: every event passes through it

_tracer = trace.get_tracer("otel")

OnCommit = Callable[[Callable[[], None]], bool]


class RecordingError(ValueError):
    """Raised in development and tests for an event that production would reject."""


def _at_once(_: Callable[[], None]) -> bool:
    return False


class Recorder:
    """Record events for one program.

    Args:
        registry: the declared events.
        groups: for each group type the attribute that carries its key.
        strict: whether a caller's mistake raises.
        counters: count what is lost here.
        keep: is given what is rejected here.
        carrier: lets events out; as span events by default.
        defer: takes a function and calls it after the commit; returns False if nothing is to be waited for.
    """

    def __init__(
        self,
        registry: Registry = default_registry,
        *,
        groups: Mapping[str, str] | None = None,
        strict: bool = False,
        counters: Counters | None = None,
        keep: Callable[[Envelope, Rejection], None] | None = None,
        carrier: Emitter | None = None,
        defer: OnCommit = _at_once,
    ) -> None:
        self.defer = defer
        self._registry = registry
        self._groups = groups or {}
        self._strict = strict
        self._counters = counters
        self._keep = keep
        self._carrier = carrier or SpanEmitter()
        self._stamps = frozenset(self._groups.values())

    def event(self, event: Event, identity: Identity | None) -> None:
        """Record a declared event.

        Args:
            event: an instance of its class.
            identity: whom it is about; by default the request's or task's.

        Raises:
            RecordingError: only when strict, for values that do not fit.
        """
        self._declared(event.event_name, encode_fields(event, event.property_names), identity)

    def named(self, name: str, properties: Mapping[str, Any], identity: Identity | None) -> None:
        """Record a declared event by its name.

        Args:
            name: a declared event's.
            properties: its properties.
            identity: whom it is about; by default the request's or task's.

        Raises:
            RecordingError: only when strict, for a name or properties that do not fit.
        """
        self._declared(name, encode_attributes(properties), identity)

    def person(self, properties: PersonProperties, identity: Identity | None) -> None:
        """Record a change of person properties.

        Args:
            properties: the new values; None leaves one as it is.
            identity: whose; by default the request's or task's.
        """
        self._add(SET_EVENT, _values(properties), identity)

    def group(self, properties: GroupProperties, key: str, identity: Identity | None) -> None:
        """Record a change of a group's properties.

        Args:
            properties: the new values; None leaves one as it is.
            key: the group's.
            identity: who made the change; by default the request's or task's person.
        """
        attributes = _values(properties)
        attributes[GROUP_TYPE] = properties.group_type
        attributes[GROUP_KEY] = key
        self._add(GROUPIDENTIFY_EVENT, attributes, identity)

    def alias(self, visitor_id: str, identity: Identity) -> None:
        """Record that a visitor's trail belongs to an account.

        Args:
            visitor_id: posthog-js's id before the sign-up.
            identity: the account.
        """
        self._add(IDENTIFY_EVENT, {ANON_DISTINCT_ID: visitor_id}, identity)

    def error(
        self, exception: BaseException, attributes: Mapping[str, Any], identity: Identity | None
    ) -> None:
        """Record an error that the product handled.

        Args:
            exception: the error.
            attributes: what the span tells besides.
            identity: whom it happened to; by default the request's or task's.
        """
        whom = self._whom(identity)
        stamps = {} if whom is None else whom.entry_attributes(self._groups)
        about = {**encode_attributes(attributes), **stamps}
        with _tracer.start_as_current_span(f"error {type(exception).__name__}", attributes=about) as span:
            # On the span event as well: the request's or task's own span says whom *it* is about.
            span.record_exception(exception, about)
            span.set_status(Status(StatusCode.ERROR))
            self._check(span.is_recording())

    def _declared(self, name: str, attributes: dict[str, Any], identity: Identity | None) -> None:
        if self._strict or name not in self._registry:
            reject = self._reject(name, attributes)
            if reject is not None:
                self._refuse(name, attributes, reject)
                return
        self._add(name, attributes, identity)

    def _add(self, name: str, attributes: dict[str, Any], identity: Identity | None) -> None:
        """Stamp and time the event now; let it out after the commit."""
        attributes.update(self._identity(identity))
        now = time.time_ns()
        span = trace.get_current_span()

        def add() -> None:
            with _CARRYING:
                self._check(self._carrier.emit(name, attributes, now, span))

        if not self.defer(add):
            add()

    def _check(self, is_recorded: bool) -> None:
        if not is_recorded and self._counters is not None:
            self._counters.lost(Reason.NOT_RECORDING)

    def _identity(self, identity: Identity | None) -> dict[str, str | bool]:
        whom = self._whom(identity)
        return {} if whom is None else whom.attributes(self._groups)

    @staticmethod
    def _whom(identity: Identity | None) -> Identity | None:
        known = current_identity()
        if identity is None:
            return known
        if known is None or known.distinct_id not in (None, identity.distinct_id):
            return identity
        # The request is theirs, if they are not signed in yet: its session and its refusal hold for them.
        named = replace(
            identity,
            opted_out=identity.opted_out or known.opted_out,
            session_id=identity.session_id or known.session_id,
        )
        if identity.groups or not known.distinct_id:
            return named
        return replace(named, groups=known.groups, span_attributes=known.span_attributes)

    def _reject(self, name: str, attributes: Mapping[str, Any]) -> Rejection | None:
        declaration = self._registry.get(name)
        if declaration is None:
            return Rejection(Reason.UNDECLARED, "no event declares this name")
        result = validate(declaration, attributes, self._stamps)
        return result if isinstance(result, Rejection) else None

    def _refuse(self, name: str, attributes: dict[str, Any], reject: Rejection) -> None:
        if self._strict:
            msg = (
                f"event {name!r}: {reject.detail} ({reject.reason}); "
                "declare it in the app's events.py, or mend the call"
            )
            raise RecordingError(msg)
        _log.warning("event %r is rejected: %s (%s)", name, reject.detail, reject.reason)
        if self._counters is not None:
            self._counters.lost(reject.reason)
        if self._keep is not None:
            stamped = {**attributes, **self._identity(None)}
            context = trace.get_current_span().get_span_context()
            self._keep(Envelope(name, stamped, time.time_ns(), context.trace_id, context.span_id), reject)


def _values(properties: PersonProperties | GroupProperties) -> dict[str, Any]:
    return encode_fields(properties, properties.property_names)
