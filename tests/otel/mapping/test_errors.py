"""Mapping of errors: whom and what an error is about, and what of it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from otel.envelope import Capture, Envelope, Rejection
from otel.events import Event, Organisation, Registry, Technical, event
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.identify import SYSTEM_ID
from otel.reasons import Reason
from otel.settings import Settings
from tests.otel.mapping.test_mapping import NOON, SESSION, SPAN, TRACE

REGISTRY = Registry()
SETTINGS = Settings(
    api_key="phc_test",
    groups={"team": "shop.team.id"},
    error_event="shop_failed",
    error_properties={"team_slug": "shop.team.slug", "floor": "shop.floor"},
)
RECORDED = {"exception.type": "LookupError", "exception.message": "no such parcel"}
REQUEST = {
    "user.id": "u1",
    "shop.team.id": "t1",
    "shop.team.slug": "acme",
    "session.id": SESSION,
    "django.view.name": "orders",
    "http.request.method": "GET",
    "http.response.status_code": 502,
}
PERSONAL = ("$groups", "$session_id", "team_slug")


@event("shop_failed", tier=1, owner="shop", registry=REGISTRY)
class ShopFailed(Event):
    """Something failed."""

    error_type: Technical
    handled: bool
    occurrences: int
    view_name: Technical | None = None
    team_slug: Organisation | None = None


def error(
    entry: Mapping[str, Any] = REQUEST, own: Mapping[str, Any] | None = None, *, is_handled: bool = False
) -> ErrorRecord:
    envelope = Envelope("exception", {**RECORDED, **(own or {})}, NOON, TRACE, SPAN)
    return ErrorRecord(envelope, entry, is_handled)


def mapped(one: ErrorRecord, settings: Settings = SETTINGS, occurrences: int = 1) -> list[Capture]:
    mapper = ErrorMapper(settings, lambda: REGISTRY.get(settings.error_event or ""))
    captures = [result for result in mapper(one, occurrences) if isinstance(result, Capture)]
    assert [capture.event for capture in captures] == ["$exception", "shop_failed"]
    return captures


def test_an_error_is_an_exception_and_the_products_own_event() -> None:
    exception, failure = mapped(error(), occurrences=3)
    about = {
        "error_type": "LookupError",
        "handled": False,
        "occurrences": 3,
        "view_name": "orders",
        "$groups": {"team": "t1"},
        "$session_id": SESSION,
        "$trace_id": f"{TRACE:032x}",
        "$span_id": f"{SPAN:016x}",
    }
    assert exception.distinct_id == failure.distinct_id == "u1"
    assert about.items() <= exception.properties.items()
    assert about.items() <= failure.properties.items()
    assert exception.uuid != failure.uuid
    # What the declaration does not have, only `$exception` has.
    only_there = {"status_code": 502, "method": "GET", "$exception_level": "error"}
    assert only_there.items() <= exception.properties.items()
    assert not only_there.keys() & failure.properties.keys()
    assert "task_name" not in exception.properties
    (listed,) = exception.properties["$exception_list"]
    assert (listed["type"], listed["value"]) == ("LookupError", "no such parcel")


def test_the_products_event_has_the_entrys_properties_that_it_declares() -> None:
    _, failure = mapped(error({**REQUEST, "shop.floor": 7}))
    assert failure.properties["team_slug"] == "acme"
    assert "floor" not in failure.properties


def test_a_setting_withholds_the_organization() -> None:
    exception, failure = mapped(error(), SETTINGS.replace(send_organisation=False))
    assert "team_slug" not in failure.properties
    assert failure.properties["view_name"] == "orders"
    assert exception.distinct_id == "u1"


def test_without_an_event_of_the_product_only_the_exception_is_sent() -> None:
    (only,) = ErrorMapper(SETTINGS, lambda: None)(error())
    assert isinstance(only, Capture)
    assert only.event == "$exception"


@pytest.mark.parametrize(
    ("entry", "own"), [({**REQUEST, "posthog.opted_out": True}, {}), (REQUEST, {"posthog.opted_out": True})]
)
def test_an_error_of_a_person_who_opted_out_is_about_nobody(
    entry: dict[str, Any], own: dict[str, Any]
) -> None:
    for capture in mapped(error(entry, own)):
        assert capture.distinct_id not in ("u1", SYSTEM_ID)
        assert capture.properties["$process_person_profile"] is False
        assert not [name for name in PERSONAL if name in capture.properties]
        assert capture.properties["view_name"] == "orders"


@pytest.mark.parametrize(
    ("own", "distinct_id", "groups"),
    [
        ({"user.id": "u2"}, "u2", None),
        ({"shop.team.id": "t2"}, SYSTEM_ID, {"team": "t2"}),
        ({"user.id": "u2", "shop.team.id": "t2"}, "u2", {"team": "t2"}),
    ],
)
def test_an_errors_own_identity_replaces_that_of_the_entry_as_a_whole(
    own: dict[str, str], distinct_id: str, groups: dict[str, str] | None
) -> None:
    for capture in mapped(error(own=own)):
        assert capture.distinct_id == distinct_id
        assert capture.properties.get("$groups") == groups
        assert not {"$session_id", "team_slug"} & capture.properties.keys()
        assert capture.properties["view_name"] == "orders"


def test_an_errors_own_attributes_take_precedence_over_the_entrys() -> None:
    for capture in mapped(error(own={"django.view.name": "inner", "color": "red"})):
        assert (capture.distinct_id, capture.properties["view_name"]) == ("u1", "inner")
        assert "color" not in capture.properties


@pytest.mark.parametrize(
    ("entry", "status", "method"),
    [
        ({"http.status_code": 500, "http.method": "PUT"}, 500, "PUT"),
        ({"http.response.status_code": 503, "http.status_code": 200}, 503, None),
        ({"http.response.status_code": "404", "http.method": "GET"}, 404, "GET"),
        ({"http.response.status_code": 404.0}, 404, None),
        *(
            ({"http.response.status_code": one}, None, None)
            for one in (0, "-1", "\u0665\u0660\u0660", 7, 600, "9" * 5_000)
        ),
        ({"http.response.status_code": True, "http.method": 7}, None, "7"),
    ],
)
def test_the_status_is_read_by_its_old_and_its_new_name(
    entry: dict[str, Any], status: int | None, method: str | None
) -> None:
    exception, _ = mapped(error(entry))
    assert exception.properties.get("status_code") == status
    assert exception.properties.get("method") == method


def test_an_error_in_a_task_has_its_name() -> None:
    exception, _ = mapped(error({"celery.task_name": "shop.ship"}))
    assert exception.properties["task_name"] == "shop.ship"


@pytest.mark.parametrize("is_handled", [True, False])
def test_a_quarantined_error_is_mapped_as_before(is_handled: bool) -> None:
    first = error(is_handled=is_handled)
    again = ErrorRecord.from_envelope(first.replayable())
    assert again.is_handled is is_handled
    assert mapped(again) == mapped(first)


@pytest.mark.parametrize("listed", [None, [{"type": "LookupError", "value": "no such parcel"}]])
def test_a_setting_withholds_messages(listed: list[dict[str, Any]] | None) -> None:
    one = error()
    one.listed = listed
    exception, failure = mapped(one, SETTINGS.replace(send_error_messages=False))
    (sent,) = exception.properties["$exception_list"]
    assert (sent["type"], sent["value"]) == ("LookupError", "")
    assert "no such parcel" not in str((exception.properties, failure.properties))
    assert "no such parcel" in str(mapped(one))


def test_an_exception_without_a_type_is_sent() -> None:
    exception, _ = mapped(ErrorRecord(Envelope("exception", {}, NOON, TRACE, SPAN), {}, is_handled=True))
    assert exception.properties["error_type"] == "Exception"
    assert exception.properties["handled"] is True


def test_an_error_that_posthog_would_not_store_is_rejected() -> None:
    one = error()
    one.listed = [{"type": "LookupError", "value": "x" * 200_001}]
    rejected, sent = ErrorMapper(SETTINGS, lambda: REGISTRY.get("shop_failed"))(one)
    assert isinstance(rejected, Rejection)
    assert rejected.reason is Reason.TOO_LARGE
    assert isinstance(sent, Capture)


def test_an_error_links_to_its_trace() -> None:
    settings = SETTINGS.replace(trace_url="https://traces.example/{trace_id}")
    for capture in mapped(error(), settings):
        assert capture.properties["trace_url"] == f"https://traces.example/{TRACE:032x}"


def test_an_error_has_the_origin_of_its_program() -> None:
    one = error()
    one.envelope.resource = {"service.name": "shop"}
    for capture in mapped(one, SETTINGS.replace(release_id="r1")):
        assert (capture.properties["service_name"], capture.properties["$release_id"]) == ("shop", "r1")


def test_errors_of_one_kind_have_one_fingerprint() -> None:
    other = error()
    other.envelope.attributes = {**RECORDED, "exception.type": "KeyError"}
    assert error().fingerprint == error({}).fingerprint != other.fingerprint
