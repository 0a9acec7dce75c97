from __future__ import annotations

from typing import Literal

from otel import Event, Organisation, TeamEvent, Technical, event


@event("parcel_shipped", tier=1, owner="host")
class ParcelShipped(Event):
    """A parcel was shipped."""

    number: int
    carrier: Literal["post", "bike"] = "post"
    note: Technical | None = None


@event("invoice_paid", tier=2, owner="host")
class InvoicePaid(TeamEvent):
    """A team's invoice was paid."""

    amount: float
    customer: Organisation | None = None


@event("host_failed", tier=1, owner="host")
class HostFailed(Event):
    """A request or task of the host ended with an error."""

    error_type: Technical
    view_name: Technical | None = None
    task_name: Technical | None = None
    status_code: int | None = None
    method: Technical | None = None
    handled: bool | None = None
    occurrences: int
    team_slug: Organisation | None = None
