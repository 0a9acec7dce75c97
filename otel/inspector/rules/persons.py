"""Rules about persons: when one is created, and which properties an event sets, sets once and unsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel.inspector.project.persons import Person
from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules._sources import ERROR_TRACKING, EVENT_UTILS
from otel.inspector.rules.merging import merge
from otel.inspector.rules.personless import MERGES, UPDATES

__all__ = ["RULES", "ignore_updates", "process"]

SVC = "nodejs/src/ingestion/common/persons/person-property-service.ts @03330ef"
UPD = "nodejs/src/ingestion/common/persons/person-update.ts @1db4ce6"
PPU = "nodejs/src/common/persons/person-property-utils.ts @07eec2a"
DBU = "nodejs/src/common/utils/db/utils.ts @0423c69"

# Event properties that also become person properties (PPU).
_DEVICE = frozenset(
    {
        "$app_build", "$app_name", "$app_namespace", "$app_version", "$browser", "$browser_version",
        "$current_url", "$device_type", "$os", "$os_name", "$os_version", "$pathname", "$raw_user_agent",
        "$referrer", "$referring_domain", "$screen_height", "$screen_width", "$viewport_height",
        "$viewport_width",
    }
)  # fmt: skip
_CAMPAIGN = frozenset(
    {
        "_kx", "dclid", "epik", "fbclid", "gad_source", "gbraid", "gclid", "gclsrc", "igshid", "irclid",
        "li_fat_id", "mc_cid", "msclkid", "qclid", "rdt_cid", "sccid", "ttclid", "twclid", "utm_campaign",
        "utm_content", "utm_medium", "utm_name", "utm_source", "utm_term", "wbraid",
    }
)  # fmt: skip
_DERIVED = _DEVICE | _CAMPAIGN
_SERVER_HOST = ("$os", "$os_version")
# Values that change on every page, so that PostHog does not update a person for these alone (PPU).
_FILTERED = (_DEVICE - {"$app_build", "$app_name", "$app_namespace", "$app_version"}) | {
    "$geoip_accuracy_radius", "$geoip_city_confidence", "$geoip_country_confidence", "$geoip_latitude",
    "$geoip_longitude", "$geoip_postal_code", "$geoip_postal_code_confidence", "$geoip_time_zone",
    *(f"$geoip_subdivision_{level}_{part}" for level in (1, 2, 3) for part in ("code", "name")),
    *(f"$geoip_subdivision_{level}_confidence" for level in (1, 2)),
}  # fmt: skip
_PERSON_EVENTS = MERGES | {"$set"}
_NONE: Mapping[str, Any] = {}

PP_1 = Rule(
    id="PP-1",
    looks_at="an event with person processing whose id has no person",
    happens="A person is created with the properties in $set and $set_once.",
    effect=Effect.APPLIED,
    source=f"{SVC}; {UPD}",
)
PP_2 = Rule(
    id="PP-2",
    looks_at="null in $set",
    happens="The property becomes null and is not removed.",
    effect=Effect.APPLIED,
    source=UPD,
)
PP_3 = Rule(
    id="PP-3",
    looks_at="$set_once",
    happens="A property is set if it is absent or null.",
    effect=Effect.APPLIED,
    source=UPD,
    versions="Older code does not replace a null.",
)
PP_4 = Rule(
    id="PP-4",
    looks_at="$unset, a list of names or an object whose keys are names",
    happens="Properties that the person has are removed; unknown names and other values are ignored.",
    effect=Effect.APPLIED,
    source=UPD,
)
PP_5 = Rule(
    id="PP-5",
    looks_at="one property in more than one of $set_once, $set and $unset",
    happens="$set wins over $set_once; $unset comes last and removes properties that the person had before "
    "the event.",
    effect=Effect.APPLIED,
    source=UPD,
)
PP_6 = Rule(
    id="PP-6",
    looks_at="$set, $set_once or $unset on $exception or $$heatmap",
    happens="No person is updated.",
    effect=Effect.NOT_APPLIED,
    source=f"{UPD}; {ERROR_TRACKING}",
)
PP_7 = Rule(
    id="PP-7",
    looks_at="$set or $set_once both next to and inside properties (v0)",
    happens="The two are merged; of two values for one property, the one next to properties wins.",
    effect=Effect.APPLIED,
    source=EVENT_UTILS,
)
PP_8 = Rule(
    id="PP-8",
    looks_at="an event other than $set, $identify and aliases that changes only known browser, operating "
    "system, address, screen or place properties",
    happens="The person is not updated.",
    effect=Effect.APPLIED,
    source=f"{UPD}; {PPU}",
    versions="A deployment may write the change together with the next other one; the inspector does not.",
)
PP_9 = Rule(
    id="PP-9",
    looks_at="event properties about app, browser, operating system, screen, address and campaign",
    happens="The person gets each by $set, and as $initial_… by $set_once; the client's own $set wins.",
    effect=Effect.APPLIED,
    source=f"{PPU}; {DBU}",
    versions="Like newer code, the inspector ignores $os and $os_version of events with $is_server: true.",
)
RULES = (PP_1, PP_2, PP_3, PP_4, PP_5, PP_6, PP_7, PP_8, PP_9)


def process(event: Event) -> None:
    """Find or create the person of an event, merge persons if it asks for that, and update the properties.

    Args:
        event: an event with person processing.
    """
    project = event.project
    person = merge(event) if event.name in MERGES else None
    if event.is_dropped:
        return
    if person is None:
        person = project.persons.of(event.distinct_id)
    if person is None and event.apply(PP_1):
        person = project.persons.create(event.distinct_id, event.timestamp)
    if person is not None and event.name != "$groupidentify":
        _update(event, person)
    project.persons.count_event(event.distinct_id, event.timestamp)


def ignore_updates(event: Event) -> None:
    """Record that the person updates of an event are ignored.

    Args:
        event: an `$exception` or `$$heatmap`.
    """
    if any(event.properties.get(name) for name in UPDATES) and not event.apply(PP_6):
        process(event)


def _update(event: Event, person: Person) -> None:
    properties = event.properties
    once = _mapping(properties.get("$set_once"))
    now = _mapping(properties.get("$set"))
    unset = properties.get("$unset")
    names = [one for one in unset if isinstance(one, str)] if isinstance(unset, list | dict) else []
    if (once or names) and _conflict(once, now, names) and not event.apply(PP_5):
        return
    known = person.properties
    derived, initial = _derived(event, once, now)
    changes: dict[str, Any] = {
        name: value for name, value in initial.items() if known.get(name) is None and name not in once
    }
    if once and event.apply(PP_3):
        changes |= {
            name: value
            for name, value in once.items()
            if name not in known or (known[name] is None and value is not None)
        }
    is_worth_it = bool(changes) or event.name in _PERSON_EVENTS
    for name, value in (*derived.items(), *now.items()):
        if value is None and not (name in now and event.apply(PP_2)):
            continue
        if name not in known or known[name] != value:
            changes[name] = value
            is_worth_it = is_worth_it or name not in known or name not in _FILTERED
    gone = [name for name in names if name in known] if names and event.apply(PP_4) else []
    if changes and not (is_worth_it or gone) and event.apply(PP_8):
        return
    known.update(changes)
    for name in gone:
        known.pop(name, None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NONE


def _conflict(once: Mapping[str, Any], now: Mapping[str, Any], names: list[str]) -> bool:
    return not once.keys().isdisjoint(now) or any(name in once or name in now for name in names)


def _derived(
    event: Event, once: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the person properties that PostHog derives from the event: those for $set, and for $set_once."""
    properties = event.properties
    names = _DERIVED.intersection(properties)
    if not names or not event.apply(PP_9):
        return _NONE, _NONE
    values = {name: properties[name] for name in names}
    if properties.get("$is_server") is True:
        for name in _SERVER_HOST:
            values.pop(name, None)
    elif "$os_name" in values:
        values.setdefault("$os", values.pop("$os_name"))
    derived = {name: value for name, value in values.items() if name not in now}
    initial = {_initial(name): value for name, value in values.items() if value is not None}
    return derived, {name: value for name, value in initial.items() if name not in once}


def _initial(name: str) -> str:
    return f"$initial_{name.removeprefix('$')}"
