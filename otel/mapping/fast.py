"""The fast way of mapping: a plan for each event name and set of attribute names, from the declaration."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from otel.attributes import DELIVERED_SEPARATELY, OPTED_OUT, ORDINAL, POSTHOG_ONLY
from otel.envelope import Capture, Envelope
from otel.events import Registry
from otel.events.declaration import Declaration
from otel.events.types import Check, WrongType
from otel.mapping.capture import SAME_FOR_ALL, identity_properties, timestamp, uuid7
from otel.mapping.identify import resolve
from otel.mapping.origin import Origins
from otel.settings import Settings

__all__ = ["FastMapper"]

# Programs record few combinations of attributes. A foreign program may send any; all are forgotten when there
# are this many, about 10 MB.
_MAX_PLANS = 10_000
# About 1 KB each.
_MAX_PEOPLE = 2_000
# Characters; an illegal id may have any length.
_MAX_KEY = 1_000

# Our own attributes that an ordinary event may carry, and that mean nothing to its mapping.
_IGNORED = frozenset({ORDINAL, POSTHOG_ONLY, DELIVERED_SEPARATELY})


@dataclass(slots=True)
class _Plan:
    """What to do with the attributes of an event."""

    declaration: Declaration
    checks: tuple[tuple[str, Check], ...]
    withheld: tuple[tuple[str, Check], ...]
    has_identity: bool


@dataclass(slots=True)
class _Person:
    """The id of a person, and the properties of all events of this person and program."""

    distinct_id: str
    properties: dict[str, Any]


class FastMapper:
    """The mapping of ordinary events: declared, valid, kept in full, about a known person. Thread-safe.

    It returns what `Mapper` returns by its steps, and never rejects: of anything else it returns None.

    Args:
        registry: the declared events.
        settings: the settings of the pipeline.
        stamps: the names of the identity attributes.
    """

    def __init__(self, registry: Registry, settings: Settings, stamps: AbstractSet[str]) -> None:
        self._registry = registry
        self._settings = settings
        self._trace_url = settings.trace_url
        self._stamps = stamps
        self._origins = Origins(settings.release_id)
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._people: dict[tuple[Any, ...], _Person] = {}
        # The latest identity. The events of a request share the mapping that carries it; the reference to it
        # ensures that no other mapping has its id.
        self._latest: tuple[Any, Any, _Person | None] = (None, None, None)

    def capture(self, envelope: Envelope) -> Capture | None:
        """Return the capture of an ordinary event, otherwise None.

        Args:
            envelope: any event. Its `span_attributes` are those of an earlier call, or another mapping.
        """
        name, attributes = envelope.name, envelope.attributes
        declaration = self._registry.get(name)
        if declaration is None:
            return None
        shape = (name, *attributes)
        plan = self._plans.get(shape)
        if plan is None or plan.declaration is not declaration:
            plan = self._plan(declaration, shape)
            if plan is None:
                return None
        stamps, resource = envelope.span_attributes, envelope.resource
        if OPTED_OUT in stamps:
            return None
        if plan.has_identity:
            person = self._person(attributes, resource)
        else:
            latest_stamps, latest_resource, person = self._latest
            if latest_stamps is not stamps or latest_resource is not resource:
                person = self._person(stamps, resource)
                self._latest = stamps, resource, person
        if person is None:
            return None
        properties = person.properties.copy()
        try:
            for attribute, check in plan.checks:
                properties[attribute] = check(attributes[attribute])
            for attribute, check in plan.withheld:
                check(attributes[attribute])
            trace_id = envelope.trace_id.to_bytes(16, "big").hex()  # in half the time of formatting
            span_id = envelope.span_id.to_bytes(8, "big").hex()
        except (WrongType, OverflowError):
            return None
        if envelope.span_id:
            properties["$trace_id"] = trace_id
            properties["$span_id"] = span_id
            if self._trace_url:
                properties["trace_url"] = self._trace_url.replace("{trace_id}", trace_id)
        time = envelope.time_unix_nano
        return Capture(
            name,
            person.distinct_id,
            uuid7(time, f"{trace_id}:{span_id}:{name}:{time}:{envelope.ordinal}"),
            timestamp(time),
            properties,
            envelope.is_clock_trusted,
        )

    def _plan(self, declaration: Declaration, shape: tuple[str, ...]) -> _Plan | None:
        names = frozenset(shape[1:])
        checks = declaration.checks
        if (
            declaration.name.startswith("$")  # PostHog's own events are treated differently
            or declaration.may_be_large
            or self._settings.tier_ratios.get(declaration.tier, 1.0) < 1.0
            or not declaration.required <= names
            or not names <= checks.keys() | self._stamps | _IGNORED
        ):
            return None
        hidden = frozenset() if self._settings.send_organisation else declaration.organisation
        plan = _Plan(
            declaration,
            tuple((name, checks[name]) for name in shape[1:] if name in checks and name not in hidden),
            tuple((name, checks[name]) for name in shape[1:] if name in checks and name in hidden),
            not self._stamps.isdisjoint(names),
        )
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        self._plans[shape] = plan
        return plan

    def _person(self, stamps: Mapping[str, Any], resource: Mapping[str, Any]) -> _Person | None:
        origin = self._origins.of(resource)
        values: list[Any] = [origin]
        for name in self._stamps:
            value = stamps.get(name)
            if value is not None and type(value) is not str:
                return None  # only texts are keys, because 1 and True are equal
            values.append(value)
        key = tuple(values)
        person = self._people.get(key)
        if person is None:
            identity = resolve(stamps, self._settings.groups)
            if identity is None:
                return None
            person = _Person(
                identity.distinct_id,
                {**SAME_FOR_ALL, **origin.properties, **identity_properties("", identity)},
            )
            if sum(len(value or "") for value in key[1:]) <= _MAX_KEY:
                if len(self._people) >= _MAX_PEOPLE:
                    self._people.clear()
                self._people[key] = person
        return person
