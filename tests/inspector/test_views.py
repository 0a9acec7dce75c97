"""The inspector's views of captures: persons, groups, errors, funnel and warnings."""

from __future__ import annotations

from typing import Any

from otel.inspector import RunningInspector
from tests.inspector.sending import Sender, batch, event


def _at(minute: int) -> str:
    return f"2026-01-02T03:{minute:02}:00Z"


def _merge(name: str, distinct_id: str, **properties: Any) -> dict[str, Any]:
    return event(name, distinct_id=distinct_id, properties=properties)


def _identify(distinct_id: str, anonymous: str) -> dict[str, Any]:
    return _merge("$identify", distinct_id, **{"$anon_distinct_id": anonymous})


def test_a_persons_properties_come_from_the_captures(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(
        batch(
            event() | {"$set": {"plan": "trial", "role": "admin"}, "$set_once": {"source": "github"}},
            event(properties={"$set": {"plan": "pro"}, "$set_once": {"source": "email"}}),
            event("$set", properties={"$unset": ["role"]}),
            event("$exception", properties={"$set": {"plan": "ignored"}, "$exception_list": [{"type": "E"}]}),
        )
    )
    [person] = inspector.persons()
    assert (person["distinct_id"], person["events"], person["is_identified"]) == ("u1", 4, False)
    assert person["properties"] == {"plan": "pro", "source": "github"}


def test_identifying_merges_the_anonymous_trail(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(
        batch(
            event(
                "$pageview", distinct_id="visitor", timestamp=_at(1), properties={"$set": {"a": 1, "b": 1}}
            ),
            event("user_signed_up", distinct_id="ann", timestamp=_at(2), properties={"$set": {"b": 2}}),
            _identify("ann", "visitor") | {"timestamp": _at(3)},
            event("theme_switched", distinct_id="visitor", timestamp=_at(4)),
        )
    )
    assert inspector.persons() == [
        {
            "distinct_id": "ann",
            "distinct_ids": ["ann", "visitor"],
            "properties": {"a": 1, "b": 2},
            "is_identified": True,
            "events": 4,
            "first_seen": "2026-01-02T03:01:00.000000Z",
            "last_seen": "2026-01-02T03:04:00.000000Z",
            "created_at": "2026-01-02T03:01:00.000000Z",
        }
    ]


def test_an_alias_merges_two_ids(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(event(distinct_id="old"), _merge("$create_alias", "old", alias="new")))
    [person] = inspector.persons()
    assert person["distinct_ids"] == ["old", "new"]


def test_two_identified_persons_are_not_merged_except_dangerously(
    inspector: RunningInspector, sender: Sender
) -> None:
    sender.post(batch(_identify("one", "a"), _identify("two", "b"), _identify("one", "two")))
    assert [person["distinct_ids"] for person in inspector.persons()] == [["one", "a"], ["two", "b"]]
    assert [one["type"] for one in inspector.warnings()] == ["cannot_merge_already_identified"]
    sender.post(batch(_merge("$merge_dangerously", "one", alias="two")))
    assert [person["distinct_ids"] for person in inspector.persons()] == [["one", "a", "two", "b"]]


def test_a_person_is_not_merged_with_an_illegal_id(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(_identify("ann", "null")))
    assert [person["distinct_ids"] for person in inspector.persons()] == [["ann"]]
    assert [one["type"] for one in inspector.warnings()] == ["cannot_merge_with_illegal_distinct_id"]


def test_a_personless_event_has_no_person_until_its_id_is_merged(
    inspector: RunningInspector, sender: Sender
) -> None:
    personless = {"$process_person_profile": False, "$set": {"a": 1}}
    sender.post(batch(event("$pageview", distinct_id="visitor", properties=personless)))
    assert inspector.persons() == []
    sender.post(batch(_identify("ann", "visitor")))
    [person] = inspector.persons()
    assert (person["events"], person["properties"]) == (2, {})


def test_groups_come_from_events_and_their_properties_from_groupidentify(
    inspector: RunningInspector, sender: Sender
) -> None:
    update = {"$group_type": "team", "$group_key": "t1", "$group_set": {"plan": "pro", "members": 3}}
    sender.post(
        batch(
            event(properties={"$groups": {"team": "t1", "site": "s1"}}, timestamp=_at(1)),
            event("$groupidentify", properties=update, timestamp=_at(2)),
            event("$groupidentify", properties=update | {"$group_set": {"members": 4}}, timestamp=_at(3)),
        )
    )
    team, site = inspector.groups()
    assert team == {
        "type": "team",
        "key": "t1",
        "properties": {"plan": "pro", "members": 4},
        "events": 1,  # an update does not count as an event of the group
        "first_seen": "2026-01-02T03:01:00.000000Z",
        "last_seen": "2026-01-02T03:01:00.000000Z",
    }
    assert (site["key"], site["properties"]) == ("s1", {})


def _exception(value: str, function: str = "view", **properties: Any) -> dict[str, Any]:
    frames = [
        {"platform": "python", "filename": "lib.py", "function": "call", "lineno": 1, "in_app": False},
        {"platform": "python", "filename": "views.py", "function": function, "lineno": 2, "in_app": True},
    ]
    listed = {
        "type": "ValueError",
        "value": value,
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": {"type": "raw", "frames": frames},
    }
    return event("$exception", properties={"$exception_list": [listed]} | properties)


def test_errors_are_grouped_by_type_and_own_frames(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(_exception("order 1"), _exception("order 2", occurrences=40), _exception("x", "other")))
    first, second = inspector.errors()
    assert (first["type"], first["value"], first["handled"]) == ("ValueError", "order 2", False)
    assert (first["captures"], first["occurrences"]) == (2, 41)
    assert first["exceptions"][0]["stacktrace"]["frames"][1]["function"] == "view"
    assert (second["captures"], second["distinct_ids"]) == (1, ["u1"])


def test_a_fingerprint_groups_errors(inspector: RunningInspector, sender: Sender) -> None:
    mark = {"$exception_fingerprint": "mine"}
    sender.post(batch(_exception("a", "one", **mark), _exception("b", "two", **mark)))
    assert [(one["fingerprint"], one["captures"]) for one in inspector.errors()] == [("mine", 2)]


def test_errors_without_frames_are_grouped_by_message_without_its_numbers(
    inspector: RunningInspector, sender: Sender
) -> None:
    messages = ("order 1 of 'ann'", "order 22 of 'bob'", "no order")
    listed = [[{"type": "ValueError", "value": message}] for message in messages]
    sender.post(batch(*(event("$exception", properties={"$exception_list": one}) for one in listed)))
    assert [one["captures"] for one in inspector.errors()] == [2, 1]


def _path(person: str, *events: tuple[str, int]) -> list[dict[str, Any]]:
    return [event(name, distinct_id=person, timestamp=_at(minute)) for name, minute in events]


def test_the_funnel_follows_each_person_in_order(inspector: RunningInspector, sender: Sender) -> None:
    whole = _path(
        "ann",
        ("user_signed_up", 1),
        ("integration_connected", 2),
        ("theme_switched", 3),
        ("onboarding_completed", 4),
        ("dashboard_first_view", 5),
    )
    sender.post(batch(*reversed(whole)))  # the time decides, not the arrival
    sender.post(batch(*_path("bob", ("user_signed_up", 1), ("onboarding_completed", 2))))
    sender.post(batch(*_path("eve", ("github_connected", 1), ("user_signed_up", 2))))
    funnel = inspector.funnel()
    assert [step["persons"] for step in funnel["steps"]] == [3, 1, 1, 1]
    assert [step["conversion"] for step in funnel["steps"]] == [1.0, 0.3333, 0.3333, 0.3333]
    assert {one["distinct_id"]: one["reached"] for one in funnel["persons"]} == {"ann": 4, "bob": 1, "eve": 1}


def test_the_funnel_counts_merged_ids_as_one_person(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(
        batch(*_path("visitor", ("opened", 1)), *_path("ann", ("bought", 2)), _identify("ann", "visitor"))
    )
    funnel = inspector.funnel("opened > bought | rented")
    assert [step["persons"] for step in funnel["steps"]] == [1, 1]
    assert [one["distinct_id"] for one in funnel["persons"]] == ["ann"]


def test_an_empty_step_of_a_funnel_is_refused(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.send("GET", "/inspector/funnel?steps=a%3E").status == 400
    assert inspector.funnel()["persons"] == []


def test_captures_are_found_by_event_person_and_group(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(
        batch(
            event("a", distinct_id="u1", properties={"$groups": {"team": "t1"}, "team_slug": "acme"}),
            event("b", distinct_id="u2", properties={"$groups": {"team": "t2"}}),
            event("b", distinct_id="u1"),
        )
    )
    assert [one["number"] for one in inspector.good("b")] == [2, 3]
    assert [one["number"] for one in inspector.good(distinct_id="u1")] == [1, 3]
    assert [one["number"] for one in inspector.good("b", distinct_id="u1")] == [3]
    assert [one["number"] for one in inspector.good(group="t2")] == [2]
    assert [one["number"] for one in inspector.good(group="acme")] == [1]
    assert [one["number"] for one in inspector.good(distinct_id="u*")] == [1, 2, 3]
    assert [one["number"] for one in sender.send("GET", "/inspector/good?limit=2").json()] == [2, 3]
