"""A small set of declarations for the tests of the pipeline, in a separate registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from otel.events import Event, PersonProperties, Registry, Technical, event, person_properties
from otel.settings import Settings
from otel.testing import CapturedEvents, capturing

REGISTRY = Registry()
GROUPS = {"team": "shop.team.id"}
SETTINGS = Settings(api_key="phc_test", groups=GROUPS, error_event="shop_failed", strict=True)


@event("parcel_shipped", tier=1, owner="shop", registry=REGISTRY)
class ParcelShipped(Event):
    """A parcel left."""

    number: int
    carrier: Literal["post", "bike"] = "post"
    note: Technical | None = None


@event("shop_failed", tier=1, owner="shop", registry=REGISTRY)
class ShopFailed(Event):
    """Something failed."""

    error_type: Technical
    task_name: Technical | None = None
    status_code: int | None = None
    handled: bool | None = None
    occurrences: int


@person_properties(owner="shop", registry=REGISTRY)
class Person(PersonProperties):
    """What is known of a person."""

    role: Literal["admin", "member"] | None = None


@contextmanager
def shop(settings: Settings = SETTINGS) -> Iterator[CapturedEvents]:
    """Capture the events that the shop records."""
    with capturing(settings, REGISTRY) as captured:
        yield captured
