"""What the inspector keeps in memory: captures, refusals, warnings and requests, each list bounded."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from otel.inspector.capture import Incoming, Outcome, ReceivedCapture, Verdict
from otel.inspector.rfc3339 import rfc3339
from otel.inspector.rules import Project, ingest

__all__ = ["CAPTURES_KEPT", "Store"]

# 100,000 captures of a usual size take 125 MB (measured), and are what the pipeline's largest queue holds:
# a test or benchmark that fills it can look at every one of them afterwards.
CAPTURES_KEPT = 100_000
# Requests are looked at one by one, by people and tests; a day at the machine stays under this.
_REQUESTS_KEPT = 10_000
# Each may carry an excerpt; nobody reads on after the first thousand mistakes of the same kind.
_REJECTED_KEPT = 1_000
_WARNINGS_KEPT = 1_000
# Most captures share a handful of outcomes; beyond this many, each has its own.
_OUTCOMES_SHARED = 1_000
_OK = 200


class Store:
    """Captures, refusals, ingestion warnings and a record of each request.

    Confined to the server's event loop.

    Args:
        captures_kept: how many captures are kept before the oldest goes. The project's persons, groups and
            issues stay.
        project: what PostHog knows besides the events.
    """

    def __init__(self, captures_kept: int = CAPTURES_KEPT, project: Project | None = None) -> None:
        self._captures_kept = captures_kept
        self.project = Project() if project is None else project
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._captures: OrderedDict[tuple[str, str, str, str], ReceivedCapture] = OrderedDict()
        self._outcomes: dict[Outcome, Outcome] = {}
        self.rejected: deque[dict[str, Any]] = deque(maxlen=_REJECTED_KEPT)
        self.warnings: deque[dict[str, Any]] = deque(maxlen=_WARNINGS_KEPT)
        self.requests: deque[dict[str, Any]] = deque(maxlen=_REQUESTS_KEPT)
        self.good = self.bad = self.duplicates = 0
        self._verdicts: Counter[Verdict] = Counter()
        self.project.reset()

    def __iter__(self) -> Iterator[ReceivedCapture]:
        """Yield the captures that PostHog stores, oldest first."""
        return (capture for capture in self._captures.values() if capture.is_stored)

    def newest(self, *, with_dropped: bool = False) -> Iterator[ReceivedCapture]:
        """Yield the captures, newest first.

        Args:
            with_dropped: also those that PostHog accepts and does not store.
        """
        return (one for one in reversed(self._captures.values()) if with_dropped or one.is_stored)

    def counts(self) -> dict[str, int]:
        """Return how many events were received, by their outcome.

        `good` are those that PostHog stores: kept, not applied, detached, or without issue. `bad` are those
        that it refuses at the door (`refused`), or drops later (`dropped`).
        """
        verdicts = self._verdicts
        return {
            "total": self.good + self.bad + self.duplicates,
            "good": self.good,
            "bad": self.bad,
            "duplicates": self.duplicates,
            "refused": self.bad - verdicts[Verdict.DROPPED],
            "kept": verdicts[Verdict.KEPT],
            "not_applied": verdicts[Verdict.NOT_APPLIED],
            "detached": verdicts[Verdict.DETACHED],
            "no_issue": verdicts[Verdict.NO_ISSUE],
            "dropped": verdicts[Verdict.DROPPED],
        }

    def count_only(self, events: int) -> None:
        """Count events that are not kept.

        Args:
            events: how many.
        """
        self.good += events

    def receive(self, incoming: Iterable[Incoming], now: datetime, route: str) -> None:
        """Process the events of one request, each once.

        PostHog's table is ordered by team, date, event, distinct id and uuid, and collapses rows that are
        equal in these (`wire.md` section 1.7).

        Args:
            incoming: the events.
            now: when the request arrived.
            route: where.
        """
        received_at = rfc3339(now)
        captures = self._captures
        for one in incoming:
            key = (one.uuid, one.event, one.timestamp[:10], one.distinct_id)
            known = captures.get(key)
            if known is not None:
                known.deliveries += 1
                self.duplicates += 1
                continue
            outcome = self._shared(ingest(one, now, self.project))
            self._verdicts[outcome.verdict] += 1
            if outcome.verdict is Verdict.DROPPED:
                self._drop(one, outcome, route)
            else:
                self.good += 1
            captures[key] = ReceivedCapture(one, outcome, self._verdicts.total(), received_at)
            if outcome.warnings:
                self._warn(one, outcome, received_at)
            if len(captures) > self._captures_kept:
                captures.popitem(last=False)

    def reject(
        self,
        *,
        route: str,
        status: int,
        reason: str,
        body: bytes,
        events: int = 1,
        rule: str = "",
        warning: str = "",
        event: str = "",
        uuid: str = "",
        distinct_id: str = "",
    ) -> None:
        """Record why a request, or one event of it, was refused or dropped.

        Args:
            route: where it arrived.
            status: what it was answered; with 200 the client does not know of it, or only from v1's results.
            reason: why.
            body: the JSON text, or what could not be decoded to it.
            events: how many events are lost by it.
            rule: the id of the rule that refuses it, such as `V0-1`.
            warning: PostHog's name of the ingestion warning, if there is one.
            event: the name of the event, if a single one is dropped.
            uuid: that event's uuid.
            distinct_id: whom that event is attributed to.
        """
        if rule:
            self.project.applied[rule] += 1
        self._lose(
            route=route,
            status=status,
            verdict="dropped" if status == _OK else "refused",
            reason=reason,
            events=events,
            rule=rule or None,
            warning=warning or None,
            event=event or None,
            uuid=uuid or None,
            distinct_id=distinct_id or None,
            body=body,
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
        rule: str = "",
        time: str = "",
    ) -> None:
        """Record an ingestion warning; of the door's, one for all events of a request that share its type.

        Args:
            kind: PostHog's name of the warning.
            message: what happened.
            count: how many events it is about.
            event: the name of the event, if it is about a single one.
            distinct_id: whom that event was attributed to.
            uuid: that event's uuid.
            rule: the id of the rule that gives it.
            time: when, RFC 3339; now by default.
        """
        self.warnings.append(
            {
                "time": time or rfc3339(datetime.now(UTC)),
                "type": kind,
                "message": message,
                "event": event,
                "distinct_id": distinct_id,
                "uuid": uuid,
                "count": count,
                "rule": rule or None,
            }
        )

    def _shared(self, outcome: Outcome) -> Outcome:
        """Return an equal outcome that other captures hold, so that each takes no memory of its own."""
        if outcome.warnings or outcome.changed or outcome.issue:
            return outcome
        known = self._outcomes.get(outcome)
        if known is None:
            known = outcome
            if len(self._outcomes) < _OUTCOMES_SHARED:
                self._outcomes[outcome] = outcome
        return known

    def _drop(self, one: Incoming, outcome: Outcome, route: str) -> None:
        reason = outcome.warnings[-1] if outcome.warnings else None
        self._lose(
            route=route,
            status=_OK,
            verdict=outcome.verdict.value,
            reason=reason.message if reason else f"dropped by {outcome.rules[-1]}",
            events=1,
            rule=outcome.rules[-1],
            warning=reason.type if reason else None,
            event=one.event,
            uuid=one.uuid,
            distinct_id=one.distinct_id,
            body=one.properties,
        )

    def _lose(self, *, events: int, body: bytes, **entry: str | int | None) -> None:
        """Record what PostHog does not store."""
        # At least one: a request that cannot be read is bad, too.
        self.bad += max(events, 1)
        excerpt = body[:500].decode(errors="replace")
        self.rejected.append({"time": rfc3339(datetime.now(UTC)), **entry, "events": events, "body": excerpt})

    def _warn(self, one: Incoming, outcome: Outcome, time: str) -> None:
        for warning in outcome.warnings:
            self.warn(
                warning.type,
                warning.message,
                event=one.event,
                distinct_id=one.distinct_id,
                uuid=one.uuid,
                rule=warning.rule,
                time=time,
            )
