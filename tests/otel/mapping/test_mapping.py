"""Mapping: an envelope becomes a capture, or a rejection with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.envelope import Capture, Envelope, Rejection
from otel.events import (
    Event,
    GroupProperties,
    Organisation,
    PersonProperties,
    Registry,
    SetOnce,
    TeamEvent,
    Technical,
    event,
    group_properties,
    person_properties,
)
from otel.mapping import Mapper
from otel.mapping.capture import timestamp
from otel.mapping.identify import legal_id
from otel.reasons import Reason
from otel.settings import Settings

REGISTRY = Registry()
TRACE, SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
NOON = 1_767_182_400_123_456_789
SESSION = "0190f5b0-0000-7000-8000-000000000001"


@event("parcel_shipped", tier=1, owner="shop", registry=REGISTRY)
class ParcelShipped(TeamEvent):
    """A parcel left."""

    number: int
    weight: float | None = None
    carrier: Literal["post", "bike"] = "post"
    customer: Organisation | None = None
    tags: tuple[Technical, ...] = ()


@event("page_peeked", tier=3, owner="shop", registry=REGISTRY)
class PagePeeked(Event):
    """A page is peeked at."""


@person_properties(owner="shop", registry=REGISTRY)
class Person(PersonProperties):
    """What is known of a person."""

    role: Literal["admin", "member"] | None = None
    source: Annotated[Technical, SetOnce] | None = None


@group_properties("team", owner="shop", registry=REGISTRY)
class Team(GroupProperties):
    """What is known of a team."""

    name: Organisation | None = None
    size: int | None = None


SETTINGS = Settings(api_key="phc_test", groups={"team": "shop.team.id"})


def envelope(
    name: str = "parcel_shipped", attributes: Mapping[str, Any] | None = None, **changes: Any
) -> Envelope:
    given_ = {"team_slug": "acme", "number": 7} if attributes is None else attributes
    return Envelope(name, given_, NOON, TRACE, SPAN, **changes)


def mapped(one: Envelope, settings: Settings = SETTINGS) -> list[Capture | Rejection]:
    return Mapper(REGISTRY, settings)(one)


def captured(one: Envelope, settings: Settings = SETTINGS) -> Capture:
    capture = mapped(one, settings)[-1]
    assert isinstance(capture, Capture), capture
    return capture


def rejected(one: Envelope, settings: Settings = SETTINGS) -> Rejection:
    (reject,) = mapped(one, settings)
    assert isinstance(reject, Rejection), reject
    return reject


def test_a_capture_is_complete_and_the_same_each_time() -> None:
    one = envelope(
        attributes={
            "team_slug": "acme",
            "number": 7,
            "user.id": "u1",
            "shop.team.id": "t1",
            "session.id": SESSION,
        }
    )
    capture = captured(one)
    assert capture == Capture(
        event="parcel_shipped",
        distinct_id="u1",
        uuid=capture.uuid,
        timestamp="2025-12-31T12:00:00.123456Z",
        properties={
            "team_slug": "acme",
            "number": 7,
            "$groups": {"team": "t1"},
            "$session_id": SESSION,
            "$trace_id": "0af7651916cd43dd8448eb211c80319c",
            "$span_id": "b7ad6b7169203331",
            "$lib": "tformance-otel",
            "$lib_version": capture.properties["$lib_version"],
            "$is_server": True,
            "$geoip_disable": True,
        },
    )
    assert captured(one) == capture


@given(st.integers(0, 2**48 * 10**6 - 1), st.integers(0, 2**128 - 1))
def test_the_uuid_is_of_version_7_and_holds_the_events_own_millisecond(time: int, trace_id: int) -> None:
    id_ = uuid.UUID(captured(Envelope("page_peeked", {}, time, trace_id, SPAN)).uuid)
    assert (id_.version, id_.variant) == (7, uuid.RFC_4122)
    assert id_.int >> 80 == time // 10**6


@pytest.mark.parametrize(
    "other",
    [
        envelope("page_peeked", {}),
        envelope(ordinal=1),
        Envelope("parcel_shipped", {"team_slug": "acme", "number": 7}, NOON + 1, TRACE, SPAN),
        Envelope("parcel_shipped", {"team_slug": "acme", "number": 7}, NOON, TRACE + 1, SPAN),
        Envelope("parcel_shipped", {"team_slug": "acme", "number": 7}, NOON, TRACE, SPAN + 1),
    ],
)
def test_name_time_place_and_ordinal_make_the_uuid(other: Envelope) -> None:
    assert captured(other).uuid != captured(envelope()).uuid


def test_the_uuid_does_not_depend_on_the_properties() -> None:
    assert captured(envelope(attributes={"team_slug": "b", "number": 8})).uuid == captured(envelope()).uuid


@pytest.mark.parametrize(
    ("attributes", "reason", "detail"),
    [
        ({"team_slug": "acme"}, Reason.MISSING_PROPERTY, "number is required"),
        ({"team_slug": "acme", "number": "7"}, Reason.WRONG_TYPE, "number is a str that does not fit int"),
        ({"team_slug": "acme", "number": True}, Reason.WRONG_TYPE, "number is a bool that does not fit int"),
        ({"team_slug": "acme", "number": 7, "size": 1}, Reason.UNKNOWN_PROPERTY, "size is not declared"),
        (
            {"team_slug": "acme", "number": 7, "carrier": "drone"},
            Reason.WRONG_TYPE,
            "carrier is a str that does not fit post | bike",
        ),
    ],
)
def test_attributes_that_do_not_fit_are_rejected_with_a_reason(
    attributes: dict[str, Any], reason: Reason, detail: str
) -> None:
    assert rejected(envelope(attributes=attributes)) == Rejection(reason, detail)


def test_an_undeclared_name_is_rejected() -> None:
    assert rejected(envelope("something_else", {})).reason is Reason.UNDECLARED


def test_patterns_forward_undeclared_names_but_never_exceptions() -> None:
    settings = SETTINGS.replace(events=("order_*", "*"))
    capture = captured(envelope("order_placed", {"amount": 2.5, "nested": {"a": [1, b"\xff"]}}), settings)
    assert (capture.properties["amount"], capture.properties["nested"]) == (2.5, {"a": [1, "/w=="]})
    assert rejected(envelope("exception", {}), settings).reason is Reason.UNDECLARED


def test_a_setting_withholds_an_organizations_name() -> None:
    one = envelope(attributes={"team_slug": "acme", "number": 7, "customer": "Globex"})
    capture = captured(one, SETTINGS.replace(send_organisation=False))
    assert not {"team_slug", "customer"} & capture.properties.keys()
    assert capture.properties["number"] == 7


@pytest.mark.parametrize(
    ("attributes", "span_attributes", "distinct_id"),
    [
        ({"user.id": "u1"}, {"user.id": "u2"}, "u1"),
        ({}, {"user.id": "u2", "enduser.pseudo.id": "v1"}, "u2"),
        ({"posthog.distinct_id": "p1", "user.id": "u1"}, {}, "p1"),
        ({"user.id": "anonymous", "enduser.pseudo.id": "v1"}, {}, "v1"),
        ({"user.id": 42}, {}, "42"),
        ({"user.id": ("u1", "u2"), "enduser.pseudo.id": "v1"}, {}, "v1"),
        ({"user.id": b"u1", "enduser.pseudo.id": "v1"}, {}, "v1"),
    ],
)
def test_the_nearest_legal_id_is_used(
    attributes: dict[str, Any], span_attributes: dict[str, Any], distinct_id: str
) -> None:
    one = envelope(attributes={"team_slug": "a", "number": 1, **attributes}, span_attributes=span_attributes)
    assert captured(one).distinct_id == distinct_id


def test_an_event_that_names_a_person_is_not_about_the_requests_team_or_session() -> None:
    span = {"user.id": "u2", "shop.team.id": "t2", "session.id": SESSION}
    own = captured(
        envelope(attributes={"team_slug": "a", "number": 1, "user.id": "u1"}, span_attributes=span)
    )
    assert own.distinct_id == "u1"
    assert not {"$groups", "$session_id"} & own.properties.keys()
    requests = captured(envelope(span_attributes=span))
    assert (requests.distinct_id, requests.properties["$groups"]) == ("u2", {"team": "t2"})


def test_an_anonymous_event_has_a_stable_id_and_no_profile() -> None:
    first, second = captured(envelope()), captured(envelope("page_peeked", {}))
    assert first.distinct_id == second.distinct_id
    assert first.properties["$process_person_profile"] is False
    other = captured(Envelope("page_peeked", {}, NOON, TRACE + 1, SPAN))
    assert other.distinct_id != first.distinct_id


@pytest.mark.parametrize(
    "shared",
    ["0", "Anonymous", " NULL ", "undefined", "'none'", "00000000-0000-0000-0000-000000000000", "", "a\0b"],
)
def test_an_id_that_strangers_share_is_refused(shared: str) -> None:
    assert legal_id(shared) is None


def test_only_a_uuid7_is_sent_as_session_id() -> None:
    for session in (str(uuid.uuid4()), "0af7651916cd43dd8448eb211c80319c", 7, ""):
        one = envelope(attributes={"team_slug": "a", "number": 1, "session.id": session})
        assert "$session_id" not in captured(one).properties


def test_a_person_who_opted_out_is_not_captured() -> None:
    assert rejected(envelope(span_attributes={"posthog.opted_out": True})).reason is Reason.OPTED_OUT
    one = envelope("$set", {"role": "admin", "user.id": "u1", "posthog.opted_out": True})
    assert rejected(one).reason is Reason.OPTED_OUT


def test_a_tier_is_sampled_by_trace_and_states_its_rate() -> None:
    settings = SETTINGS.replace(tier_ratios={3: 0.25})
    mapper = Mapper(REGISTRY, settings)
    kept = [
        isinstance(mapper(Envelope("page_peeked", {}, NOON, trace << 54, SPAN))[0], Capture)
        for trace in range(1024)
    ]
    assert sum(kept) == 256
    low = captured(Envelope("page_peeked", {}, NOON, 1, SPAN), settings)
    assert low.properties["$sample_rate"] == 0.25
    assert (
        "$sample_rate"
        not in captured(
            Envelope("parcel_shipped", {"team_slug": "a", "number": 1}, NOON, 2**64 - 1, 1), settings
        ).properties
    )


def test_person_properties_are_split_into_set_and_set_once() -> None:
    capture = captured(envelope("$set", {"role": "admin", "source": "invite", "user.id": "u1"}))
    assert (capture.distinct_id, capture.properties["$set"], capture.properties["$set_once"]) == (
        "u1",
        {"role": "admin"},
        {"source": "invite"},
    )
    assert rejected(envelope("$set", {"role": "admin"})).reason is Reason.ILLEGAL_ID
    assert rejected(envelope("$set", {"email": "a@b.c", "user.id": "u1"})).reason is Reason.UNKNOWN_PROPERTY


def test_an_alias_follows_a_capture_that_creates_the_accounts_person() -> None:
    about = {"user.id": "u1", "posthog.anon_distinct_id": SESSION, "shop.team.id": "t1"}
    ahead, alias = mapped(envelope("$identify", about))
    assert isinstance(ahead, Capture)
    assert isinstance(alias, Capture)
    assert (alias.distinct_id, alias.properties["$anon_distinct_id"]) == ("u1", SESSION)
    assert (ahead.event, ahead.distinct_id, ahead.properties["$set"]) == ("$set", "u1", {})
    assert ahead.uuid not in (alias.uuid, captured(envelope("$set", {"user.id": "u1"})).uuid)
    assert not [one for one in (ahead, alias) if "$process_person_profile" in one.properties]
    assert not [one for one in (ahead, alias) if "$groups" in one.properties]


@pytest.mark.parametrize("about", [{}, {"enduser.pseudo.id": SESSION}, {"shop.team.id": "t1"}])
def test_only_an_account_gets_an_alias_or_properties_of_a_person(about: dict[str, str]) -> None:
    alias = envelope("$identify", {**about, "posthog.anon_distinct_id": SESSION})
    assert rejected(alias).reason is Reason.ILLEGAL_ID
    assert rejected(envelope("$set", {**about, "role": "admin"})).reason is Reason.ILLEGAL_ID


def test_what_json_cannot_carry_does_not_cost_the_event() -> None:
    one = envelope(
        attributes={"team_slug": "a\ud800b", "number": 2**80, "weight": float("nan"), "tags": ("x" * 9000,)}
    )
    properties = captured(one).properties
    assert properties["team_slug"] == "a\ufffdb"
    assert properties["number"] == hex(2**80)
    assert properties["weight"] is None
    assert len(properties["tags"][0]) == 4_000


def test_an_event_larger_than_posthog_stores_is_rejected() -> None:
    many = tuple("x" * 4_000 for _ in range(100))
    assert (
        rejected(envelope(attributes={"team_slug": "a", "number": 1, "tags": many})).reason
        is Reason.TOO_LARGE
    )


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-5, "1970-01-01T00:00:00.999999Z"),
        (10**30, "9999-12-31T23:59:59.000000Z"),
    ],
)
def test_a_timestamp_is_always_one_that_posthog_accepts(nanoseconds: int, text: str) -> None:
    assert timestamp(nanoseconds).startswith(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
names = st.sampled_from(["parcel_shipped", "page_peeked", "$set", "$groupidentify", "$identify", "order_x"])
known = ["team_slug", "number", "weight", "tags", "role", "source", "name", "size", "shop.team.id", "user.id"]
stamped = ["enduser.pseudo.id", "session.id", "posthog.group_type", "posthog.group_key", "posthog.opted_out"]
keys = st.text() | st.sampled_from([*known, *stamped, "posthog.anon_distinct_id"])


attributes_ = st.dictionaries(keys, anything)


@given(names, attributes_, attributes_, st.integers(), st.integers(0, 2**128 - 1))
def test_no_input_makes_mapping_raise_or_return_an_invalid_event(
    name: str, attributes: dict[str, Any], span_attributes: dict[str, Any], time: int, trace_id: int
) -> None:
    mapper = Mapper(REGISTRY, SETTINGS.replace(events=("order_*",)))
    results = mapper(Envelope(name, attributes, time, trace_id, SPAN, 0, span_attributes))
    captures = [one for one in results if isinstance(one, Capture)]
    assert len(captures) == len(results) or len(results) == 1
    assert [one.event for one in captures] in ([], [name], ["$set", name])
    for one in captures:
        wire = orjson.loads(orjson.dumps(one))
        assert 0 < len(wire["distinct_id"].encode()) <= 200
        assert uuid.UUID(wire["uuid"]).version == 7


def test_the_name_of_an_event_is_measured_in_bytes() -> None:
    settings = SETTINGS.replace(events=("*",))
    assert captured(envelope("é" * 100, {}), settings).event == "é" * 100
    detail = "the name has 202 bytes, 200 are allowed"
    assert rejected(envelope("é" * 101, {}), settings) == Rejection(Reason.TOO_LARGE, detail)
