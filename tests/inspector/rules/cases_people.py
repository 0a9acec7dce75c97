"""A minimal input for each rule about persons and their merging."""

from __future__ import annotations

from otel.inspector.rules import ProjectSettings
from tests.inspector.rules.case import (
    Case,
    changed,
    dropped,
    groups,
    identify,
    merged,
    personless,
    persons,
    properties_of,
    verdicts,
    warnings,
)
from tests.inspector.sending import event

INVALID = "invalid_event_when_process_person_profile_is_false"
ILLEGAL = "cannot_merge_with_illegal_distinct_id"
IDENTIFIED = "cannot_merge_already_identified"
TEAM = {"$groups": {"team": "t1"}}
UPDATE = {"$group_type": "team", "$group_key": "t1", "$group_set": {"plan": "pro"}}
LATER = "2026-01-02T04:00:00Z"


def _set(distinct_id: str = "u1", **updates: object) -> dict[str, object]:
    return event(
        "$set", distinct_id=distinct_id, properties={f"${name}": one for name, one in updates.items()}
    )


PERSONLESS = [
    Case(rule="PL-1", events=[personless()], look=persons, sees=[]),
    Case(
        rule="PL-2",
        events=[personless({"$set": {"a": 1}, "$set_once": {"b": 1}, "$unset": ["c"]})],
        look=lambda inspector: (verdicts(inspector), changed(inspector)),
        sees=(["not applied"], {"$set": None, "$set_once": None, "$unset": None}),
    ),
    Case(
        rule="PL-3",
        events=[personless(TEAM)],
        look=lambda inspector: (verdicts(inspector), groups(inspector)),
        sees=(["detached"], []),
    ),
    *(
        Case(
            rule="PL-4",
            events=[personless({"$anon_distinct_id": "v", "alias": "v"}, name)],
            look=dropped,
            sees=[(name, "PL-4", INVALID)],
        )
        for name in ("$identify", "$create_alias", "$merge_dangerously")
    ),
    Case(
        rule="PL-5",
        events=[personless(UPDATE, "$groupidentify")],
        look=lambda inspector: (dropped(inspector), groups(inspector)),
        sees=([("$groupidentify", "PL-5", INVALID)], []),
    ),
    *(
        Case(
            rule="PL-6",
            events=[event(properties={"$process_person_profile": value})],
            look=lambda inspector: (warnings(inspector), persons(inspector)),
            sees=(["invalid_process_person_profile"], [(["u1"], False)]),
        )
        for value in ("false", 0, None)
    ),
    Case(
        rule="PL-7",
        events=[event(), personless(TEAM, timestamp=LATER)],
        look=lambda inspector: (merged(inspector), groups(inspector)),
        sees=([(["u1"], 2, {})], []),
    ),
    Case(
        rule="PL-8",
        events=[personless(distinct_id="v"), identify("u1", "v")],
        look=merged,
        sees=[(["u1", "v"], 2, {})],
    ),
    *(
        Case(
            rule="PL-9",
            events=[event(name, distinct_id="Anonymous", properties=properties)],
            is_v1=True,
            look=lambda inspector: (verdicts(inspector), persons(inspector), groups(inspector)),
            sees=(["not applied"], [], []),
        )
        for name, properties in (("$identify", {"$anon_distinct_id": "v"}), ("$groupidentify", UPDATE))
    ),
]

MERGING = [
    *(
        Case(rule="ID-1", events=[one], look=persons, sees=[(["u1"], False)])
        for one in (
            event("$identify"),
            event("$create_alias"),
            identify("u1", "", "$create_alias"),
            identify("u1", "u1"),
        )
    ),
    *(
        Case(
            rule="ID-2",
            events=[identify(target, other)],
            look=lambda inspector: (warnings(inspector), persons(inspector)),
            sees=([ILLEGAL], [([target], False)]),
        )
        for target, other in (
            ("u1", "UNDEFINED"),
            ("u1", '"null"'),
            ("u1", ""),
            ("u1", None),
            ("anonymous", "v"),
        )
    ),
    *(
        Case(
            rule="ID-3",
            events=[identify("u1", value, name)],
            look=lambda inspector: (dropped(inspector), persons(inspector)),
            sees=([(name, "ID-3", warning)], []),
        )
        for name, value, warning in (
            ("$identify", 5, "invalid_anon_distinct_id"),
            ("$create_alias", {}, "invalid_alias"),
        )
    ),
    Case(
        rule="ID-4",
        events=[identify("u1", "v", updates={"$set": {"a": 1}, "$set_once": {"a": 2, "b": 2}})],
        look=lambda inspector: (persons(inspector), properties_of(inspector)),
        sees=([(["u1", "v"], True)], [{"a": 1, "b": 2}]),
    ),
    Case(
        rule="ID-5",
        events=[event(distinct_id="v"), identify("u1", "v")],
        look=persons,
        sees=[(["u1", "v"], True)],
    ),
    Case(
        rule="ID-6",
        events=[event(distinct_id="u1"), identify("u1", "v")],
        look=persons,
        sees=[(["u1", "v"], True)],
    ),
    Case(
        rule="ID-7",
        events=[event(distinct_id="u1"), identify("u1", "v"), identify("v", "u1")],
        look=lambda inspector: [one["outcome"]["rules"] for one in inspector.good("$identify")][1:],
        sees=[["ID-7"]],
    ),
    Case(
        rule="ID-8",
        events=[
            _set("v", set={"a": 1, "b": 1}) | {"timestamp": "2026-01-01T00:00:00Z"},
            _set("u1", set={"b": 2, "c": 2}),
            identify("u1", "v", updates={"$set": {"c": 3}}),
        ],
        look=lambda inspector: (
            persons(inspector),
            properties_of(inspector),
            [one["created_at"] for one in inspector.persons()],
        ),
        sees=([(["u1", "v"], True)], [{"a": 1, "b": 2, "c": 3}], ["2026-01-01T00:00:00.000000Z"]),
    ),
    Case(
        rule="ID-9",
        events=[identify("v", "w"), event(distinct_id="u1"), identify("u1", "v", updates={"$set": {"a": 1}})],
        look=lambda inspector: (persons(inspector), properties_of(inspector), warnings(inspector)),
        sees=([(["v", "w"], True), (["u1"], True)], [{}, {"a": 1}], [IDENTIFIED]),
    ),
    Case(
        rule="ID-10",
        events=[identify("v", "w"), event(distinct_id="u1"), identify("u1", "v", "$merge_dangerously")],
        look=lambda inspector: (persons(inspector), warnings(inspector)),
        sees=([(["u1", "v", "w"], True)], []),
    ),
    Case(
        rule="ID-11",
        events=[identify("account-a", "browser"), identify("account-b", "browser")],
        look=lambda inspector: (persons(inspector), warnings(inspector)),
        sees=([(["account-a", "account-b", "browser"], True)], []),
    ),
    Case(
        rule="ID-12",
        events=[
            identify("account-a", "browser"),
            event(distinct_id="account-b"),
            identify("account-b", "browser"),
        ],
        look=lambda inspector: (persons(inspector), warnings(inspector)),
        sees=([(["account-a", "browser"], True), (["account-b"], True)], [IDENTIFIED]),
    ),
    Case(
        rule="ID-13",
        events=[
            event(distinct_id="v"),
            identify("v", "null"),
            event(distinct_id="u1"),
            identify("u1", "v", "$merge_dangerously"),
        ],
        settings=ProjectSettings(move_limit=0),
        look=dropped,
        sees=[("$merge_dangerously", "ID-13", "merge_move_limit_exceeded")],
    ),
]

PERSONS = [
    Case(
        rule="PP-1",
        events=[event(properties={"$set": {"a": 1}})],
        look=merged,
        sees=[(["u1"], 1, {"a": 1})],
    ),
    Case(rule="PP-2", events=[_set(set={"a": None})], look=properties_of, sees=[{"a": None}]),
    Case(
        rule="PP-3",
        events=[_set(set={"b": 2, "c": None}), _set(set_once={"a": 1, "b": 1, "c": 1})],
        look=properties_of,
        sees=[{"a": 1, "b": 2, "c": 1}],
    ),
    *(
        Case(
            rule="PP-4",
            events=[_set(set={"a": 1, "b": 1}), _set(unset=unset)],
            look=properties_of,
            sees=[{"b": 1}],
        )
        for unset in (["a", "unknown", 5, None], {"a": 1})
    ),
    Case(
        rule="PP-5",
        events=[
            _set(set={"a": 0, "b": 0}),
            _set(set_once={"a": 1, "c": 1}, set={"a": 2, "c": 2}, unset=["a"]),
        ],
        look=properties_of,
        sees=[{"b": 0, "c": 2}],
    ),
    *(
        Case(
            rule="PP-6",
            events=[event(name, properties={"$set": {"a": 1}, "$exception_list": [{"type": "E"}]})],
            look=lambda inspector: (verdicts(inspector), persons(inspector)),
            sees=(["not applied"], []),
        )
        for name in ("$exception", "$$heatmap")
    ),
    Case(
        rule="PP-8",
        events=[
            event(properties={"$browser": "Firefox"}),
            event(properties={"$browser": "Chrome"}),
        ],
        look=properties_of,
        sees=[{"$browser": "Firefox", "$initial_browser": "Firefox"}],
    ),
    Case(
        rule="PP-9",
        events=[
            event(
                properties={
                    "$browser": "Firefox",
                    "utm_source": "x",
                    "$os": "Linux",
                    "$set": {"$browser": "mine"},
                    "$is_server": True,
                }
            )
        ],
        look=properties_of,
        sees=[
            {"$browser": "mine", "$initial_browser": "Firefox", "utm_source": "x", "$initial_utm_source": "x"}
        ],
    ),
]
