"""Declaration of events: mistakes that Python, the registry and the lint reject."""

from __future__ import annotations

import datetime as dt
from dataclasses import FrozenInstanceError
from typing import Annotated, Literal

import pytest

from otel.events import (
    Event,
    Organisation,
    PersonProperties,
    Registry,
    SetOnce,
    TeamEvent,
    Technical,
    event,
    person_properties,
)
from otel.events.lint import RULES, Finding, lint
from otel.events.registry import DeclarationError
from otel.events.sensitivity import Sensitivity


@pytest.fixture
def registry() -> Registry:
    return Registry()


def findings(registry: Registry) -> set[str]:
    return {finding.rule for finding in lint(registry)}


def test_a_declared_event_is_frozen_and_the_type_checker_sees_its_properties(registry: Registry) -> None:
    @event("parcel_shipped", tier=1, owner="shop", registry=registry)
    class ParcelShipped(Event):
        """A parcel left."""

        number: int

    shipped = ParcelShipped(number=1)
    with pytest.raises(FrozenInstanceError):
        shipped.number = 2  # type: ignore[misc]  # tests the runtime error
    ParcelShipped(number=1, weight=2)  # type: ignore[call-arg]  # `record` rejects it
    ParcelShipped(1)  # type: ignore[call-arg]  # as well


def test_the_registry_knows_scope_sensitivity_and_what_is_required(registry: Registry) -> None:
    @event("invoice_paid", tier=1, owner="shop", registry=registry)
    class InvoicePaid(TeamEvent):
        """An invoice is paid."""

        provider: Literal["bank", "card"]
        customer: Organisation | None = None
        lines: tuple[int, ...] = ()

    declared = registry.get("invoice_paid")
    assert declared is not None
    assert declared.scope == "team"
    assert declared.required == {"team_slug", "provider"}
    assert declared.organisation == {"team_slug", "customer"}
    assert declared.description == "An invoice is paid."
    assert [prop.type_name for prop in declared.properties.values()] == [
        "str",
        "bank | card",
        "str",
        "list of int",
    ]


def test_a_name_is_declared_once(registry: Registry) -> None:
    @event("parcel_shipped", tier=1, owner="shop", registry=registry)
    class First(Event):
        """One."""

    with pytest.raises(DeclarationError, match=r"Second declares the event 'parcel_shipped', which .*First"):

        @event("parcel_shipped", tier=1, owner="shop", registry=registry)
        class Second(Event):
            """Two."""


def test_a_type_that_no_event_can_carry_is_refused_where_it_is_declared(registry: Registry) -> None:
    with pytest.raises(DeclarationError, match=r"an event cannot carry .*; use str, int"):

        @event("parcel_shipped", tier=1, owner="shop", registry=registry)
        class ParcelShipped(Event):
            """A parcel left."""

            at: dt.datetime


def test_lint_passes_a_good_declaration(registry: Registry) -> None:
    @event("parcel_shipped", tier=1, owner="shop", registry=registry)
    class ParcelShipped(TeamEvent):
        """A parcel left."""

        carrier: Literal["post", "bike"]
        note: Technical

    @person_properties(owner="shop", registry=registry)
    class Person(PersonProperties):
        """What is known of a person."""

        since: Annotated[str, Sensitivity.TECHNICAL, SetOnce] | None = None

    assert list(lint(registry)) == []
    declared = registry.properties()
    assert declared is not None
    assert declared.properties["since"].is_set_once


def test_lint_requires_snake_case(registry: Registry) -> None:
    @event("ParcelShipped", tier=3, owner="shop", registry=registry)
    class ParcelShipped(Event):
        """A parcel left."""

    assert findings(registry) == {"E001"}


@pytest.mark.parametrize(
    ("name", "is_good"), [("parcel_ship", False), ("parcel_shipped", True), ("it_sent", True)]
)
def test_lint_requires_the_past_tense_in_tiers_1_and_2(
    registry: Registry, name: str, *, is_good: bool
) -> None:
    @event(name, tier=2, owner="shop", registry=registry)
    class ParcelShipped(Event):
        """A parcel left."""

    assert findings(registry) == (set() if is_good else {"E002"})


def test_lint_allows_a_state_in_tier_3(registry: Registry) -> None:
    @event("sidebar_navigation", tier=3, owner="shop", registry=registry)
    class SidebarNavigation(Event):
        """A link is followed."""

    assert findings(registry) == set()


def test_lint_requires_a_docstring_and_an_owner(registry: Registry) -> None:
    @event("parcel_shipped", tier=1, owner=" ", registry=registry)
    class ParcelShipped(Event):
        number: int

    assert findings(registry) == {"E003", "E004"}


def test_lint_refuses_personal_properties_and_unstated_text(registry: Registry) -> None:
    @event("parcel_shipped", tier=1, owner="shop", registry=registry)
    class ParcelShipped(Event):
        """A parcel left."""

        email: Annotated[str, Sensitivity.PERSONAL]
        remark: str | None = None

    assert findings(registry) == {"E005", "E006"}


def test_lint_warns_about_two_nearly_equal_names(registry: Registry) -> None:
    @event("repo_sync_started", tier=1, owner="shop", registry=registry)
    class One(Event):
        """A sync starts."""

    @event("repos_sync_started", tier=1, owner="shop", registry=registry)
    class Other(Event):
        """A sync starts."""

    assert [finding.rule for finding in lint(registry)] == ["W001"]


def test_each_rule_explains_itself() -> None:
    assert all(rule.__doc__ and len(rule.__doc__) > 20 for rule in RULES)
    assert Finding("E001", None, "a", "b").hint == "b"
