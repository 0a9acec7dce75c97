"""Groups: the persons to whom their updates and events are attributed, so that PostHog keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from otel.envelope import Capture
from otel.mapping.identify import SYSTEM_ID, legal_id
from otel.reasons import Reason
from tests.otel.mapping.test_mapping import SESSION, SETTINGS, captured, envelope, mapped, rejected

UPDATE = {"name": "Acme", "size": 3, "posthog.group_type": "team", "posthog.group_key": "t1"}
EVENT = {"team_slug": "acme", "number": 7}


def all_captured(name: str, attributes: dict[str, Any]) -> list[Capture]:
    captures = [one for one in mapped(envelope(name, attributes)) if isinstance(one, Capture)]
    assert captures
    return captures


def test_a_groups_update_is_attributed_to_the_acting_person() -> None:
    session = {"session.id": SESSION, "shop.team.id": "t1"}
    (capture,) = all_captured("$groupidentify", {**UPDATE, **session, "user.id": "u1"})
    assert capture.distinct_id == "u1"
    assert {key: capture.properties[key] for key in ("$group_type", "$group_key", "$group_set")} == {
        "$group_type": "team",
        "$group_key": "t1",
        "$group_set": {"name": "Acme", "size": 3},
    }
    assert not {"$process_person_profile", "$set", "$groups", "$session_id"} & capture.properties.keys()


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"shop.team.id": "t1"},
        {"enduser.pseudo.id": SESSION},
        {"posthog.opted_out": True, "user.id": "u1"},
        {"user.id": "anonymous"},
    ],
)
def test_a_groups_update_without_an_account_is_attributed_to_the_system(about: dict[str, Any]) -> None:
    ahead, capture = all_captured("$groupidentify", {**UPDATE, **about})
    assert (ahead.event, ahead.distinct_id, ahead.properties["$set"]) == (
        "$set",
        SYSTEM_ID,
        {"is_system": True},
    )
    assert (capture.event, capture.distinct_id) == ("$groupidentify", SYSTEM_ID)
    assert not {"$process_person_profile", "$set", "$groups"} & capture.properties.keys()


def test_a_setting_withholds_a_groups_name() -> None:
    quiet = captured(envelope("$groupidentify", UPDATE), SETTINGS.replace(send_organisation=False))
    assert quiet.properties["$group_set"] == {"size": 3}


def test_a_groups_event_without_a_person_is_attributed_to_the_system_and_the_group() -> None:
    about = {"shop.team.id": "t1", "session.id": SESSION}
    (capture,) = all_captured("parcel_shipped", {**EVENT, **about})
    assert capture.distinct_id == SYSTEM_ID
    assert (capture.properties["$groups"], capture.properties["$set"]) == (
        {"team": "t1"},
        {"is_system": True},
    )
    assert not {"$process_person_profile", "$session_id"} & capture.properties.keys()


def test_a_visitors_event_has_no_person_and_no_group_because_posthog_would_strip_it() -> None:
    about = {"shop.team.id": "t1", "enduser.pseudo.id": SESSION}
    (capture,) = all_captured("parcel_shipped", {**EVENT, **about})
    assert capture.distinct_id == SESSION
    assert capture.properties["$process_person_profile"] is False
    assert not {"$groups", "$set"} & capture.properties.keys()


def test_the_system_persons_id_is_legal() -> None:
    assert legal_id(SYSTEM_ID) == SYSTEM_ID


@pytest.mark.parametrize(
    ("key", "sent"),
    [("t1", "t1"), (7, "7"), (0, "0"), (" t1 ", "t1"), ("é" * 400, "é" * 400), ("user", "user")],
)
def test_a_groups_key_is_the_same_in_its_events_and_its_updates(key: object, sent: str) -> None:
    (event,) = all_captured("parcel_shipped", {**EVENT, "shop.team.id": key, "user.id": "u1"})
    (update,) = all_captured("$groupidentify", {**UPDATE, "posthog.group_key": key, "user.id": "u1"})
    assert event.properties["$groups"] == {"team": sent}
    assert update.properties["$group_key"] == sent


@pytest.mark.parametrize("key", ["", "  ", None, True, ("a",), b"t1", "x" * 401, "\U0001d4b3" * 201])
def test_an_event_with_an_invalid_group_key_is_in_no_group(key: object) -> None:
    (event,) = all_captured("parcel_shipped", {**EVENT, "shop.team.id": key, "user.id": "u1"})
    assert "$groups" not in event.properties
    assert (
        rejected(envelope("$groupidentify", {**UPDATE, "posthog.group_key": key})).reason is Reason.ILLEGAL_ID
    )


def test_no_capture_precedes_an_update_that_is_too_large() -> None:
    huge = {"posthog.group_type": "x" * 300_000, "posthog.group_key": "t1"}
    assert rejected(envelope("$groupidentify", huge)).reason is Reason.TOO_LARGE
