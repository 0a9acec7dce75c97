"""The inspector's memory: bounded lists of captures, refusals, warnings and requests."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from otel.inspector.capture import Incoming, Outcome, ReceivedCapture, Verdict
from otel.inspector.rfc3339 import rfc3339
from otel.inspector.rules import Project, ingest

__all__ = ["CAPTURES_KEPT", "Store"]

# 100,000 captures of a usual size take 125 MB (measured). The pipeline's largest queue holds as many: a test
# or benchmark that fills the queue can inspect every capture afterwards.
CAPTURES_KEPT = 100_000
# People and tests read requests one by one; a day of local development stays below this number.
_REQUESTS_KEPT = 10_000
# Each rejection may contain an excerpt of a body; nobody reads more than a thousand of the same mistake.
_REJECTED_KEPT = 1_000
_WARNINGS_KEPT = 1_000
# Most captures share a handful of outcomes; beyond this number, each capture has its own.
_OUTCOMES_SHARED = 1_000
_OK = 200


class Store:
    """Captures, refusals, ingestion warnings and a record of each request.

    Confined to the server's event loop.

    Args:
        captures_kept: number of captures to keep; the oldest are discarded first. The project's persons,
            groups and issues are kept.
        project: the PostHog project that receives the events.
    """

    def __init__(self, captures_kept: int = CAPTURES_KEPT, project: Project | None = None) -> None:
        self._captures_kept = captures_kept
        self.project = Project() if project is None else project
        self.reset()

    def reset(self) -> None:
        """Remove all received events, and everything in the project but its settings."""
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
            with_dropped: whether to include captures that PostHog accepts but does not store.
        """
        return (one for one in reversed(self._captures.values()) if with_dropped or one.is_stored)

    def counts(self) -> dict[str, int]:
        """Return the number of received events by their outcome.

        PostHog stores `good` events: kept, not applied, detached, or without an issue. PostHog refuses `bad`
        events (`refused`), or drops them after it accepted them (`dropped`).
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
        """Count events without keeping them.

        Args:
            events: number of events.
        """
        self.good += events

    def receive(self, incoming: Iterable[Incoming], now: datetime, route: str) -> None:
        """Ingest the events of one request, each distinct event only once.

        PostHog's table is ordered by team, date, event, distinct id and uuid, and collapses rows that are
        equal in these columns (`wire.md` section 1.7).

        Args:
            incoming: events of the request.
            now: when the request arrived, in UTC.
            route: path of the request.
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
        """Record why a request, or one of its events, was refused or dropped.

        Args:
            route: path of the request.
            status: HTTP status of the response; after a 200 the client learns of the loss only from the
                results of capture v1, if at all.
            reason: why, in PostHog's words where it answers with some.
            body: the JSON text, or the raw body if it could not be decoded.
            events: number of events lost.
            rule: id of the rule that applied, such as `V0-1`.
            warning: PostHog's name for the ingestion warning, if it gives one.
            event: name of the event, if a single one is dropped.
            uuid: uuid of that event.
            distinct_id: distinct id of that event.
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
        """Record an ingestion warning.

        The capture service warns once about all events of a request that share a warning's type.

        Args:
            kind: PostHog's name for the warning.
            message: what happened.
            count: number of events that the warning is about.
            event: name of the event, if the warning is about a single one.
            distinct_id: distinct id of that event.
            uuid: uuid of that event.
            rule: id of the rule that raises the warning.
            time: time of the warning, RFC 3339; now by default.
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
        """Return an equal outcome that captures can share, to save memory."""
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
        """Record events that PostHog does not store."""
        # At least one: a request that cannot be read also counts as bad.
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
