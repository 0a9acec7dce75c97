"""The mapper, which combines the steps select, validate, redact, identify, capture and limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from otel.attributes import (
    EXCEPTION_EVENT,
    GROUPIDENTIFY_EVENT,
    IDENTIFY_EVENT,
    OWN_PREFIX,
    SET_EVENT,
)
from otel.envelope import Capture, Envelope, Rejection
from otel.events import Registry
from otel.events.declaration import Declaration
from otel.mapping.capture import IS_SYSTEM, to_capture
from otel.mapping.fast import FastMapper
from otel.mapping.identify import (
    ResolvedIdentity,
    identify,
    identity_attribute_names,
    is_opted_out,
    system_person,
)
from otel.mapping.limit import limit, to_json_value
from otel.mapping.origin import Origins
from otel.mapping.select import Selection, keep_tier
from otel.mapping.updates import group_update, person_merge, person_update
from otel.mapping.validate import redact, validate
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["Mapper"]

_NOTHING: frozenset[str] = frozenset()


class Mapper:
    """Mapper from envelopes to captures or rejections. Thread-safe.

    Args:
        registry: the declared events and properties.
        settings: the settings of the pipeline.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        self._settings = settings
        self._origins = Origins(settings.release_id)
        self.selects = Selection(registry, settings.events)
        self.stamps = identity_attribute_names(settings.groups)
        self.fast = FastMapper(registry, settings, self.stamps).capture

    def __call__(self, envelope: Envelope) -> list[Capture | Rejection]:
        """Return the captures of an envelope, or a single `Rejection`.

        The captures are in the order in which PostHog must process them: an update may follow a capture that
        creates the person that the update needs.

        Args:
            envelope: a declared event, an update, or an undeclared event to forward.
        """
        capture = self.fast(envelope)
        return self.careful(envelope) if capture is None else [capture]

    def careful(self, envelope: Envelope) -> list[Capture | Rejection]:
        """Return what `__call__` returns, step by step, which is the only way that rejects events.

        Args:
            envelope: as for `__call__`.
        """
        declaration = self._registry.get(envelope.name)
        if declaration is not None:
            return [self._declared(declaration, envelope)]
        if envelope.name == GROUPIDENTIFY_EVENT:
            return self._group(envelope)
        if envelope.name in (SET_EVENT, IDENTIFY_EVENT):
            return self._person(envelope)
        if self.selects.forwards(envelope.name) and envelope.name != EXCEPTION_EVENT:
            return [self._forwarded(envelope)]
        return [Rejection(Reason.UNDECLARED, f"no event declares the name {envelope.name[:200]!r}")]

    def _declared(self, declaration: Declaration, envelope: Envelope) -> Capture | Rejection:
        if is_opted_out(envelope):
            return Rejection(Reason.OPTED_OUT)
        share = keep_tier(declaration, envelope.trace_id, self._settings.tier_ratios)
        if isinstance(share, Rejection):
            return share
        properties = validate(declaration, envelope.attributes, self.stamps)
        if isinstance(properties, Rejection):
            return properties
        withheld = _NOTHING if self._settings.send_organisation else declaration.organisation
        properties = redact(properties, withheld)
        if share < 1.0:
            properties["$sample_rate"] = share
        capture = self._capture(envelope, properties, self._identify(envelope))
        return limit(capture) if declaration.may_be_large else capture

    def _group(self, envelope: Envelope) -> list[Capture | Rejection]:
        """Return a group's update, attributed to the acting account, otherwise to the system person."""
        properties = group_update(
            envelope, self._registry, self.stamps, send_organisation=self._settings.send_organisation
        )
        if isinstance(properties, Rejection):
            return [properties]
        person = self._identify(envelope)
        if person.is_account and not is_opted_out(envelope):
            person.groups, person.session_id = {}, None
            return [limit(self._capture(envelope, properties, person))]
        return self._prepared(envelope, properties, system_person({}), {"$set": IS_SYSTEM})

    def _person(self, envelope: Envelope) -> list[Capture | Rejection]:
        if is_opted_out(envelope):
            return [Rejection(Reason.OPTED_OUT)]
        person = self._identify(envelope)
        person.groups = {}
        if envelope.name == SET_EVENT:
            properties = person_update(
                envelope,
                person,
                self._registry,
                self.stamps,
                send_organisation=self._settings.send_organisation,
            )
            if isinstance(properties, Rejection):
                return [properties]
            return [limit(self._capture(envelope, properties, person))]
        properties = person_merge(envelope, person)
        if isinstance(properties, Rejection):
            return [properties]
        # PostHog adds an account that it has never seen to the person that currently has the visitor's id,
        # even if that is another account's person (ID-5). An account that already has a person stays separate
        # (ID-9).
        return self._prepared(envelope, properties, person, {"$set": {}})

    def _prepared(
        self, envelope: Envelope, properties: dict[str, Any], person: ResolvedIdentity, update: dict[str, Any]
    ) -> list[Capture | Rejection]:
        """Return an update that creates the person, followed by the capture that needs this person."""
        capture = limit(self._capture(envelope, properties, person))
        if isinstance(capture, Rejection):
            return [capture]
        creation = replace(envelope, name=SET_EVENT)
        return [self._capture(creation, update, person, prepares=envelope.name), capture]

    def _forwarded(self, envelope: Envelope) -> Capture | Rejection:
        if is_opted_out(envelope):
            return Rejection(Reason.OPTED_OUT)
        properties = {
            to_json_value(name): to_json_value(value)
            for name, value in envelope.attributes.items()
            if name not in self.stamps and not name.startswith(OWN_PREFIX)
        }
        return limit(self._capture(envelope, properties, self._identify(envelope)))

    def _identify(self, envelope: Envelope) -> ResolvedIdentity:
        return identify(envelope, self._settings.groups, self.stamps)

    def _capture(
        self, envelope: Envelope, properties: dict[str, Any], person: ResolvedIdentity, prepares: str = ""
    ) -> Capture:
        return to_capture(
            envelope,
            properties,
            person,
            origin=self._origins.of(envelope.resource).properties,
            trace_url=self._settings.trace_url,
            prepares=prepares,
        )
