"""Recording an event: stamped and timed where it happens, emitted after the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from otel._guard import suppress_internal_errors
from otel._tracer import own_tracer
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
from otel.events.constructor import unusable_arguments
from otel.identity import Identity, current_identity
from otel.mapping.validate import validate
from otel.outcomes import Ledger
from otel.reasons import Reason
from otel.recording._attributes import encode_attributes, encode_fields
from otel.recording._mistakes import describe_mistake, not_an_event
from otel.recording.emitters import Emitter, SpanEmitter

__all__ = ["OnCommit", "Recorder", "RecordingError"]


_NOBODY: Mapping[str, str | bool] = {}

OnCommit = Callable[[Callable[[], None]], bool]


class RecordingError(ValueError):
    """Raised in development and tests for an event that production would reject."""


class Recorder:
    """The recording of events for one program. Thread-safe.

    Args:
        registry: the declared events.
        groups: the attribute that carries the key, for each group type.
        strict: whether a mistake in a call raises.
        ledger: accounts for events that are lost here.
        emitter: adds events to spans or log records; to spans by default.
        on_commit: calls a function after the current transaction; returns False if there is no transaction.
        resource: the program's resource attributes, for rejected events.
    """

    def __init__(
        self,
        registry: Registry = default_registry,
        *,
        groups: Mapping[str, str] | None = None,
        strict: bool = False,
        ledger: Ledger | None = None,
        emitter: Emitter | None = None,
        on_commit: OnCommit | None = None,
        resource: Mapping[str, Any] | None = None,
    ) -> None:
        self.on_commit = on_commit
        self._registry = registry
        self._groups = groups or {}
        self._strict = strict
        self._ledger = ledger or Ledger()
        self._emitter = emitter or SpanEmitter()
        self._resource = resource or {}
        self._stamps = frozenset(self._groups.values())
        # Made once: every event passes through it.
        self._emitting = suppress_internal_errors("emitting an event", on_error=self.lose)

    def event(self, event: Event, identity: Identity | None) -> None:
        """Record a declared event.

        Args:
            event: an instance of its class.
            identity: the person and groups; by default those of the request or task.

        Raises:
            RecordingError: only if strict, for values that do not fit the declaration.
        """
        try:
            attributes = encode_fields(event, event.property_names)
        except AttributeError:
            self._malformed(event)
            return
        if isinstance(event, type):
            self._malformed(event)
            return
        self._declared(event.event_name, attributes, identity)

    def named(self, name: str, properties: Mapping[str, Any], identity: Identity | None) -> None:
        """Record a declared event by its name.

        Args:
            name: the event's name.
            properties: its properties.
            identity: the person and groups; by default those of the request or task.

        Raises:
            RecordingError: only if strict, for a name or properties that do not fit a declaration.
        """
        self._declared(name, encode_attributes(properties), identity)

    def person(self, properties: PersonProperties, identity: Identity | None) -> None:
        """Record a change of person properties.

        Args:
            properties: the new values; None leaves a property unchanged.
            identity: the person; by default that of the request or task.
        """
        self._add(SET_EVENT, _values(properties), identity)

    def group(self, properties: GroupProperties, key: str, identity: Identity | None) -> None:
        """Record a change of a group's properties.

        Args:
            properties: the new values; None leaves a property unchanged.
            key: the group's key.
            identity: the person who made the change; by default that of the request or task.
        """
        attributes = _values(properties)
        attributes[GROUP_TYPE] = properties.group_type
        attributes[GROUP_KEY] = key
        self._add(GROUPIDENTIFY_EVENT, attributes, identity)

    def alias(self, visitor_id: str, identity: Identity) -> None:
        """Merge a visitor's events into an account, with PostHog's alias.

        Args:
            visitor_id: posthog-js's id before the sign-up or login.
            identity: the account.
        """
        self._add(IDENTIFY_EVENT, {ANON_DISTINCT_ID: visitor_id}, identity)

    def error(
        self, exception: BaseException, attributes: Mapping[str, Any], identity: Identity | None
    ) -> None:
        """Record an error that the product handled.

        Args:
            exception: the error.
            attributes: further attributes of the span.
            identity: the person it happened to; by default that of the request or task.
        """
        whom = self._whom(identity)
        stamps = {} if whom is None else whom.entry_attributes(self._groups)
        about = {**encode_attributes(attributes), **stamps}
        with own_tracer().start_as_current_span(
            f"error {type(exception).__name__}", attributes=about
        ) as span:
            # On the span event as well: the request's or task's span carries its own identity.
            span.record_exception(exception, about)
            span.set_status(Status(StatusCode.ERROR))
            self._check(span.is_recording())

    def _declared(self, name: str, attributes: dict[str, Any], identity: Identity | None) -> None:
        if self._strict or name not in self._registry:
            rejection = self._validate(name, attributes)
            if rejection is not None:
                self._reject(name, attributes, rejection)
                return
        self._add(name, attributes, identity)

    def lose(self) -> None:
        """Account for one event that was lost to an error in our own code."""
        self._ledger.lost(Reason.MAPPING_FAILED)

    def _add(self, name: str, attributes: dict[str, Any], identity: Identity | None) -> None:
        """Stamp the event with the identity and the time now; emit it after the commit."""
        stamps = self._stamps_of(identity)
        now = time.time_ns()
        span = trace.get_current_span()
        on_commit = self.on_commit
        if on_commit is not None and on_commit(
            partial(self._emit_after_commit, name, attributes, stamps, now, span)
        ):
            return
        if not self._emitter.emit(name, attributes, stamps, now, span):
            self._ledger.lost(Reason.NOT_RECORDING)

    def _emit_after_commit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, str | bool],
        now: int,
        span: trace.Span,
    ) -> None:
        with self._emitting:
            self._check(self._emitter.emit(name, attributes, stamps, now, span))

    def _check(self, is_recorded: bool) -> None:
        if not is_recorded:
            self._ledger.lost(Reason.NOT_RECORDING)

    def _stamps_of(self, identity: Identity | None) -> Mapping[str, str | bool]:
        whom = current_identity() if identity is None else self._whom(identity)
        return _NOBODY if whom is None else whom.stamps(self._groups)

    @staticmethod
    def _whom(identity: Identity | None) -> Identity | None:
        known = current_identity()
        if identity is None:
            return known
        if known is None:
            return identity
        if known.distinct_id not in (None, identity.distinct_id):
            # An opt-out applies to everything that the person's request records.
            return replace(identity, opted_out=True) if known.opted_out else identity
        # If the request is not signed in yet, it is this person's: its session and its opt-out apply to them.
        named = replace(
            identity,
            opted_out=identity.opted_out or known.opted_out,
            session_id=identity.session_id or known.session_id,
        )
        if identity.groups or not known.distinct_id:
            return named
        return replace(named, groups=known.groups, span_attributes=known.span_attributes)

    def _validate(self, name: str, attributes: Mapping[str, Any]) -> Rejection | None:
        declaration = self._registry.get(name)
        if declaration is None:
            return Rejection(Reason.UNDECLARED, "no event declares this name")
        result = validate(declaration, attributes, self._stamps)
        return result if isinstance(result, Rejection) else None

    def _malformed(self, event: object) -> None:
        """Reject what is not an event, or one whose constructor got other arguments than it has."""
        given = unusable_arguments(event) if isinstance(event, Event) else None
        if not isinstance(event, Event) or given is None:
            if self._strict:
                raise RecordingError(not_an_event(event))
            self._ledger.rejected(Rejection(Reason.UNDECLARED, not_an_event(event)))
            return
        attributes = encode_attributes(given)
        rejection = self._validate(event.event_name, attributes)
        if rejection is None:  # a missing value is not None, which a declaration may allow
            missing = [name for name in event.property_names if name not in given]
            rejection = Rejection(Reason.MISSING_PROPERTY, f"{', '.join(missing)} missing")
        self._reject(event.event_name, attributes, rejection)

    def _reject(self, name: str, attributes: dict[str, Any], rejection: Rejection) -> None:
        if self._strict:
            raise RecordingError(describe_mistake(name, attributes, rejection, self._registry))
        stamped = {**attributes, **self._stamps_of(None)}
        context = trace.get_current_span().get_span_context()
        envelope = Envelope(
            name, stamped, time.time_ns(), context.trace_id, context.span_id, resource=self._resource
        )
        self._ledger.rejected(rejection, envelope)


def _values(properties: PersonProperties | GroupProperties) -> dict[str, Any]:
    return encode_fields(properties, properties.property_names)
