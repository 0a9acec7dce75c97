"""The steps put together: select, validate, redact, identify, map, limit."""

from __future__ import annotations

from typing import Any

from otel.attributes import (
    EXCEPTION_EVENT,
    GROUPIDENTIFY_EVENT,
    IDENTIFY_EVENT,
    OWN_PREFIX,
    SET_EVENT,
)
from otel.events import Declaration, Registry
from otel.mapping.envelope import Capture, Envelope, Reject
from otel.mapping.identify import Person, identify, is_opted_out, stamp_names
from otel.mapping.limit import jsonable, limit
from otel.mapping.map import to_capture
from otel.mapping.redact import redact
from otel.mapping.select import Selection, keep_tier
from otel.mapping.updates import group_update, person_merge, person_update
from otel.mapping.validate import validate
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["Mapper"]

_NOTHING: frozenset[str] = frozenset()


class Mapper:
    """Map envelopes to captures, or say why not.

    Args:
        registry: the declared events and properties.
        settings: the pipeline's.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        self._settings = settings
        self.selects = Selection(registry, settings.events)
        self.stamps = stamp_names(settings.groups)

    def __call__(self, envelope: Envelope) -> Capture | Reject:
        """Return the capture of an envelope, or why there is none.

        Args:
            envelope: a declared event, an update, or one of the names to forward.
        """
        declaration = self._registry.get(envelope.name)
        if declaration is not None:
            return self._declared(declaration, envelope)
        if envelope.name in (SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT):
            return self._update(envelope)
        if self.selects.forwards(envelope.name) and envelope.name != EXCEPTION_EVENT:
            return self._forwarded(envelope)
        return Reject(Reason.UNDECLARED, f"no event declares the name {envelope.name[:200]!r}")

    def _declared(self, declaration: Declaration, envelope: Envelope) -> Capture | Reject:
        if is_opted_out(envelope):
            return Reject(Reason.OPTED_OUT)
        share = keep_tier(declaration, envelope.trace_id, self._settings.tier_ratios)
        if isinstance(share, Reject):
            return share
        properties = validate(declaration, envelope.attributes, self.stamps)
        if isinstance(properties, Reject):
            return properties
        withheld = _NOTHING if self._settings.send_organisation else declaration.organisation
        properties = redact(properties, withheld)
        if share < 1.0:
            properties["$sample_rate"] = share
        capture = to_capture(
            envelope,
            properties,
            identify(envelope, self._settings.groups, self.stamps),
            self._settings.trace_url,
        )
        return limit(capture) if declaration.may_be_large else capture

    def _update(self, envelope: Envelope) -> Capture | Reject:
        send_organisation = self._settings.send_organisation
        if envelope.name == GROUPIDENTIFY_EVENT:
            update = group_update(envelope, self._registry, self.stamps, send_organisation=send_organisation)
            if isinstance(update, Reject):
                return update
            return limit(to_capture(envelope, *update, self._settings.trace_url))
        if is_opted_out(envelope):
            return Reject(Reason.OPTED_OUT)
        person = identify(envelope, self._settings.groups, self.stamps)
        properties: dict[str, Any] | Reject
        if envelope.name == SET_EVENT:
            properties = person_update(
                envelope, person, self._registry, self.stamps, send_organisation=send_organisation
            )
        else:
            properties = person_merge(envelope, person)
        if isinstance(properties, Reject):
            return properties
        person.groups = {}
        return limit(to_capture(envelope, properties, person, self._settings.trace_url))

    def _forwarded(self, envelope: Envelope) -> Capture | Reject:
        if is_opted_out(envelope):
            return Reject(Reason.OPTED_OUT)
        properties = {
            jsonable(name): jsonable(value)
            for name, value in envelope.attributes.items()
            if name not in self.stamps and not name.startswith(OWN_PREFIX)
        }
        person: Person = identify(envelope, self._settings.groups, self.stamps)
        return limit(to_capture(envelope, properties, person, self._settings.trace_url))
