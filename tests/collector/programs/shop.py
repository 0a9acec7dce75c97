"""The same shop as `shop.mjs`, in Python: `python -m tests.collector.programs.shop TRACE SPAN`."""

from __future__ import annotations

import sys

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanKind

from otel import Settings, pipeline
from tests.host import events

__all__: list[str] = [events.__name__]

BEGAN = 1_795_395_600_123_456_789


class _Given(IdGenerator):
    def generate_trace_id(self) -> int:
        return int(sys.argv[1], 16)

    def generate_span_id(self) -> int:
        return int(sys.argv[2], 16)


if __name__ == "__main__":
    provider = TracerProvider(id_generator=_Given())
    settings = Settings.from_environ().replace(groups={"team": "host.team.id"})
    pipeline.install(settings, provider=provider)
    checkout = provider.get_tracer("shop").start_span(
        "checkout",
        kind=SpanKind.SERVER,
        start_time=BEGAN,
        attributes={"user.id": "person-anna", "host.team.id": "team-1", "session.id": "session-1"},
    )
    for _ in range(2):
        checkout.add_event("parcel_shipped", {"number": 7, "carrier": "bike", "note": "für Bär 🐻"}, BEGAN)
    checkout.add_event("invoice_paid", {"team_slug": "acme", "amount": 12.5}, BEGAN)
    checkout.add_event("invoice_paid", {"team_slug": "acme", "amount": 12.0}, BEGAN)
    checkout.add_event("cart_viewed", {"items": 3}, BEGAN)
    checkout.end(BEGAN + 10**9)
    provider.shutdown()
