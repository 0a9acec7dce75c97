"""Rules about events without person processing, which may be dropped or lose their groups."""

from __future__ import annotations

from datetime import datetime, timedelta

from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules._sources import EVENT_UTILS, GROUPS_STEP, PERSON_MERGE
from otel.inspector.rules.groups import file_in_groups

__all__ = ["MERGES", "RULES", "UPDATES", "decide", "process"]

FLAG = (
    "nodejs/src/ingestion/common/steps/event-processing/normalize-process-person-flag-step.ts "
    "@86ed480, @1253285"
)
LESS = "nodejs/src/ingestion/common/steps/event-processing/process-personless-step.ts @0fa48e5"
CRE = "nodejs/src/ingestion/common/steps/event-processing/create-event.ts @01bf1ef"
DEC = "nodejs/src/common/persons/person-utils.ts @3d14ff4"

MERGES = frozenset({"$identify", "$create_alias", "$merge_dangerously"})
UPDATES = ("$set", "$set_once", "$unset")

_FLAG_NAME = "$process_person_profile"
_GROUP_COLUMNS = tuple(f"$group_{index}" for index in range(5))
# A person who was created just now may have been unknown when the event was recorded (LESS).
_INGESTION_LAG = timedelta(minutes=1)

PL_1 = Rule(
    id="PL-1",
    looks_at="$process_person_profile that is false",
    happens="The event is stored and does not create a person.",
    effect=Effect.PERSONLESS,
    source=f"{FLAG}; {LESS}; {CRE}",
)
PL_2 = Rule(
    id="PL-2",
    looks_at="$set, $set_once or $unset on an event without person processing",
    happens="The event is stored without them; no person is updated.",
    effect=Effect.NOT_APPLIED,
    source=EVENT_UTILS,
)
PL_3 = Rule(
    id="PL-3",
    looks_at="$groups on an event without person processing",
    happens="The event is stored outside its groups: $groups can still be queried, but $group_0 to $group_4 "
    "are not written, and the group type is not registered.",
    effect=Effect.DETACHED,
    source=f"{GROUPS_STEP}; {CRE}",
)
PL_4 = Rule(
    id="PL-4",
    looks_at="$identify, $create_alias or $merge_dangerously without person processing",
    happens="The event is dropped.",
    effect=Effect.DROPPED,
    source=FLAG,
    warning="invalid_event_when_process_person_profile_is_false",
)
PL_5 = Rule(
    id="PL-5",
    looks_at="$groupidentify without person processing",
    happens="The event is dropped, and the group does not get its properties.",
    effect=Effect.DROPPED,
    source=f"{FLAG}; {GROUPS_STEP}",
    warning="invalid_event_when_process_person_profile_is_false",
    versions="@1253285 stores the event and registers the type, but does not write the group's properties "
    "either.",
)
PL_6 = Rule(
    id="PL-6",
    looks_at="$process_person_profile that is neither true nor false",
    happens="The value is ignored, and the event is processed with a person.",
    effect=Effect.CHANGED,
    source=f"{FLAG}; {DEC}",
    warning="invalid_process_person_profile",
)
PL_7 = Rule(
    id="PL-7",
    looks_at="an event without person processing whose id got a person more than a minute earlier",
    happens="The event is stored on that person, but still outside its groups.",
    effect=Effect.APPLIED,
    source=LESS,
)
PL_8 = Rule(
    id="PL-8",
    looks_at="a merge with an id that has events without a person",
    happens="The earlier events become events of the person.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
)
PL_9 = Rule(
    id="PL-9",
    looks_at="$identify, an alias or $groupidentify for which the capture service switched person processing "
    "off (V1-14)",
    happens="The event is stored, but nothing is merged and no group property is written.",
    effect=Effect.NOT_APPLIED,
    source=f"{FLAG}; {GROUPS_STEP}; {DEC}",
    versions="Deduced from these files; PostHog has no test of it.",
)
RULES = (PL_1, PL_2, PL_3, PL_4, PL_5, PL_6, PL_7, PL_8, PL_9)


def decide(event: Event) -> None:
    """Decide whether an event is processed with a person; drop an event that cannot do without one.

    Args:
        event: any event but an `$exception`.
    """
    if event.is_forced_personless:
        asks = event.name in MERGES or event.name == "$groupidentify"
        event.is_personful = asks and not event.apply(PL_9)
        return
    if _FLAG_NAME not in event.properties:
        return
    value = event.properties[_FLAG_NAME]
    if value is True:
        return
    if value is not False:
        event.apply(PL_6, f"{_FLAG_NAME} is {value!r:.80}, neither true nor false")
        return
    if event.name in MERGES and event.apply(PL_4, f"{event.name} needs person processing"):
        return
    if event.name == "$groupidentify" and event.apply(PL_5, "$groupidentify needs person processing"):
        return
    event.is_personful = not event.apply(PL_1)


def process(event: Event) -> None:
    """Process an event without a person.

    Args:
        event: an event without person processing.
    """
    properties = event.properties
    updates = [name for name in UPDATES if properties.get(name)]
    if updates and event.apply(PL_2):
        for name in updates:
            event.change(name, None)
    groups = properties.get("$groups")
    if isinstance(groups, dict) and groups and not event.apply(PL_3):
        file_in_groups(event)
    for name in _GROUP_COLUMNS:
        if name in properties:
            event.change(name, None)
    persons = event.project.persons
    person = persons.of(event.distinct_id)
    is_on_person = person is not None and not event.is_forced_personless
    if is_on_person and person is not None and _is_later(event.timestamp, person.created_at):
        is_on_person = event.apply(PL_7)
    persons.count_event(event.distinct_id, event.timestamp, is_on_person=is_on_person)


def _is_later(timestamp: str, created_at: str) -> bool:
    return datetime.fromisoformat(timestamp) - datetime.fromisoformat(created_at) > _INGESTION_LAG
