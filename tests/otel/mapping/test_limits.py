"""Limits of mapping, each on both of its sides, and ids that must never change."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from otel.envelope import Capture, Envelope, Rejection
from otel.mapping import Mapper
from otel.mapping.capture import timestamp
from otel.mapping.identify import anonymous_id, group_key, legal_id, uuid7_or_none
from otel.mapping.limit import limit
from otel.mapping.validate import redact
from otel.reasons import Reason
from tests.otel.mapping.test_mapping import (
    NOON,
    REGISTRY,
    SESSION,
    SETTINGS,
    SPAN,
    TRACE,
    captured,
    envelope,
    rejected,
)

FORWARDING = SETTINGS.replace(events=("order_*",))
ORDINARY = {"$geoip_disable", "$is_server", "$lib", "$lib_version", "$process_person_profile"}


def forwarded(**attributes: Any) -> dict[str, Any]:
    """Return what is sent of the attributes of an undeclared event."""
    properties = captured(envelope("order_placed", attributes), FORWARDING).properties
    return {
        name: value
        for name, value in properties.items()
        if name not in {*ORDINARY, "$trace_id", "$span_id", "$groups", "$session_id"}
    }


# PostHog finds an event that is delivered twice by its id: another one would duplicate every event that is
# sent again after an upgrade.
def test_ids_never_change() -> None:
    assert captured(envelope()).uuid == "019b7447-7a7b-7d5c-8b56-0a74583dca23"
    hundred = "".join(captured(envelope(ordinal=ordinal)).uuid for ordinal in range(100))
    assert sha256(hundred.encode()).hexdigest()[:16] == "dfee76cb2aa2265e"
    assert captured(envelope()).distinct_id == anonymous_id(TRACE) == "d30aea09-ef18-566a-ad7f-09d181a7942c"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (2**63, 2**63),
        (2**64 - 1, 2**64 - 1),
        (2**64, hex(2**64)),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, hex(-(2**63) - 1)),
        (True, True),
        (None, None),
        (0.5, 0.5),
        (float("inf"), None),
        (b"\x00\xff", "AP8="),
        ({"a": [1, (2, "x\ud800")]}, {"a": [1, [2, "x\ufffd"]]}),
        ({1}, "{1}"),
    ],
)
def test_any_value_has_a_json_form(value: Any, sent: Any) -> None:
    found = forwarded(value=value)["value"]
    assert (found, type(found)) == (sent, type(sent))


def test_of_a_long_list_or_map_the_first_hundred_items_are_sent() -> None:
    found = forwarded(many=list(range(101)), named={str(number): number for number in range(101)})
    assert found == {"many": list(range(100)), "named": {str(number): number for number in range(100)}}


@pytest.mark.parametrize("make", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_what_is_nested_deeper_than_five_levels_is_sent_as_text(make: Any) -> None:
    value: Any = 7
    for _ in range(5):
        value = make(value)
    assert forwarded(value=value) == {"value": value}
    expected: Any = str(make(7))
    for _ in range(5):
        expected = make(expected)
    assert forwarded(value=make(value)) == {"value": expected}


def test_identity_and_our_own_attributes_are_no_properties() -> None:
    own = {"user.id": "u1", "session.id": SESSION, "posthog.ordinal": 3, "shop.team.id": "t1", "color": "red"}
    assert forwarded(**own) == {"color": "red"}


@pytest.mark.parametrize("name", ["order_placed", "order_"])
def test_only_names_that_match_a_pattern_are_forwarded(name: str) -> None:
    mapper = Mapper(REGISTRY, FORWARDING)
    for _ in range(2):  # the second answer comes from memory
        assert mapper.selects(name)
        assert not mapper.selects(f"my_{name}")
    assert not Mapper(REGISTRY, SETTINGS).selects(name)
    assert rejected(envelope(name, {}), SETTINGS).reason is Reason.UNDECLARED


@pytest.mark.parametrize("name", ["parcel_shipped", "$set", "$identify", "$groupidentify"])
def test_declared_events_and_updates_are_selected(name: str) -> None:
    assert Mapper(REGISTRY, SETTINGS).selects(name)


def test_an_exception_is_not_forwarded_even_if_a_pattern_matches() -> None:
    assert rejected(envelope("exception", {}), SETTINGS.replace(events=("*",))).reason is Reason.UNDECLARED


def test_of_a_person_who_opted_out_nothing_is_forwarded() -> None:
    one = envelope("order_placed", {"posthog.opted_out": True})
    assert rejected(one, FORWARDING).reason is Reason.OPTED_OUT


def sized(value: Any) -> Capture | Rejection:
    return limit(Capture("order_placed", "u1", "", "", {"k": value}))


@pytest.mark.parametrize(
    ("fits", "exceeds"),
    [
        ("x" * 199_999, "x" * 200_000),
        (["x" * 199_991, 7], ["x" * 199_992, 7]),
        ({"ab": "x" * 199_997}, {"ab": "x" * 199_998}),
        ([None] * 24_999, [None] * 25_000),
    ],
)
def test_an_event_may_have_200_000_characters(fits: Any, exceeds: Any) -> None:
    assert isinstance(sized(fits), Capture)
    refused = sized(exceeds)
    assert isinstance(refused, Rejection)
    assert refused.reason is Reason.TOO_LARGE
    assert refused.detail.endswith(" characters, 200000 are allowed")


@pytest.mark.parametrize(
    ("id_", "legal"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 201, None),
        ("é" * 100, "é" * 100),
        ("é" * 101, None),
        (" u1 ", "u1"),
        (7, "7"),
        (0, None),
        (1.5, "1.5"),
        (True, None),
        (None, None),
        (["u1"], None),
        ("a\nb", None),
    ],
)
def test_an_id_has_at_most_200_bytes(id_: Any, legal: str | None) -> None:
    assert legal_id(id_) == legal


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("x" * 400, "x" * 400),
        ("x" * 401, None),
        ("\U0001d4b3" * 200, "\U0001d4b3" * 200),
        ("\U0001d4b3" * 201, None),
        ("a\ud800", "a\ufffd"),
        ("x", "x"),
        ("", None),
        (1.5, "1.5"),
    ],
)
def test_a_groups_key_has_at_most_400_units(key: Any, sent: str | None) -> None:
    assert group_key(key) == sent


@pytest.mark.parametrize("value", [SESSION, SESSION.upper()])
def test_a_session_id_is_a_uuid7_in_lower_case(value: str) -> None:
    assert uuid7_or_none(value) == SESSION
    assert uuid7_or_none(f"{value}0") is None
    assert uuid7_or_none(7) is None


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [(-1, 0), (999_999, 0), (1_000_000, 1), ((2**48 - 1) * 10**6, 2**48 - 1), (2**48 * 10**6, 2**48 - 1)],
)
def test_the_time_in_an_id_stays_in_its_range(time: int, milliseconds: int) -> None:
    uuid = captured(Envelope("page_peeked", {}, time, TRACE, SPAN)).uuid
    assert int(uuid.replace("-", "")[:12], 16) == milliseconds


def test_the_last_time_is_the_end_of_the_year_9999() -> None:
    last = 253_402_300_799
    assert timestamp(last * 10**9) == "9999-12-31T23:59:59.000000Z"
    assert timestamp((last + 1) * 10**9) == "9999-12-31T23:59:59.000000Z"
    assert timestamp((last - 1) * 10**9 + 999_999_999) == "9999-12-31T23:59:58.999999Z"


def test_the_trace_is_linked_only_inside_a_span() -> None:
    settings = SETTINGS.replace(trace_url="https://traces.example/{trace_id}")
    inside = captured(Envelope("page_peeked", {}, NOON, TRACE, SPAN), settings).properties
    assert inside["trace_url"] == f"https://traces.example/{TRACE:032x}"
    outside = captured(Envelope("page_peeked", {}, NOON, TRACE, 0), settings).properties
    assert not {"trace_url", "$trace_id", "$span_id"} & outside.keys()
    assert "trace_url" not in captured(envelope()).properties


def test_a_tier_that_is_kept_whole_states_no_rate() -> None:
    for ratios in ({}, {3: 1.0}, {2: 0.0}):
        one = Envelope("page_peeked", {}, NOON, 2**64 - 1, SPAN)
        assert "$sample_rate" not in captured(one, SETTINGS.replace(tier_ratios=ratios)).properties


@pytest.mark.parametrize(("low", "is_kept"), [(2**62 - 1, True), (2**62, False), (2**64 - 1, False)])
def test_the_lower_half_of_the_trace_id_decides_what_is_kept(low: int, is_kept: bool) -> None:
    mapper = Mapper(REGISTRY, SETTINGS.replace(tier_ratios={3: 0.25}))
    (one,) = mapper(Envelope("page_peeked", {}, NOON, (2**64 - 1) << 64 | low, SPAN))
    assert isinstance(one, Capture) is is_kept
    if isinstance(one, Rejection):
        assert one == Rejection(Reason.THINNED, "tier 3 is kept to 0.25")


def test_only_withheld_properties_are_removed() -> None:
    assert redact({"a": 1, "b": 2}, frozenset({"b", "c"})) == {"a": 1}
    assert redact({"a": 1}, frozenset({"c"})) == {"a": 1}


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [({}, "number and team_slug are required"), ({"number": 1}, "team_slug is required")],
)
def test_a_rejection_names_all_missing_properties(attributes: dict[str, Any], detail: str) -> None:
    assert rejected(envelope(attributes=attributes)) == Rejection(Reason.MISSING_PROPERTY, detail)


@pytest.mark.parametrize(
    ("update", "reason", "detail"),
    [
        ({"role": 7}, Reason.WRONG_TYPE, "role is a int that does not fit admin | member"),
        ({"email": "a@b.c"}, Reason.UNKNOWN_PROPERTY, "email is not declared"),
    ],
)
def test_a_persons_property_that_does_not_fit_is_rejected(
    update: dict[str, Any], reason: Reason, detail: str
) -> None:
    assert rejected(envelope("$set", {**update, "user.id": "u1"})) == Rejection(reason, detail)


def test_a_persons_update_without_set_once_has_only_set() -> None:
    properties = captured(
        envelope("$set", {"role": "admin", "user.id": "u1", "shop.team.id": "t1"})
    ).properties
    assert properties["$set"] == {"role": "admin"}
    assert not {"$set_once", "$groups"} & properties.keys()


@pytest.mark.parametrize("group", [{}, {"posthog.group_type": "planet"}])
def test_an_update_of_an_undeclared_group_is_rejected(group: dict[str, str]) -> None:
    one = envelope("$groupidentify", {"size": 3, "posthog.group_key": "t1", **group})
    assert rejected(one).reason in (Reason.ILLEGAL_ID, Reason.UNKNOWN_PROPERTY)


def test_a_lone_update_of_a_group_without_properties_is_sent() -> None:
    about = {"posthog.group_type": "planet", "posthog.group_key": "p1", "user.id": "u1"}
    assert captured(envelope("$groupidentify", about)).properties["$group_set"] == {}
