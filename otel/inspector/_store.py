"""What the inspector keeps in memory, each list bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from otel.inspector._capture import Incoming, ReceivedCapture
from otel.inspector._time import rfc3339

__all__ = ["CAPTURES_KEPT", "Store"]

# 100,000 captures of a usual size take 125 MB (measured), and are what the pipeline's largest queue holds:
# a test or benchmark that fills it can look at every one of them afterwards.
CAPTURES_KEPT = 100_000
# Requests are looked at one by one, by people and tests; a day at the machine stays under this.
_REQUESTS_KEPT = 10_000
# Each may carry an excerpt; nobody reads on after the first thousand mistakes of the same kind.
_REJECTED_KEPT = 1_000
_WARNINGS_KEPT = 1_000

# A message that Kafka does not take is dropped after the client's 200 (`wire.md` section 1.3).
_EVENT_LIMIT = 1_000_000


class Store:
    """Keep captures, rejected requests, ingestion warnings and a record of each request.

    Not safe for several threads: the server's event loop alone touches it.

    Args:
        captures_kept: how many captures are kept before the oldest goes.
    """

    def __init__(self, captures_kept: int = CAPTURES_KEPT) -> None:
        self._captures_kept = captures_kept
        self.version = 0  # changes whenever the captures do
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._captures: OrderedDict[tuple[str, str, str, str], ReceivedCapture] = OrderedDict()
        self.rejected: deque[dict[str, Any]] = deque(maxlen=_REJECTED_KEPT)
        self.warnings: deque[dict[str, Any]] = deque(maxlen=_WARNINGS_KEPT)
        self.requests: deque[dict[str, Any]] = deque(maxlen=_REQUESTS_KEPT)
        self.good = self.bad = self.duplicates = 0
        self.version += 1

    def __iter__(self) -> Iterator[ReceivedCapture]:
        return iter(self._captures.values())

    def __reversed__(self) -> Iterator[ReceivedCapture]:
        return reversed(self._captures.values())

    def counts(self) -> dict[str, int]:
        """Return how many events were received, by what became of them."""
        total = self.good + self.bad + self.duplicates
        return {"total": total, "good": self.good, "bad": self.bad, "duplicates": self.duplicates}

    def count_only(self, events: int) -> None:
        """Count events that are not kept.

        Args:
            events: how many.
        """
        self.good += events

    def receive(self, incoming: Iterable[Incoming], now: datetime, route: str) -> None:
        """Keep the events of one request, each once.

        PostHog's table is ordered by team, date, event, distinct id and uuid, and collapses rows that are
        equal in these (`wire.md` section 1.7).

        Args:
            incoming: the events.
            now: when the request arrived.
            route: where.
        """
        self.version += 1
        received_at = rfc3339(now)
        captures = self._captures
        for one in incoming:
            if len(one.properties) > _EVENT_LIMIT:
                self._discard(one, now, route)
                continue
            for kind, message in one.warnings:
                self._warn(one, kind, message, received_at)
            key = (one.uuid, one.event, one.timestamp[:10], one.distinct_id)
            known = captures.get(key)
            if known is not None:
                known.deliveries += 1
                self.duplicates += 1
                continue
            self.good += 1
            captures[key] = ReceivedCapture(one, self.good, received_at)
            if len(captures) > self._captures_kept:
                captures.popitem(last=False)

    def reject(
        self, *, route: str, status: int, reason: str, body: bytes, events: int = 1, rule: str = ""
    ) -> None:
        """Keep why a request, or one event of it, was refused.

        Args:
            route: where it arrived.
            status: what it was answered.
            reason: why.
            body: the JSON text, or what could not be decoded to it.
            events: how many events are lost by it.
            rule: the id of the rule that refuses it, such as `V0-1`.
        """
        # At least one: a request that cannot be read is bad, too.
        self.bad += max(events, 1)
        self.rejected.append(
            {
                "time": rfc3339(datetime.now(UTC)),
                "route": route,
                "status": status,
                "reason": reason,
                "events": events,
                "rule": rule or None,
                "body": body[:500].decode(errors="replace"),
            }
        )

    def warn(
        self,
        kind: str,
        message: str,
        *,
        count: int = 1,
        event: str = "",
        distinct_id: str = "",
        uuid: str = "",
    ) -> None:
        """Keep an ingestion warning that the door gives: one for all events of a request that share its type.

        Args:
            kind: PostHog's name of the warning.
            message: what happened.
            count: how many events it is about.
            event: the name of the event, if it is about a single one.
            distinct_id: whom that event was attributed to.
            uuid: that event's uuid.
        """
        self.warnings.append(
            {
                "time": rfc3339(datetime.now(UTC)),
                "type": kind,
                "message": message,
                "event": event,
                "distinct_id": distinct_id,
                "uuid": uuid,
                "count": count,
            }
        )

    def _discard(self, one: Incoming, now: datetime, route: str) -> None:
        message = f"Discarded event exceeding 1MB limit: {len(one.properties)} bytes"
        self._warn(one, "message_size_too_large", message, rfc3339(now))
        body = f"{one.event} {one.uuid} {one.distinct_id} ".encode() + one.properties[:200]
        self.reject(route=route, status=200, reason=message, body=body)

    def _warn(self, one: Incoming, kind: str, message: str, time: str) -> None:
        self.warnings.append(
            {
                "time": time,
                "type": kind,
                "message": message,
                "event": one.event,
                "distinct_id": one.distinct_id,
                "uuid": one.uuid,
            }
        )
