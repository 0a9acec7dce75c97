"""Rules about merging: which distinct ids become one person, and which merges are refused."""

from __future__ import annotations

from otel.inspector.project.persons import Person
from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules._sources import PERSON_MERGE, VALIDATE_PROPERTIES
from otel.inspector.rules.personless import MERGES, PL_8

__all__ = ["RULES", "check_ids", "is_unmergeable", "merge"]

MLIM = "nodejs/src/ingestion/common/persons/person-event-processor.ts @0246a80"
_NEWER = "Read in @03330ef."

# Ids that broken programs send (PERSON_MERGE), also within quotes. PostHog matches the first set in any case,
# the second exactly.
_ILLEGAL_IN_ANY_CASE = frozenset(
    {
        "anonymous", "distinct_id", "distinctid", "email", "false", "guest", "id", "not_authenticated",
        "true", "undefined",
    }
)  # fmt: skip
_ILLEGAL = frozenset({"0", "NaN", "None", "[object Object]", "none", "null"})

ID_1 = Rule(
    id="ID-1",
    looks_at="$identify without $anon_distinct_id, an alias event without alias, or two equal ids",
    happens="The person of distinct_id is created or updated, but does not become identified.",
    effect=Effect.NOT_APPLIED,
    source=PERSON_MERGE,
)
ID_2 = Rule(
    id="ID-2",
    looks_at="two ids of which one is blank or a placeholder such as null or undefined",
    happens="Nothing is merged; the person of distinct_id is created or updated, but does not become "
    "identified.",
    effect=Effect.NOT_APPLIED,
    source=PERSON_MERGE,
    warning="cannot_merge_with_illegal_distinct_id",
)
ID_3 = Rule(
    id="ID-3",
    looks_at="$anon_distinct_id or alias that is not a string",
    happens="The event is dropped; for an alias the warning is invalid_alias.",
    effect=Effect.DROPPED,
    source=VALIDATE_PROPERTIES,
    warning="invalid_anon_distinct_id",
    versions="Older code converts the value to a string.",
)
ID_4 = Rule(
    id="ID-4",
    looks_at="two ids without a person",
    happens="One identified person with both ids is created.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
)
ID_5 = Rule(
    id="ID-5",
    looks_at="an anonymous id, or alias, with a person, and a distinct_id without one",
    happens="distinct_id is added to that person, who becomes identified.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
)
ID_6 = Rule(
    id="ID-6",
    looks_at="a distinct_id with a person, and another id without one",
    happens="The other id is added to that person, who becomes identified.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
)
ID_7 = Rule(
    id="ID-7",
    looks_at="two ids of the same person",
    happens="The person becomes identified.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
)
ID_8 = Rule(
    id="ID-8",
    looks_at="ids of two persons, of whom the one of the anonymous id, or alias, is not identified",
    happens="That person is merged into the person of distinct_id: all ids move, the properties of the "
    "person of distinct_id win, and the earliest creation counts.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
    versions=_NEWER,
)
ID_9 = Rule(
    id="ID-9",
    looks_at="ids of two persons, of whom the one of the anonymous id, or alias, is identified",
    happens="Nothing is merged; the person of distinct_id gets the updates and becomes identified.",
    effect=Effect.NOT_APPLIED,
    source=PERSON_MERGE,
    warning="cannot_merge_already_identified",
    versions=_NEWER,
)
ID_10 = Rule(
    id="ID-10",
    looks_at="the same as ID-9, with $merge_dangerously",
    happens="The two persons are merged as in ID-8.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
    versions=_NEWER,
)
ID_11 = Rule(
    id="ID-11",
    looks_at="an anonymous id that belongs to an identified person, and a distinct_id without a person",
    happens="Both accounts become one person, without a warning.",
    effect=Effect.APPLIED,
    source=PERSON_MERGE,
    versions="Deduced from ID-4 and ID-5.",
)
ID_12 = Rule(
    id="ID-12",
    looks_at="an anonymous id that belongs to another, identified person, and a distinct_id with its own "
    "person",
    happens="Nothing is merged; two persons remain.",
    effect=Effect.NOT_APPLIED,
    source=PERSON_MERGE,
    warning="cannot_merge_already_identified",
    versions="Deduced from ID-9.",
)
ID_13 = Rule(
    id="ID-13",
    looks_at="a merge that moves more distinct ids than the move limit (--move-limit)",
    happens="The event is set aside and not stored now. (If two merges keep racing, PostHog stores the event "
    "unmerged with the warning merge_race_condition. This cannot happen here, because the inspector "
    "processes events one at a time.)",
    effect=Effect.DROPPED,
    source=f"{MLIM}; {PERSON_MERGE}",
    warning="merge_move_limit_exceeded",
    versions="Only newer code gives the warning.",
)
RULES = (ID_1, ID_2, ID_3, ID_4, ID_5, ID_6, ID_7, ID_8, ID_9, ID_10, ID_11, ID_12, ID_13)


def is_unmergeable(distinct_id: str) -> bool:
    """Whether PostHog refuses to merge an id.

    Args:
        distinct_id: the id as sent.
    """
    bare = distinct_id
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = bare[1:-1]
    return not distinct_id.strip() or bare in _ILLEGAL or bare.lower() in _ILLEGAL_IN_ANY_CASE


def check_ids(event: Event) -> None:
    """Drop a merge whose other id is not a string.

    Args:
        event: any event.
    """
    if event.name not in MERGES:
        return
    for name, warning in (("$anon_distinct_id", "invalid_anon_distinct_id"), ("alias", "invalid_alias")):
        value = event.properties.get(name)
        if value is not None and not isinstance(value, str):
            message = f"{name} is {value!r:.80}, not a string"
            if event.apply(ID_3, message, warning=warning):
                return


def merge(event: Event) -> Person | None:
    """Merge the persons of an event's two ids; return the person whose properties the event updates.

    Args:
        event: an event whose name is in `MERGES`.

    Returns:
        None if there is nothing to merge.
    """
    persons = event.project.persons
    target, other = event.distinct_id, _other_id(event)
    if other is None or other == target:
        # An `$identify` without another id does not ask for a merge; it updates the person.
        is_update = other == target or event.name == "$identify"
        if event.apply(ID_1, effect=Effect.APPLIED if is_update else None):
            return None
        return _identified(event, persons.of(target) or persons.create(target, event.timestamp))
    for one in (target, other):
        if is_unmergeable(one) and event.apply(ID_2, f"{one!r} is never merged with another id"):
            return None
    person = _joined(event, target, other)
    return None if person is None else _identified(event, person)


def _other_id(event: Event) -> str | None:
    if event.name == "$identify":
        if "$anon_distinct_id" not in event.properties:
            return None
        value = event.properties["$anon_distinct_id"]
        return "null" if value is None else str(value)
    return str(event.properties.get("alias") or "") or None


def _identified(event: Event, person: Person) -> Person:
    person.is_identified = True
    if event.name == "$identify":
        person.distinct_id = event.distinct_id
    return person


def _joined(event: Event, target: str, other: str) -> Person | None:
    """Return the person of `target`, merged with the person of `other` if the rules allow it."""
    persons = event.project.persons
    into, old = persons.of(target), persons.of(other)
    if into is None and old is None:
        if not event.apply(ID_4):
            return None
        person = persons.create(target, event.timestamp)
        _add(event, person, other)
        return person
    if into is None:
        if old is not None and event.apply(ID_11 if old.is_identified else ID_5):
            _add(event, old, target)
            return old
        return persons.create(target, event.timestamp)
    if old is None:
        if event.apply(ID_6):
            _add(event, into, other)
        return into
    if old is into:
        return into if event.apply(ID_7) else None
    return _merged(event, into, old, other)


def _merged(event: Event, into: Person, old: Person, other: str) -> Person | None:
    rule = ID_8
    if old.is_identified:
        if event.name != "$merge_dangerously":
            refusal = ID_9 if other == old.distinct_id else ID_12
            message = (
                f"{other!r} belongs to an identified person, who is not merged into {event.distinct_id!r}"
            )
            if event.apply(refusal, message):
                return into
        else:
            rule = ID_10
    limit = event.project.settings.move_limit
    moved = len(old.distinct_ids)
    if limit is not None and moved > limit:
        message = f"{moved} distinct ids would move; the limit is {limit}"
        if event.apply(ID_13, message):
            return None
    if event.apply(rule):
        event.project.persons.merge(into, old)
    return into


def _add(event: Event, person: Person, distinct_id: str) -> None:
    persons = event.project.persons
    persons.add_id(person, distinct_id)
    if persons.has_waiting(distinct_id) and event.apply(PL_8):
        persons.take_waiting(person, distinct_id)
