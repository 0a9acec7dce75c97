"""Origin of a capture: service, version, environment and release."""

from __future__ import annotations

from typing import Any

import pytest

from otel.mapping.origin import Origins
from otel.settings import Settings
from tests.otel.mapping.test_mapping import SETTINGS, captured, envelope

RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2.3",
    "deployment.environment.name": "staging",
    "telemetry.sdk.name": "opentelemetry",
}
ORIGIN = {"service_name": "shop", "service_version": "1.2.3", "environment": "staging"}
NAMES = {*ORIGIN, "$release_id"}


def origin(resource: dict[str, Any], settings: Settings = SETTINGS) -> dict[str, Any]:
    properties = captured(envelope(resource=resource), settings).properties
    return {name: value for name, value in properties.items() if name in NAMES}


def test_the_resource_says_where_a_capture_comes_from() -> None:
    assert origin(RESOURCE) == ORIGIN
    assert origin({}) == {}


def test_the_older_name_of_the_environment_is_used_if_the_newer_one_is_absent() -> None:
    assert origin({"deployment.environment": "live"}) == {"environment": "live"}
    assert origin({**RESOURCE, "deployment.environment": "live"}) == ORIGIN


@pytest.mark.parametrize("name", ["unknown_service", "unknown_service:python", "", 7, None])
def test_an_unnamed_service_is_omitted(name: object) -> None:
    assert origin({"service.name": name}) == {}


def test_the_programs_own_release_takes_precedence_over_the_mapping_processs() -> None:
    settings = SETTINGS.replace(release_id="r-bridge")
    assert origin({}, settings) == {"$release_id": "r-bridge"}
    assert origin({"posthog.release_id": "r-program"}, settings) == {"$release_id": "r-program"}


def test_a_release_travels_in_the_resource() -> None:
    resource = Origins("r1").of({"service.name": "shop"}).resource
    assert origin(dict(resource.attributes)) == {"service_name": "shop", "$release_id": "r1"}


def test_an_events_own_property_is_not_overwritten() -> None:
    settings = SETTINGS.replace(events=("order_*",))
    one = envelope("order_placed", {"environment": "kitchen"}, resource=RESOURCE)
    assert captured(one, settings).properties["environment"] == "kitchen"


def test_the_environment_variable_is_posthogs_own() -> None:
    assert Settings.from_environ({"POSTHOG_RELEASE_ID": " r1 "}).release_id == "r1"
    assert Settings.from_environ({"POSTHOG_RELEASE_ID": "  "}).release_id == ""


def test_many_programs_do_not_mix() -> None:
    origins = Origins()
    for number in range(1_000):
        found = origins.of({"service.name": f"shop-{number}"})
        assert found.properties == {"service_name": f"shop-{number}"}


def test_a_few_hundred_programs_are_remembered_and_no_more() -> None:
    origins = Origins()
    programs = [{"service.name": f"shop-{number}"} for number in range(257)]
    found = [origins.of(program) for program in programs[:256]]
    assert [origins.of(program) for program in programs[:256]] == found
    origins.of(programs[256])
    assert origins.of(programs[0]) is not found[0]
    assert origins.of(programs[0]).properties == found[0].properties
