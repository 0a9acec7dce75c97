"""The outcomes of captures whose request will be sent again, so that PostHog gets each of them once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from otel.delivery.http import Undelivered
from otel.envelope import Capture

__all__ = ["KnownOutcomes"]

# The events of the sixteen requests that may run at the same time, about 600 in a batch of 512 KiB: at most 2
# MB.
_MOST = 10_000


class KnownOutcomes:
    """The outcomes of captures until their request is answered for good. Thread-safe.

    This only saves time: a replica that does not know a request sends all of it to PostHog. Without it, every
    retry would have to search again for the events that PostHog refuses.
    """

    def __init__(self) -> None:
        self._outcomes: dict[str, Undelivered | None] = {}
        self._lock = threading.Lock()

    def of(self, captures: Sequence[Capture]) -> Mapping[int, Undelivered | None]:
        """Return the known outcomes by position; None for a capture that was delivered.

        Args:
            captures: the captures of a request.
        """
        if not self._outcomes:  # as it is unless a delivery failed
            return {}
        with self._lock:
            outcomes = {
                index: self._outcomes[capture.uuid]
                for index, capture in enumerate(captures)
                if capture.uuid in self._outcomes
            }
        return {index: loss and replace(loss, index=index) for index, loss in outcomes.items()}

    def remember(self, captures: Sequence[Capture], losses: Sequence[Undelivered]) -> None:
        """Remember the final outcomes of a request that will be sent again; the oldest are forgotten.

        Args:
            captures: the captures of the request.
            losses: those that were not delivered; retryable ones are not final.
        """
        lost = {loss.index: loss for loss in losses}
        with self._lock:
            for index, capture in enumerate(captures):
                loss = lost.get(index)
                if loss is None or not loss.reason.is_retryable:
                    self._outcomes[capture.uuid] = loss
            while len(self._outcomes) > _MOST:
                del self._outcomes[next(iter(self._outcomes))]

    def forget(self, captures: Sequence[Capture]) -> None:
        """Forget the outcomes of a request that is answered for good.

        Args:
            captures: the captures of the request.
        """
        if not self._outcomes:
            return
        with self._lock:
            for capture in captures:
                self._outcomes.pop(capture.uuid, None)
