"""The coverage of a taxonomy: an event that occurred is never missing, and no other event is ever seen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from otel.events import (
    Event,
    GroupProperties,
    PersonProperties,
    Registry,
    SetOnce,
    Technical,
    event,
    group_properties,
    person_properties,
)
from tests.lifecycle.servers import ROOT
from tformance.run.arrivals.coverage import Coverage, EventCover, cover, taxonomy
from tformance.run.arrivals.report import show_taxonomy
from tformance.run.console import Console

SHOP = Registry()


@event("parcel_shipped", tier=1, owner="shop", registry=SHOP)
class ParcelShipped(Event):
    """A parcel left."""

    carrier: Literal["post", "bike"]
    is_express: bool | None = None
    notes: tuple[Technical, ...] | None = None


@event("shop_closed", tier=2, owner="shop", registry=SHOP)
class ShopClosed(Event):
    """The shop was closed."""


@event("button_pressed", tier=3, owner="shop", source="browser", registry=SHOP)
class ButtonPressed(Event):
    """A button was pressed."""


@person_properties(owner="shop", registry=SHOP)
class Person(PersonProperties):
    """What is known of a person."""

    role: Literal["admin", "member"] | None = None
    since: Annotated[Technical, SetOnce] | None = None


@group_properties("team", owner="shop", registry=SHOP)
class Team(GroupProperties):
    """What is known of a team."""

    size: int | None = None


def _capture(name: str, **properties: Any) -> dict[str, Any]:
    return {"event": name, "properties": properties}


def _row(coverage: Coverage, name: str) -> EventCover:
    (row,) = [one for one in coverage.rows if one.name == name]
    return row


_SHIPPED = st.fixed_dictionaries(
    {"carrier": st.sampled_from(["post", "bike"])},
    optional={
        "is_express": st.sampled_from([True, False, None]),
        "notes": st.lists(st.text(max_size=3), max_size=2),
        "weight": st.integers(),
        "$lib": st.just("otel"),
    },
)


@given(st.lists(_SHIPPED))
def test_a_property_is_seen_if_one_event_had_a_value(shipped: list[dict[str, Any]]) -> None:
    coverage = cover(SHOP, [_capture("parcel_shipped", **properties) for properties in shipped])

    row = _row(coverage, "parcel_shipped")
    seen = {name for one in shipped for name, value in one.items() if value is not None}
    choices = {one.name: [choice for choice, is_seen in one.choices if is_seen] for one in row.properties}
    assert row.times == len(shipped)
    assert {one.name for one in row.properties if one.is_seen} == seen - {"weight", "$lib"}
    assert set(row.undeclared) == seen & {"weight"}
    assert set(choices["carrier"]) == {one["carrier"] for one in shipped}
    assert choices["is_express"] == [
        text
        for text, value in (("false", False), ("true", True))
        if any(o.get("is_express") is value for o in shipped)
    ]
    assert choices["notes"] == []


@given(st.lists(st.sampled_from(["parcel_shipped", "shop_closed", "button_pressed", "sold", "$pageview"])))
def test_an_event_that_is_not_declared_for_the_server_is_named(names: list[str]) -> None:
    coverage = cover(SHOP, map(_capture, names))

    assert set(coverage.undeclared_events) == set(names) & {"button_pressed", "sold"}
    assert {row.name: row.times for row in coverage.rows[:2]} == {
        name: names.count(name) for name in ("parcel_shipped", "shop_closed")
    }


def test_browser_events_count_if_the_browser_is_a_source() -> None:
    captures = [_capture("button_pressed"), _capture("shop_closed")]

    both = cover(SHOP, captures, sources=("server", "browser"))

    assert (_row(both, "button_pressed").times, both.undeclared_events) == (1, ())
    assert "button_pressed did not occur" in cover(SHOP, [], sources=("server", "browser")).missing


def test_updates_of_persons_and_groups_count_like_events() -> None:
    coverage = cover(
        SHOP,
        [
            _capture("$set", **{"$set": {"role": "admin"}, "$set_once": {"since": "today", "shoe": 42}}),
            _capture("$groupidentify", **{"$group_type": "shelf", "$group_set": {"size": 3}}),
        ],
    )

    person, team = _row(coverage, "properties of a person"), _row(coverage, "properties of a team")
    assert [(one.name, one.is_seen, one.choices) for one in person.properties] == [
        ("role", True, (("admin", True), ("member", False))),
        ("since", True, ()),
    ]
    assert (person.times, person.undeclared, team.times) == (1, ("shoe",), 0)


def test_missing_and_undeclared_names_are_reported() -> None:
    coverage = cover(
        SHOP,
        [
            _capture("parcel_shipped", carrier="post", is_express=None, weight=3),
            _capture("$set", **{"$set": {"role": "admin", "since": "today"}}),
            _capture("sold"),
        ],
    )

    assert coverage.missing == [
        "parcel_shipped: is_express never had a value",
        "parcel_shipped: notes never had a value",
        "shop_closed did not occur",
        "properties of a team did not occur",
    ]
    assert coverage.undeclared == ["sold is not declared", "parcel_shipped: weight is not declared"]


def test_the_table_names_every_event_and_brackets_what_did_not_occur() -> None:
    page = io.StringIO()

    show_taxonomy(Console(page), cover(SHOP, [_capture("parcel_shipped", carrier="post"), _capture("sold")]))

    _, heading, *rows = page.getvalue().splitlines()
    assert heading == "Taxonomy: 1 of 2 events and 1 of 6 properties occurred (in brackets what did not)"
    assert [row.split() for row in rows] == [
        ["✓", "1", "parcel_shipped", "1", "carrier=post|(bike)", "(is_express)", "(notes)"],
        ["·", "2", "shop_closed", "0"],
        ["·", "properties", "of", "a", "person", "0"],
        ["·", "properties", "of", "a", "team", "0"],
        ["✗", "sold", "is", "not", "declared"],
    ]


def test_the_products_taxonomy_is_what_each_app_declares() -> None:
    declaring = {Path(one.event_class.__module__.replace(".", "/")) for one in taxonomy()}

    assert {
        path.relative_to(ROOT).with_suffix("") for path in (ROOT / "apps").glob("*/events.py")
    } <= declaring
