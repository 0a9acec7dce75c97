"""Both verdicts of a capture, in the JSON API and on the page."""

from __future__ import annotations

from bs4 import BeautifulSoup

from tests.inspector.rules.case import identify, merged, personless, persons
from tests.inspector.rules.cases_exceptions import exception, one, traced
from tests.inspector.rules.conftest import Harness
from tests.inspector.sending import batch, batch_v1, event

DROPPED = "invalid_event_when_process_person_profile_is_false"
TEAM = {"$groups": {"team": "t1"}}


def _send_one_of_each(harness: Harness) -> None:
    harness.sender.post(
        batch(
            event("kept"),
            personless(TEAM, "detached"),
            exception({"value": "no type"}),
            identify("u2", "null"),
            personless({"$group_type": "team", "$group_key": "t1"}, "$groupidentify", distinct_id="u3"),
        )
    )


def test_each_stored_capture_has_an_outcome(harness: Harness) -> None:
    _send_one_of_each(harness)
    good = harness.inspector.good()
    assert [(found["event"], found["outcome"]["verdict"]) for found in good] == [
        ("kept", "kept"),
        ("detached", "detached"),
        ("$exception", "no issue"),
        ("$identify", "not applied"),
    ]
    outcome = good[3]["outcome"]
    assert outcome["rules"] == ["ID-2", "PP-1"]
    assert outcome["warnings"] == [
        {
            "type": "cannot_merge_with_illegal_distinct_id",
            "message": "'null' is never merged with another id",
            "rule": "ID-2",
        }
    ]
    assert [found["event"] for found in harness.inspector.good(verdict="detached")] == ["detached"]
    assert len(harness.inspector.good(verdict="!kept")) == 3


def test_an_event_that_is_dropped_after_its_200_is_bad_and_names_the_rule(harness: Harness) -> None:
    _send_one_of_each(harness)
    harness.sender.post(batch(event("")))
    lost, refused = harness.inspector.bad()
    assert (lost["status"], lost["verdict"], lost["event"], lost["distinct_id"]) == (
        200, "dropped", "$groupidentify", "u3",
    )  # fmt: skip
    assert (lost["rule"], lost["warning"], lost["events"]) == ("PL-5", DROPPED, 1)
    assert lost["uuid"]
    assert (refused["status"], refused["verdict"], refused["event"]) == (400, "refused", None)
    assert [(found["type"], found["rule"], found["uuid"]) for found in harness.inspector.warnings()][-1] == (
        DROPPED, "PL-5", lost["uuid"],
    )  # fmt: skip


def test_counts_show_how_many_events_posthog_would_keep(harness: Harness) -> None:
    _send_one_of_each(harness)
    harness.sender.post(batch(event("")))
    assert harness.inspector.all() == {
        "total": 6, "good": 4, "bad": 2, "duplicates": 0,
        "refused": 1, "kept": 1, "not_applied": 1, "detached": 1, "no_issue": 1, "dropped": 1,
    }  # fmt: skip
    harness.inspector.reset()
    assert set(harness.inspector.all().values()) == {0}
    assert (persons(harness.inspector), harness.inspector.groups(), harness.inspector.errors()) == (
        [],
        [],
        [],
    )


def test_an_event_that_arrives_twice_is_processed_once(harness: Harness) -> None:
    kept, lost = event(), personless({"alias": "v"}, "$create_alias")
    for _ in range(3):
        harness.sender.post(batch(kept, lost))
    assert harness.inspector.all()["duplicates"] == 4
    assert (harness.inspector.all()["dropped"], len(harness.inspector.bad())) == (1, 1)
    assert merged(harness.inspector) == [(["u1"], 1, {})]


def test_updates_next_to_and_inside_the_properties_are_merged_pp_7(harness: Harness) -> None:
    inside = {"$set": {"a": 1, "b": 1}, "$set_once": {"c": 1}}
    sent = event(properties=inside) | {"$set": {"b": 2}, "$set_once": {"d": 2}}
    harness.sender.post(batch(sent))
    assert merged(harness.inspector) == [(["u1"], 1, {"a": 1, "b": 2, "c": 1, "d": 2})]
    assert harness.inspector.good()[0]["outcome"]["rules"][0] == "PP-7"


def test_a_chain_of_an_sdk_that_sends_the_outermost_first_is_not_reversed_ex_14(harness: Harness) -> None:
    listed = [one(type="Outermost"), one(type="Root")]
    for version in ("7.31.0", "7.91.1"):
        harness.sender.post(batch(exception(*listed, _lib="posthog-python", _lib_version=version)))
    harness.sender.post_v1(batch_v1(exception(*listed)), posthog_sdk_info="posthog-python/7.31.0")
    assert [issue["type"] for issue in harness.inspector.errors()] == ["Outermost"]
    assert harness.inspector.errors()[0]["captures"] == 3


def test_an_issue_counts_both_events_and_occurrences(harness: Harness) -> None:
    frame = {"platform": "python", "filename": "a.py", "function": "f"}
    harness.sender.post(batch(exception(traced(frame)), exception(traced(frame), occurrences=40)))
    [issue] = harness.inspector.errors()
    assert (issue["captures"], issue["occurrences"]) == (2, 41)


def test_the_list_of_rules_shows_how_often_each_applied(harness: Harness) -> None:
    _send_one_of_each(harness)
    rules = {rule["id"]: rule for rule in harness.inspector.rules()}
    assert {"V0-1", "V1-1", "TI-1", "PL-1", "ID-11", "EX-18"} <= set(rules)
    times = [rules[name]["times"] for name in ("PL-3", "PL-5", "EX-2", "GR-5")]
    assert times == [1, 1, 1, 0]
    assert "normalize-process-person-flag-step.ts @86ed480" in rules["PL-4"]["source"]


def test_the_page_shows_the_second_verdict_without_javascript(harness: Harness) -> None:
    _send_one_of_each(harness)
    page = BeautifulSoup(harness.sender.send("GET", "/").data, "html.parser")
    rows = [row for row in page.select("#list tr[data-uuid]") if row["data-uuid"]]
    shown = [(row["data-verdict"], row.select_one("[data-field=verdict]")) for row in rows]
    assert [
        (verdict, badge.get_text() if badge and not badge.has_attr("hidden") else "")
        for verdict, badge in shown
    ] == [
        ("dropped", "dropped"),
        ("not applied", "not applied"),
        ("no issue", "no issue"),
        ("detached", "detached"),
        ("kept", ""),
    ]


def test_an_event_that_capture_v1_drops_is_bad_too(harness: Harness) -> None:
    long = event("n" * 201)
    harness.sender.post_v1(batch_v1(long))
    [lost] = harness.inspector.bad()
    assert (lost["status"], lost["verdict"], lost["rule"], lost["warning"]) == (
        200, "dropped", "V1-11", "event_name_too_long",
    )  # fmt: skip
    assert (lost["event"], lost["uuid"]) == ("n" * 200, long["uuid"])
    assert harness.project.applied["V1-11"] == 1
