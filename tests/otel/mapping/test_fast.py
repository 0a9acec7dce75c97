"""The fast way of mapping returns what the careful way returns, for any events in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.envelope import Capture, Envelope
from otel.events import Event, Organisation, Registry, TeamEvent, event
from otel.events.sensitivity import Sensitivity
from otel.mapping import Mapper, fast
from otel.settings import Settings

NOON = 1_767_182_400_123_456_789
SESSION = "0190f5b0-0000-7000-8000-000000000001"
GROUPS = {"team": "shop.team.id", "shelf": "shelf"}


class Color(str):
    """A text that is equal to a plain one, and formatted differently."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return another text."""
        return f"Color.{self.upper()}"


class Count(int):
    """An integer of a program's own type."""


def registry(*, is_second: bool = False) -> Registry:
    """Return declared events of all kinds; the second one declares `box_sent` differently."""
    declared = Registry()
    if is_second:

        @event("box_sent", tier=2, owner="shop", registry=declared)
        class BoxSent(Event):
            number: str
            shelf: Organisation | None = None

    else:

        @event("box_sent", tier=1, owner="shop", registry=declared)
        class BoxSent(TeamEvent):  # type: ignore[no-redef]
            number: int
            weight: float | None = None
            is_gift: bool = False
            carrier: Literal["post", "bike", 1, True] = "post"
            environment: Annotated[str, Sensitivity.ORGANISATION] = ""
            service_name: str = ""
            trace_url: str = ""
            shelf: str | None = None

    @event("page_peeked", tier=3, owner="shop", registry=declared)
    class PagePeeked(Event):
        number: int | None = None

    @event("boxes_listed", tier=1, owner="shop", registry=declared)
    class BoxesListed(Event):
        number: tuple[int, ...] = ()

    @event("$exception", tier=1, owner="shop", registry=declared)
    class Odd(Event):
        number: int | None = None

    return declared


REGISTRIES = {is_second: registry(is_second=is_second) for is_second in (False, True)}
TEXTS = st.sampled_from(
    ["", "a", "acme", "red", "1", " u1 ", "anonymous", SESSION, "ü" * 300, "x" * 4_001, "\ud800"]
)
NUMBERS = st.sampled_from(
    [0, 1, -1, 2**63, 2**64, -(2**70), 1.0, 0.5, float("nan"), float("inf"), True, False]
)
ODD = st.sampled_from([None, Color("red"), Count(1), b"x", (1, "a"), [1], {"a": 1}, {"a"}])
VALUES = TEXTS | NUMBERS | ODD
RARELY = st.sampled_from([False] * 5 + [True])
PROPERTIES = {
    "team_slug": TEXTS,
    "number": st.integers(-5, 5),
    "weight": st.floats() | st.none(),
    "is_gift": st.booleans(),
    "carrier": st.sampled_from(["post", "bike", 1, True]),
    "environment": TEXTS,
    "service_name": TEXTS,
    "trace_url": TEXTS,
    "shelf": TEXTS,
}
STAMPS = (
    "posthog.distinct_id",
    "user.id",
    "enduser.id",
    "enduser.pseudo.id",
    "session.id",
    "shop.team.id",
)
OTHERS = (
    "posthog.opted_out",
    "posthog.ordinal",
    "posthog.only",
    "posthog.apart",
    "posthog.new",
    "http.route",
)


@st.composite
def stamped(draw: st.DrawFn) -> dict[str, Any]:
    """Return identity attributes, mostly texts."""
    usual = draw(st.dictionaries(st.sampled_from(STAMPS), TEXTS, min_size=1))
    if not draw(RARELY):
        return {"user.id": "u1", **usual}
    return usual | draw(st.dictionaries(st.sampled_from((*STAMPS, *OTHERS, "shelf")), VALUES, max_size=2))


@st.composite
def recorded(draw: st.DrawFn) -> dict[str, Any]:
    """Return an event's own attributes, mostly valid, with or without an identity."""
    names = ["team_slug", "number", *draw(st.sets(st.sampled_from(sorted(PROPERTIES))))]
    usual = {name: draw(PROPERTIES[name]) for name in names}
    if draw(RARELY):
        usual |= draw(stamped())
    if draw(RARELY):
        usual |= draw(st.dictionaries(st.sampled_from((*PROPERTIES, *OTHERS, "colour")), VALUES, max_size=2))
    if draw(RARELY):
        del usual["number"]
    return usual


NAMES = st.sampled_from(
    ["box_sent"] * 20
    + ["page_peeked", "boxes_listed", "$exception", "$set", "$identify", "order_paid", "unknown"]
)
RESOURCES: tuple[dict[str, str], ...] = (
    {"service.name": "shop", "service.version": "1.0", "deployment.environment.name": "test"},
    {"service.name": "unknown_service:python"},
    {},
)
SETTINGS = st.builds(
    Settings,
    api_key=st.just("phc_test"),
    groups=st.just(GROUPS),
    events=st.just(("order_*",)),
    send_organisation=st.booleans(),
    tier_ratios=st.sampled_from([{}, {3: 0.5}, {2: 0.0, 3: 1.0}]),
    trace_url=st.sampled_from(["", "https://jaeger.test/trace/{trace_id}"]),
    release_id=st.sampled_from(["", "r1"]),
)


@st.composite
def batches(draw: st.DrawFn) -> list[Envelope]:
    """Return events of a few requests: they share mappings of stamps and resources."""
    people = draw(st.lists(stamped(), min_size=1, max_size=3))
    return draw(
        st.lists(
            st.builds(
                Envelope,
                NAMES,
                recorded(),
                st.sampled_from([NOON, 0, -1, 2**63, 10**21]) | st.integers(NOON, NOON + 10**10),
                st.sampled_from([0x0AF7651916CD43DD8448EB211C80319C] * 4 + [0, 1, 2**128]),
                st.sampled_from([0xB7AD6B7169203331] * 4 + [0, 1, 2**64]),
                st.integers(0, 2),
                st.sampled_from(people),
                st.sampled_from(RESOURCES),
                st.booleans(),
            ),
            min_size=4,
            max_size=12,
        )
    )


def exact(value: Any) -> Any:
    """Return a form in which 1, 1.0 and True differ, and NaN equals itself."""
    if is_dataclass(value):
        return type(value), [exact(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Mapping):
        return {name: exact(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [exact(one) for one in value]
    return type(value), repr(value)


def outcome(way: Any, envelope: Envelope) -> Any:
    """Return what a way of mapping returns or raises."""
    try:
        return way(envelope)
    except Exception as error:  # noqa: BLE001 - both ways must fail alike
        return type(error)


@given(SETTINGS, st.booleans(), batches())
def test_both_ways_are_equal_and_change_nothing(
    chosen: Settings, is_second: bool, batch: list[Envelope]
) -> None:
    declared = REGISTRIES[is_second]
    mapper, other = Mapper(declared, chosen), Mapper(declared, chosen)
    before = exact(batch)
    mapped = [outcome(mapper, envelope) for envelope in batch]
    found = exact(mapped)
    assert found == exact([outcome(other.careful, envelope) for envelope in batch])
    again = [outcome(mapper, envelope) for envelope in reversed(batch)]
    assert exact(again[::-1]) == found
    assert exact(mapped) == found, "a later event changed an earlier capture"
    assert exact(batch) == before


@given(SETTINGS, batches(), batches())
def test_a_plan_does_not_outlive_its_declaration(
    chosen: Settings, first: list[Envelope], second: list[Envelope]
) -> None:
    declared = registry()
    mapper = Mapper(declared, chosen)
    for envelope in first:
        outcome(mapper, envelope)
    for declaration in REGISTRIES[True]:
        declared.add(declaration)
    for envelope in (*first, *second):
        assert exact(outcome(mapper, envelope)) == exact(outcome(mapper.careful, envelope))


class Ordinary:
    """A mapper that takes only the fast way, for an event with some changes."""

    def __init__(self) -> None:
        self.mapper = Mapper(registry(), Settings(api_key="phc_test", groups=GROUPS))

    def __call__(self, person: Any = "u1", **changes: Any) -> Capture | None:
        """Map the event."""
        attributes = {"team_slug": "acme", "number": 7, "is_gift": True, **changes}
        stamps = {"user.id": person}
        return self.mapper.fast(Envelope("box_sent", attributes, NOON, 1, 2, 0, stamps, RESOURCES[0]))


@pytest.fixture
def ordinary() -> Ordinary:
    return Ordinary()


def test_ordinary_events_take_the_fast_way(ordinary: Ordinary) -> None:
    assert ordinary() is not None
    assert ordinary(**{"enduser.id": "u2", "posthog.ordinal": 1}) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"number": "7"},
        {"posthog.opted_out": True},
        {"posthog.new": 1},
        {"person": 7},
        {"person": Color("u1")},
        {"person": "anonymous"},
    ],
)
def test_anything_odd_takes_the_careful_way(ordinary: Ordinary, changes: dict[str, Any]) -> None:
    assert ordinary() is not None
    assert ordinary(**changes) is None


def test_the_memory_for_plans_and_people_is_bounded(
    ordinary: Ordinary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_MAX_PLANS", 2)
    monkeypatch.setattr(fast, "_MAX_PEOPLE", 2)
    shapes: list[dict[str, Any]] = [{}, {"weight": 1.5}, {"carrier": "bike"}, {"trace_url": "/"}]
    for number in range(40):
        capture = ordinary(f"u{number % 7}", **shapes[number % 4])
        assert capture is not None
        assert capture.distinct_id == f"u{number % 7}"
        assert shapes[number % 4].items() <= capture.properties.items()
