"""What became of captures whose request comes again: PostHog is asked about each of them once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from otel.delivery.http.client import Undelivered
from otel.delivery.posthog.client import RECOVERABLE
from otel.envelope import Capture

__all__ = ["KnownOutcomes"]

# The events of the sixteen requests that may be under way, at about 600 in a batch of 512 KiB: 2 MB at most.
_MOST = 10_000


class KnownOutcomes:
    """Remember the fates of captures until their request is answered for good.

    It is a saving only: a replica that knows nothing of a request asks PostHog about all of it. Without it,
    what PostHog refuses would be searched out of its batch each time, and take the time of all behind it.
    """

    def __init__(self) -> None:
        self._fates: dict[str, Undelivered | None] = {}
        self._lock = threading.Lock()

    def of(self, captures: Sequence[Capture]) -> Mapping[int, Undelivered | None]:
        """Return the fates that are known, by position; None was delivered.

        Args:
            captures: of a request.
        """
        if not self._fates:  # as always but after a trouble
            return {}
        with self._lock:
            fates = {
                index: self._fates[capture.uuid]
                for index, capture in enumerate(captures)
                if capture.uuid in self._fates
            }
        return {index: loss and replace(loss, index=index) for index, loss in fates.items()}

    def remember(self, captures: Sequence[Capture], losses: Sequence[Undelivered]) -> None:
        """Keep what is settled of a request that will come again; the oldest give way.

        Args:
            captures: of the request.
            losses: of them; those that are recoverable settle nothing.
        """
        lost = {loss.index: loss for loss in losses}
        with self._lock:
            for index, capture in enumerate(captures):
                loss = lost.get(index)
                if loss is None or loss.reason not in RECOVERABLE:
                    self._fates[capture.uuid] = loss
            while len(self._fates) > _MOST:
                del self._fates[next(iter(self._fates))]

    def forget(self, captures: Sequence[Capture]) -> None:
        """Drop what is known of a request that is answered for good.

        Args:
            captures: of it.
        """
        if not self._fates:
            return
        with self._lock:
            for capture in captures:
                self._fates.pop(capture.uuid, None)
